import type { HostError } from "../host/errors.ts";
import type { Facts } from "../host/facts/facts.ts";
import { Hooked } from "../host/hooks/hooked.ts";
import { OutsideChecked } from "../host/hooks/outside.ts";
import { runHook } from "../host/hooks/run.ts";
import type { Target } from "../host/ssh/endpoint.ts";
import type { Pool } from "../host/ssh/pool.ts";
import { HostMember } from "../host/transaction/member.ts";
import type { Order } from "../host/transaction/order.ts";
import type { Progress } from "../host/transaction/progress.ts";
import { Succession } from "../host/transaction/succession.ts";
import type { Hooks } from "../resources/contract.ts";
import type { Has, Member } from "../rollout/member.ts";

/** One host of a rollout. */
export interface Place {
  readonly name: string;
  readonly target: Target;
  readonly order: Order;
  /** The removal from the manager or account that has the set now, if the set moves to another one. */
  readonly former?: Order;
  /** What the host has, according to the state. */
  readonly has: Has;
  readonly hooks?: Hooks;
}

/** A place as a member of a rollout, with everything that happens around its transaction. */
export class RolloutHost {
  readonly name: string;
  readonly has: Has;
  readonly member: Member;
  readonly #sessions: readonly HostMember[];

  constructor(place: Place, pool: Pool, grace: number, progress: Progress) {
    const { name, target, order, former, has } = place;
    this.name = name;
    this.has = has;
    const sessionFor = (one: Order) => new HostMember(name, pool, target, one, has, grace, progress);
    const next = sessionFor(order);
    const before = former && sessionFor(former);
    this.#sessions = before ? [next, before] : [next];
    this.member = surrounded(before ? new Succession(before, next) : next, pool, place);
  }

  /** What went wrong last on the host. */
  get problem(): HostError | undefined {
    return this.#sessions.map(({ problem }) => problem).find((problem) => problem !== undefined);
  }

  /** What is on the host after the rollout. */
  async look(): Promise<Facts> {
    const [next] = this.#sessions;
    if (!next) throw new Error("there is no session.");
    return await next.look();
  }

  async leave(): Promise<void> {
    await Promise.all(this.#sessions.map((session) => session.leave()));
  }
}

/** Adds the requests from outside and the hooks to a member. A host that only loses the set gets neither. */
function surrounded(inner: Member, pool: Pool, { target, order, hooks }: Place): Member {
  if (inner.leaves) return inner;
  const probes = order.desired.probes.filter(({ outside }) => outside);
  const member = probes.length === 0 ? inner : new OutsideChecked(inner, target.address, probes);
  if (!hooks) return member;
  const run = async (list: "before" | "after") => {
    for (const [index, hook] of (hooks[list] ?? []).entries())
      await runHook(pool, target, `commands.${list}[${index}]`, hook);
  };
  return new Hooked(member, { before: () => run("before"), after: () => run("after") });
}
