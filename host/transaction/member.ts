import { randomBytes } from "node:crypto";
import type {
  Activated,
  Back,
  Committed,
  Has,
  Member,
  Prepared,
  Reverted,
  Watched,
} from "../../rollout/member.ts";
import type { Desired, DesiredService } from "../desired.ts";
import { HostError, messageOf } from "../errors.ts";
import type { Facts } from "../facts/facts.ts";
import { fill } from "../plan/placeholders.ts";
import { type Plan, plan } from "../plan/plan.ts";
import { addFacts, furtherQuery, queryFor, reloadable } from "../plan/query.ts";
import { stepSays } from "../plan/step.ts";
import { type Target, endpointName } from "../ssh/endpoint.ts";
import type { Pool } from "../ssh/pool.ts";
import { failedStep, stuck } from "./failed-step.ts";
import { observe } from "./observe.ts";
import { type Ended, type Failed, Phases } from "./phases.ts";
import { type Progress, inTime } from "./progress.ts";
import { Busy } from "./refusal.ts";
import { Session } from "./session.ts";
import { stored } from "./stored.ts";

/** What shall be on a host, and what is known of it from before. */
export interface Order {
  desired: Desired;
  /** Paths that were observed as the set's own. */
  known: readonly string[];
  /** The services as they were desired last. */
  before: readonly DesiredService[];
  /** Whether to look for replaced images. */
  images: boolean;
}

/** Milliseconds between two signs of life; the script waits for a minute (frames.sh, hold.sh). */
const beat = 20_000;

/** Milliseconds: an answer that is younger needs no other one. */
const fresh = 2000;

/** One host in a rollout: a session over SSH, and another one if that is lost. */
export class HostMember implements Member {
  readonly name: string;
  readonly host: string;
  readonly tags: readonly string[];
  readonly leaves: boolean;
  readonly has: Has;
  /** What has gone wrong last, for the person at the keyboard. */
  problem: HostError | undefined;

  readonly #pool: Pool;
  readonly #target: Target;
  readonly #order: Order;
  readonly #progress: Progress;
  /** Seconds. */
  readonly #grace: number;
  /** Of the transaction, for the session that attaches to it. */
  #id = "";
  #todo: Plan | undefined;
  #session: Session | undefined;
  #isAttached = false;
  #isLost = false;
  #heard = 0;
  #beats: NodeJS.Timeout | undefined;
  #ended: Ended | undefined;
  #facts: Facts | undefined;

  /** @param grace seconds for which the host stays activated without a sign of life */
  constructor(pool: Pool, target: Target, order: Order, has: Has, grace: number, progress: Progress) {
    this.#pool = pool;
    this.#target = target;
    this.#order = order;
    this.#grace = grace;
    this.#progress = progress;
    this.has = has;
    this.name = endpointName(target);
    this.host = endpointName({ ...target, user: "" });
    this.leaves = order.desired.files.length === 0;
    this.tags = order.desired.images.flatMap(({ reference, pull }) =>
      pull === "always" ? [`${order.desired.account ?? "root"} ${reference}`] : [],
    );
  }

