import type { Desired } from "../../host/desired.ts";
import { HostError, messageOf } from "../../host/errors.ts";
import type { Facts } from "../../host/facts/facts.ts";
import { lookQuery } from "../../host/plan/query.ts";
import { machineOf } from "../../host/ssh/endpoint.ts";
import { observe } from "../../host/transaction/observe.ts";
import { fold, grouped } from "../../rollout/fold.ts";
import { pendingLine } from "../../rollout/outcome.ts";
import { type Seen, observed } from "../notes.ts";
import { isForgotten } from "../policy.ts";
import { NoAnswer, checkNetwork } from "../survey.ts";
import { targetOf } from "../target.ts";
import type { State } from "../unfinished.ts";
import { type Way, waysOf } from "../where.ts";
import type { WireObject } from "../wire.ts";
import { type Context, lastOperation } from "./context.ts";

/**
 * What is on the hosts now; undefined when the set is gone from all of them.
 *
 * @throws Error when a host could not be looked at: the engine keeps the state as it is, reads the other resources, and fails the
 * run. A host that can't be reached while others can is passed over.
 */
export async function refresh(
  context: Context,
  urn: string,
  inputs: WireObject,
  properties: WireObject,
): Promise<State | undefined> {
  const earlier = lastOperation({ inputs, properties }, urn);
  const { ways, where } = earlier.known;
  const desired = earlier.desired;
  const all = Object.entries(ways).filter(([name]) => where[name] !== undefined && !isForgotten(name));
  if (!desired) return undefined;
  const looks = await lookAt(context, urn, desired, all.filter(isPresent));
  const failed = [...looks].flatMap(([name, look]) => ("failed" in look ? [{ name, why: look.failed }] : []));
  const isNoAnswer = [...looks.values()].some((look) => "isNoAnswer" in look);
  if (failed.length > 0) throw new Error(blind(failed, all.length, isNoAnswer));
  const unseen = [...looks].flatMap(([name, look]) => ("unseen" in look ? [{ name, why: look.unseen }] : []));
  const seen = new Map(
    [...looks].flatMap(([name, look]): [string, Seen][] => ("found" in look ? [[name, look.found]] : [])),
  );
  const next = observed(properties, desired, earlier.known, {
    seen,
    ways: Object.fromEntries(all),
    saved: waysOf(inputs.hosts),
  });
  if (!next) return undefined;
  if (unseen.length > 0) {
    for (const { why, names } of grouped(unseen)) context.warn(`${fold(names)}: ${why}\n${passedOver}`);
    next.unseen = pendingLine(unseen);
  }
  return { id: nameIn(properties), inputs, properties: next };
}

const passedOver =
  "The refresh left it out: its state stays as it was, and the next `pulumi up` does not change the host because of that.";

type Look =
  /** Undefined: the account is gone. */
  | { readonly found: Facts | undefined }
  | { readonly unseen: string }
  | { readonly failed: string; readonly isNoAnswer?: true };

async function lookAt(
  { pool, connection, progress, survey }: Context,
  urn: string,
  desired: Desired,
  hosts: readonly [string, Way][],
): Promise<Map<string, Look>> {
  const query = lookQuery(desired);
  const isAlone = hosts.length === 1;
  const own = isAlone ? progress : { ...progress, doing: () => undefined };
  const looks = new Map<string, Look>();
  let seen = 0;
  const one = async ([name, { host }]: [string, Way]) => {
    const target = targetOf(connection, host, name);
    try {
      const look = await survey.look(urn, machineOf(target), () =>
        observe(pool, target, desired, query, own).catch((thrown: unknown) => {
          if (thrown instanceof HostError && thrown.reason === "no-account") return undefined;
          throw thrown;
        }),
      );
      looks.set(name, "unseen" in look ? { unseen: look.unseen.withoutHost } : look);
      if (!isAlone && "found" in look) progress.doing(`looked at ${++seen} of ${hosts.length} hosts`);
    } catch (thrown) {
      looks.set(name, { failed: isAlone ? messageOf(thrown) : reasonOf(thrown), ...noAnswer(thrown) });
    }
  };
  await Promise.all(hosts.map(one));
  return looks;
}

/** The text of a refresh that could not look at some hosts. */
function blind(failed: readonly { name: string; why: string }[], many: number, isNoAnswer: boolean): string {
  const end = "The refresh could not look at it, so the run fails. Its state stays as it was.";
  if (many === 1) return [...failed.map(({ why }) => why), end].join("\n");
  const groups = grouped(failed).map(({ why, names }) => `${fold(names)}: ${why}`);
  return [...groups, ...(isNoAnswer ? [checkNetwork] : []), end].join("\n");
}

function reasonOf(thrown: unknown): string {
  if (thrown instanceof NoAnswer) return thrown.problem.withoutHost;
  return thrown instanceof HostError ? thrown.withoutHost : messageOf(thrown);
}

function noAnswer(thrown: unknown): { isNoAnswer?: true } {
  return thrown instanceof NoAnswer ? { isNoAnswer: true } : {};
}

/** A host that the inventory calls offline is not looked at, and nothing is reported about it. */
function isPresent([, { host }]: [string, Way]): boolean {
  return host.state !== "offline";
}

function nameIn({ name }: WireObject): string {
  return typeof name === "string" ? name : "";
}
