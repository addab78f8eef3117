import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
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
import { HostError } from "../errors.ts";
import { type Facts, noFacts } from "../facts/facts.ts";
import type { Plan } from "../plan/plan.ts";
import { queryFor } from "../plan/query.ts";
import { stepSays } from "../plan/step.ts";
import type { Connection } from "../ssh/connection.ts";
import { type Target, endpointName, machineOf } from "../ssh/endpoint.ts";
import type { Pool } from "../ssh/pool.ts";
import { asHostError, failedStep, lost, stuck, takenBack, unhealthy } from "./failures.ts";
import { observe } from "./observe.ts";
import { type Order, lookFor, tagsOf } from "./order.ts";
import { type Ended, type Failed, Phases } from "./phases.ts";
import { type Progress, inTime } from "./progress.ts";
import { Busy } from "./refusal.ts";
import { type Place, Session } from "./session.ts";

/** Milliseconds for which an answer counts as a healthy check. */
const fresh = 2000;

/** Milliseconds for the end of a session, including what enter.sh does after it. */
const goodbye = 60_000;

/** One host in a rollout: a session over SSH, and another one if that is lost. */
export class HostMember implements Member {
  readonly name: string;
  readonly host: string;
  readonly tags: readonly string[];
  readonly leaves: boolean;
  readonly has: Has;
  /** The last problem, for the person at the keyboard. */
  problem: HostError | undefined;

  /** The host's name in messages. */
  readonly #endpoint: string;
  readonly #pool: Pool;
  readonly #target: Target;
  #order: Order;
  readonly #progress: Progress;
  /** Seconds. */
  readonly #grace: number;
  /** The transaction's id, for a session that attaches to it. */
  #id = "";
  #todo: Plan | undefined;
  #session: Session | undefined;
  #isAttached = false;
  #isLost = false;
  #isActivated = false;
  /** Whether a commit was asked for. */
  #isDecided = false;
  #heard = 0;
  #connection: Connection | undefined;
  #ended: Ended["outcome"] | undefined;
  #facts: Facts | undefined;

  /**
   * @param name its name in the fleet
   * @param grace seconds for which the host stays activated without a sign of life
   */
  constructor(
    name: string,
    pool: Pool,
    target: Target,
    order: Order,
    has: Has,
    grace: number,
    progress: Progress,
  ) {
    this.name = name;
    this.#endpoint = endpointName(target);
    this.#pool = pool;
    this.#target = target;
    this.#order = order;
    this.#grace = grace;
    this.#progress = progress;
    this.has = has;
    this.host = machineOf(target);
    this.leaves = order.desired.files.length === 0;
    this.tags = tagsOf(order);
  }

  get silence(): number {
    return this.#connection?.silence ?? 0;
  }

  async prepare(signal: AbortSignal): Promise<Prepared> {
    this.#id = randomBytes(8).toString("hex");
    this.#ended = undefined;
    this.#todo = undefined;
    this.problem = undefined;
    try {
      this.#progress.doing(`connecting to ${this.#endpoint}`);
      await this.#pool.connect(this.#target);
      return await this.#pool.working(() => this.#prepareIn(signal));
    } catch (thrown) {
      // leave() must not wait for this session.
      this.#isLost = true;
      if (thrown instanceof Busy) return { kind: "busy", who: thrown.who };
      const { withoutHost, leaves, reason, isOnTheWay } = this.#fails(asHostError(this.#endpoint, thrown));
      if (reason === "no-account" && this.leaves) return await this.#leaveWithoutAccount(signal);
      // The rollout then reverts this host, which shows what could not be rolled back.
      if (leaves === "unknown") throw thrown;
      this.#ended = "reverted";
      return { kind: reason === "unreachable" && !isOnTheWay ? "unreachable" : "refused", why: withoutHost };
    }
  }