  async prepare(signal: AbortSignal): Promise<Prepared> {
    this.#id = randomBytes(8).toString("hex");
    this.#ended = undefined;
    try {
      this.#progress.doing(`connecting to ${this.name}`);
      const session = await this.#open(this.#order.desired);
      const abandon = () => session.abandon();
      signal.addEventListener("abort", abandon, { once: true });
      try {
        return await inTime(this.#target, session, () => this.#prepare(session));
      } finally {
        signal.removeEventListener("abort", abandon);
      }
    } catch (thrown) {
      if (thrown instanceof Busy) return { kind: "busy", who: thrown.who };
      const why = this.#failed(thrown);
      // What could not be taken back shows when it is reverted.
      if (this.problem?.leaves !== "untouched" && this.problem?.leaves !== "taken back") throw thrown;
      this.#ended = "reverted";
      const isUnreachable = this.problem.reason === "unreachable" && !this.problem.isOnTheWay;
      return { kind: isUnreachable ? "unreachable" : "refused", why };
    }
  }

  async activate(): Promise<Activated> {
    try {
      const failed = await this.#phases().activate(this.#grace, this.#says());
      this.#heard = performance.now();
      return failed ? { kind: "failed", ...this.#fails(failed) } : { kind: "held" };
    } catch (thrown) {
      return { kind: "lost", why: this.#loses(thrown) };
    }
  }

  async watch(seconds: number): Promise<Watched> {
    if (seconds === 0 && !this.#isLost && performance.now() - this.#heard < fresh) return { kind: "healthy" };
    try {
      if (await this.#comeBack()) return { kind: "reverted", ...this.#endedAlone() };
      const { ok, output } = await this.#phases().watch(seconds);
      this.#heard = performance.now();
      return ok
        ? { kind: "healthy" }
        : { kind: "unhealthy", why: this.#failed(new HostError(this.name, output)) };
    } catch (thrown) {
      return { kind: "lost", why: this.#loses(thrown) };
    }
  }

  async commit(): Promise<Committed> {
    try {
      const ended = await this.#comeBack();
      if (ended === "committed") return { kind: "committed" };
      if (ended) return { kind: "reverted", ...this.#endedAlone() };
      const failed = await this.#phases().commit(this.#says());
      if (failed) return { kind: "reverted", ...this.#fails(failed) };
      this.#ended = "committed";
      return { kind: "committed" };
    } catch (thrown) {
      return { kind: "unknown", why: this.#loses(thrown) };
    }
  }

  async revert(): Promise<Reverted> {
    try {
      if (this.#todo && !this.#ended && (await this.#comeBack()) === undefined) {
        const { ok, output } = await this.#phases().revert();
        this.#ended = ok ? "reverted" : "unknown";
        if (!ok) this.#failed(stuck(this.name, output));
        // Others need the set.
        else await this.leave();
      }
      if (this.#ended === "unknown") return { kind: "stuck", why: this.problem?.message ?? "" };
      return { kind: "reverted" };
    } catch (thrown) {
      return { kind: "unknown", why: this.#loses(thrown) };
    }
  }

  /** What is on the host after the rollout. */
  async look(): Promise<Facts> {
    if (this.#facts) return this.#facts;
    const { desired, known } = this.#order;
    const query = { ...queryFor(desired, known), images: this.#order.images };
    if (this.#session && !this.#isLost && !this.#isAttached) return await this.#session.query(query);
    return await observe(this.#pool, this.#target, desired, query, this.#progress);
  }

  /** Ends the session. Where the host was not asked to the end, it goes on by itself as the phases say. */
  async leave(): Promise<void> {
    clearInterval(this.#beats);
    const session = this.#session;
    this.#session = undefined;
    if (this.#isLost || this.#isAttached) session?.abandon();
    else await session?.close();
  }

  async #open(place: Parameters<typeof Session.start>[2]): Promise<Session> {
    clearInterval(this.#beats);
    const connection = await this.#pool.connect(this.#target);
    this.#pool.mayBegin(this.#target);
    const session = await Session.start(connection, this.#target, place);
    this.#session = session;
    this.#isLost = false;
    this.#isAttached = place.purpose === "attach";
    await session.ready().catch((thrown: unknown) => {
      session.abandon();
      throw thrown;
    });
    this.#beats = setInterval(() => new Phases(session).beat(), beat).unref();
    return session;
  }

  async #prepare(session: Session): Promise<Prepared> {
    this.#pool.mayBegin(this.#target);
    const { desired, known, before, images } = this.#order;
    const recovered = await session.recover();
    // What could not be taken back is still known on the host: it goes with the next commit, or the next rollback.
    if (recovered)
      this.#progress.note(
        `an interrupted transaction was ${recovered.ok ? "taken back" : `not taken back whole: ${recovered.output}`}`,
      );
    const facts = await session.query({ ...queryFor(desired, known), images, live: reloadable(desired) });
    const filled = fill(desired, facts);
    const more = furtherQuery(facts, filled);
    if (more) addFacts(facts, await session.query(more));
    const attempt = async (live: Facts["live"]) => {
      this.#todo = plan({ ...facts, live }, filled, known, before);
      if (this.#todo.refusals.length > 0) throw new HostError(this.name, this.#todo.refusals.join("\n"));
      if (this.#todo.steps.length === 0) return undefined;
      return await this.#phases().prepare(this.#id, stored(this.#todo, filled), this.#says());
    };
    let failed = await attempt(facts.live);
    // A mimic may fail for what it lacks. A unit has the last word, and its journal says why.
    if (failed?.back.ok && this.#step(failed)?.verb === "mimic") failed = await attempt(new Map());
    if (failed) {
      this.#fails(failed);
      throw this.problem ?? new Error();
    }
    if (this.#todo?.steps.length === 0) {
      this.#facts = facts;
      return { kind: "nothing-to-do" };
    }
    return { kind: "prepared", has: facts.set ? "old" : "nothing" };
  }

  #phases(): Phases {
    if (!this.#session) throw new Error(`${this.name}: there is no session.`);
    return new Phases(this.#session);
  }

  /** Attaches to the transaction again after its session was lost. Returns how it has ended, if it has. */
  async #comeBack(): Promise<Ended | undefined> {
    if (this.#ended || !this.#isLost) return this.#ended;
    const { manager, account, name } = this.#order.desired;
    const place = { manager, account, name, linger: false, createUser: false, purpose: "attach" } as const;
    await this.#open(place);
    this.#ended = await this.#phases().attach(this.#id);
    return this.#ended;
  }

  #endedAlone(): { why: string; now: Back } {
    const why = "it had not heard of this run for too long";
    if (this.#ended === "reverted") {
      this.#failed(new HostError(this.name, why, { leaves: "taken back" }));
      return { why, now: "back" };
    }
    return { why: this.#failed(stuck(this.name, why)), now: "stuck" };
  }

  #fails(failed: Failed): { why: string; now: Back } {
    this.#ended = failed.back.ok ? "reverted" : "unknown";
    return {
      why: this.#failed(failedStep(this.name, this.#step(failed), failed)),
      now: failed.back.ok ? "back" : "stuck",
    };
  }

  #loses(thrown: unknown): string {
    this.#isLost = true;
    this.#session?.abandon();
    return this.#failed(thrown);
  }

  #failed(thrown: unknown): string {
    this.problem =
      thrown instanceof HostError
        ? thrown
        : new HostError(this.name, messageOf(thrown), { leaves: "unknown" });
    return this.problem.message;
  }

  #step({ step }: Failed) {
    return step === undefined ? undefined : this.#todo?.steps[step];
  }

  #says() {
    const step = (number: number) => {
      const next = this.#todo?.steps[number];
      this.#progress.doing(next ? stepSays(next) : "");
    };
    return { step, note: this.#progress.note };
  }
}
