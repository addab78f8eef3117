import type { Desired } from "../../../host/desired.ts";
import type { Facts } from "../../../host/facts/facts.ts";
import { lookQuery } from "../../../host/plan/query.ts";
import type { Target } from "../../../host/ssh/endpoint.ts";
import { Pool } from "../../../host/ssh/pool.ts";
import { observe } from "../../../host/transaction/observe.ts";
import { HostMember } from "../../../host/transaction/member.ts";
import { silent } from "../../../host/transaction/progress.ts";
import { desiredState } from "../../../provider/state.ts";
import type { Prepared } from "../../../rollout/member.ts";
import type { UnitSetInputs } from "../../../resources/contract.ts";
import { unitSetType } from "../../../resources/unit-set-type.ts";
import type { Stack } from "./stack.ts";

/** A set as a stack has deployed it: the input of its transactions. */
export async function deployedSet(stack: Stack): Promise<Desired> {
  const { stdout } = await stack.run(["stack", "export"]);
  const { deployment } = JSON.parse(stdout) as {
    deployment: { resources: { type: string; urn: string; inputs: UnitSetInputs }[] };
  };
  const found = deployment.resources.find(({ type }) => type === unitSetType);
  if (!found) throw new Error("The stack has no set.");
  return desiredState(found.inputs, found.urn);
}

/** One host of a rollout without its coordinator, so that a test decides the next step, and when the connection ends. */
export class Deployment {
  readonly #pool = new Pool();
  readonly #target: Target;
  readonly #desired: Desired;
  readonly member: HostMember;

  /** @param grace seconds that the host waits for a coordinator that was lost */
  constructor(target: Target, desired: Desired, grace = 2) {
    const order = { desired, known: [], before: desired.services, images: false };
    this.#target = target;
    this.#desired = desired;
    this.member = new HostMember("web-1", this.#pool, target, order, "old", grace, silent);
  }

  async prepare(): Promise<Prepared> {
    return await this.member.prepare(new AbortController().signal);
  }

  async prepared(): Promise<void> {
    const answer = await this.prepare();
    if (answer.kind !== "prepared") throw new Error(JSON.stringify(answer));
  }

  async held(): Promise<void> {
    await this.prepared();
    const answer = await this.member.activate();
    if (answer.kind !== "held") throw new Error(JSON.stringify(answer));
  }

  /** Ends the TCP connection. The member may come back on another one. */
  async cut(): Promise<void> {
    await this.#pool.close();
  }

  /** The facts that `quadlet-fleet status` asks for. */
  async peek(): Promise<Facts> {
    const place = { ...this.#desired, purpose: "peek" } as const;
    return await observe(this.#pool, this.#target, place, lookQuery(this.#desired), silent);
  }

  async end(): Promise<void> {
    await this.member.leave();
    await this.#pool.close();
  }
}