  async activate(): Promise<Activated> {
    this.#isActivated = true;
    try {
      const failed = await this.#phases().activate(this.#grace, this.#says());
      this.#heard = performance.now();
      return failed ? { kind: "failed", ...this.#stepFails(failed) } : { kind: "held" };
    } catch (thrown) {
      return { kind: "lost", why: this.#loses(thrown) };
    }
  }

  async watch(seconds: number): Promise<Watched> {
    if (seconds === 0 && !this.#isLost && performance.now() - this.#heard < fresh) return { kind: "healthy" };
    try {
      const ended = await this.#comeBack();
      if (ended) return { kind: "reverted", ...this.#endsAlone(ended) };
      const { ok, output } = await this.#phases().watch(seconds);
      this.#heard = performance.now();
      if (ok) return { kind: "healthy" };
      return { kind: "unhealthy", why: this.#fails(unhealthy(this.#endpoint, output)).withoutHost };
    } catch (thrown) {
      return { kind: "lost", why: this.#loses(thrown) };
    }
  }

  async commit(): Promise<Committed> {
    try {
      const ended = await this.#comeBack();
      if (ended?.outcome === "committed") return { kind: "committed" };
      if (ended) return { kind: "reverted", ...this.#endsAlone(ended) };
      this.#isDecided = true;
      const failed = await this.#phases().commit(this.#says());
      if (failed) return { kind: "reverted", ...this.#stepFails(failed) };
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
        if (!ok) this.#fails(stuck(this.#endpoint, output));
      }
      if (this.#ended === "committed") return { kind: "unknown", why: "it is committed" };
      if (this.#ended === "unknown") return { kind: "stuck", why: this.problem?.withoutHost ?? "" };
      // The rollback is complete, so nothing of the problem is left on the host.
      if (this.#todo && this.problem?.leaves === "unknown")
        this.#fails(takenBack(this.#endpoint, this.problem.problem));
      // Other sessions may need the set.
      await this.leave();
      return { kind: "reverted" };
    } catch (thrown) {
      return { kind: "unknown", why: this.#loses(thrown) };
    }
  }

  /** What is on the host after the rollout. */
  async look(): Promise<Facts> {
    if (this.#facts) return this.#facts;
    const { desired, known, images } = this.#order;
    const query = { ...queryFor(desired, known), images };
    const session = this.#session;
    if (session && !this.#isLost && !this.#isAttached) {
      try {
        return await inTime(this.#target, session, () => session.query(query));
      } catch {
        // The session was lost after its last answer.
        this.#isLost = true;
      }
    }
    return await observe(this.#pool, this.#target, desired, query, this.#progress);
  }

  /** Ends the session. A host without a decision continues by itself, as phases.ts describes. */
  async leave(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (!session) return;
    if (!this.#isLost && !this.#isAttached)
      await Promise.race([session.close(), sleep(goodbye, undefined, { ref: false })]);
    session.abandon();
  }

  async #start(place: Place): Promise<Session> {
    const connection = await this.#pool.connect(this.#target);
    this.#connection = connection;
    // A transaction that has begun is completed even after a cancel.
    if (place.purpose !== "attach") this.#pool.mayBegin(this.#target);
    const session = await Session.start(connection, this.#target, place);
    this.#session = session;
    this.#isLost = false;
    this.#isAttached = place.purpose === "attach";
    return session;
  }

  async #prepareIn(signal: AbortSignal): Promise<Prepared> {
    if (signal.aborted) throw new HostError(this.#endpoint, "the run was cancelled before this began.");
    const session = await this.#start(this.#order.desired);
    const abandon = () => session.abandon();
    signal.addEventListener("abort", abandon, { once: true });
    try {
      return await inTime(this.#target, session, async () => {
        await session.ready();
        return await this.#prepare(session);
      });
    } finally {
      signal.removeEventListener("abort", abandon);
    }
  }

  async #prepare(session: Session): Promise<Prepared> {
    this.#pool.mayBegin(this.#target);
    const recovered = await session.recover();
    // The host still knows what could not be rolled back: the next commit or rollback settles it.
    if (recovered)
      this.#progress.note(
        `an interrupted deploy was ${recovered.ok ? "rolled back" : `not rolled back completely: ${recovered.output}`}`,
      );
    const { facts, plan } = await lookFor(this.#order, session);
    const attempt = async (live: Facts["live"]) => {
      const { todo, files } = plan(live);
      this.#todo = todo;
      if (todo.refusals.length > 0)
        await this.#endWith(new HostError(this.#endpoint, todo.refusals.join("\n")));
      if (todo.steps.length === 0) return undefined;
      return await this.#phases().prepare(this.#id, files, this.#says());
    };
    let failed = await attempt(facts.live);
    // A mimic may fail because of what it lacks. So a rehearsal with a unit decides, and its journal says why.
    if (failed?.back.ok && this.#step(failed)?.verb === "mimic") failed = await attempt(new Map());
    if (failed) {
      this.#ended = failed.back.ok ? "reverted" : "unknown";
      await this.#endWith(failedStep(this.#endpoint, this.#step(failed), failed, "preparation"));
    }
    if (this.#todo?.steps.length === 0) {
      this.#facts = facts;
      return { kind: "nothing-to-do" };
    }
    session.beat();
    return { kind: "prepared", has: facts.set ? "old" : "nothing" };
  }

  /** Ends the session in order, as the host has answered: nothing of the session is left when the error is reported. */
  async #endWith(problem: HostError): Promise<never> {
    await this.leave();
    throw problem;
  }

  /**
   * Removes a set whose account is gone. What the account had is gone with it. What the host's manager has is removed without the account.
   */
  async #leaveWithoutAccount(signal: AbortSignal): Promise<Prepared> {
    const { desired } = this.#order;
    if (desired.manager === "user") {
      this.#facts = noFacts();
      return { kind: "nothing-to-do" };
    }
    this.#order = { ...this.#order, desired: { ...desired, account: undefined, accountIsGone: true } };
    return await this.prepare(signal);
  }

  #phases(): Phases {
    if (!this.#session) throw new Error("there is no session.");
    return new Phases(this.#session, this.leaves);
  }

  /** Attaches to the transaction again after its session was lost. Returns how it has ended, if it has. */
  async #comeBack(): Promise<Ended | undefined> {
    if (this.#ended) return { outcome: this.#ended, because: "it has ended" };
    if (!this.#isLost) return undefined;
    const ended = await this.#attach({ ...this.#order.desired, linger: false, createUser: false });
    this.#ended = ended?.outcome;
    return ended;
  }

  async #attach(place: Place): Promise<Ended | undefined> {
    const session = await this.#start({ ...place, purpose: "attach" });
    try {
      await session.ready();
    } catch (thrown) {
      // An account that was made for the set is gone with it.
      if (!(thrown instanceof HostError) || thrown.reason !== "no-account") throw thrown;
      return { outcome: this.leaves ? "committed" : "reverted", because: "its account is gone" };
    }
    const ended = await this.#phases().attach(this.#id);
    if (!ended) session.beat();
    // Another run has begun since, and first rolls back what was not committed.
    if (ended?.outcome === "other") return { ...ended, outcome: this.#isDecided ? "unknown" : "reverted" };
    return ended;
  }

  #endsAlone({ outcome, because }: Ended): { why: string; now: Back } {
    const isBack = outcome === "reverted";
    const problem = (isBack ? takenBack : stuck)(this.#endpoint, `${because}.`);
    return { why: this.#fails(problem).withoutHost, now: isBack ? "back" : "stuck" };
  }

  #stepFails(failed: Failed): { why: string; now: Back } {
    this.#ended = failed.back.ok ? "reverted" : "unknown";
    const { withoutHost } = this.#fails(failedStep(this.#endpoint, this.#step(failed), failed, "activation"));
    return { why: withoutHost, now: failed.back.ok ? "back" : "stuck" };
  }

  /** A host that is only prepared releases everything when its session ends. */
  #loses(thrown: unknown): string {
    this.#isLost = true;
    this.#session?.abandon();
    const problem = this.#isActivated
      ? lost(this.#endpoint, thrown, this.#grace)
      : asHostError(this.#endpoint, thrown);
    return this.#fails(problem).withoutHost;
  }

  #fails(problem: HostError): HostError {
    this.problem = problem;
    return problem;
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
