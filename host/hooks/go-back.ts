import type { Activated, Member } from "../../rollout/member.ts";

/** Reverts a host on which a check or a command failed. If the revert fails too, the answer gives both reasons. */
export async function goBack(member: Pick<Member, "revert">, why: string): Promise<Activated> {
  const back = await member.revert();
  if (back.kind === "reverted") return { kind: "failed", why, now: "back" };
  return { kind: "failed", why: `${why}\n${back.why}`, now: "stuck" };
}
