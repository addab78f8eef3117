import { type Step, siteOf } from "../engine-json.ts";

/** The sites with hosts that a refresh could not look at, unless their policy leaves out such hosts. Pure. */
export function unreachable(planned: readonly Step[]): string[] {
  return planned.flatMap((one) => {
    const { unseen } = one.oldState?.outputs ?? {};
    const { rollout } = one.newState?.inputs ?? {};
    const isLeftOut = (rollout as { offline?: unknown } | undefined)?.offline === "skip";
    return typeof unseen === "string" && !isLeftOut ? [`${siteOf(one)}: ${unseen}`] : [];
  });
}
