import { isSpecific, toListenStream } from "../../units/nginx/address.ts";
import { ipv6Digits } from "../../units/nginx/ip.ts";
import { madeNetwork, madeUnit } from "../../units/made.ts";
import { isQuadlet, quadletKinds, serves } from "../../units/kinds.ts";
import {
  type ContainerCheck,
  type Desired,
  type DesiredFile,
  type DesiredService,
  type Probe,
  probeTarget,
} from "../desired.ts";
import { type Target, endpointName } from "../ssh/endpoint.ts";
import { HostError, messageOf } from "../errors.ts";
import { type Facts, type Query, row } from "../facts/facts.ts";
import { fill } from "../plan/placeholders.ts";
import { type Plan, plan } from "../plan/plan.ts";
import { type Step, stepFields, stepSays } from "../plan/step.ts";
import type { Pool } from "../ssh/pool.ts";
import { addFacts, furtherQuery, queryFor } from "../plan/query.ts";
import { type Place, Session } from "./session.ts";

/** What a caller gets told while it waits. */
export interface Progress {
  /** What is being done now: the next one takes its place. */
  doing: (says: string) => void;
  /** What is worth to be known afterwards, too. */
  note: (says: string) => void;
}

/** A transaction that failed and could not be taken back whole, with what was seen on the host then. */
export class TransactionError extends HostError {
  readonly facts: Facts;

  constructor(host: string, problem: string, facts: Facts) {
    super(host, problem, notTakenBack);
    this.facts = facts;
  }
}

const notTakenBack = {
  leaves: "unknown",
  state: "What was done could not be taken back whole.",
  cure: "Correct the cause and run `pulumi up` again: it takes back the rest first, and then does what is missing.",
} as const;

/**
 * Brings one host from what it has to what is desired, by one connection, one channel and one script.
 *
 * @param known paths that were observed as the set's own
 * @param before the services as they were desired last
 * @param images whether to look for replaced images
 * @returns what is on the host afterwards
 * @throws HostError when nothing is changed or all was taken back, TransactionError when something was left.
 */
export async function transact(
  pool: Pool,
  target: Target,
  desired: Desired,
  known: readonly string[],
  before: readonly DesiredService[],
  progress: Progress,
  images = false,
): Promise<Facts> {
  const query = { ...queryFor(desired, known), images };
  return await withSession(pool, target, desired, progress, async (session, host) => {
    const recovered = await session.recover();
    // What could not be taken back is still known on the host: it goes with the next commit, or the next rollback.
    if (recovered)
      progress.note(
        `an interrupted transaction was ${recovered.ok ? "taken back" : `not taken back whole: ${recovered.output}`}`,
      );
    const facts = await session.query(query);
    const filled = fill(desired, facts);
    const more = furtherQuery(facts, filled);
    if (more) addFacts(facts, await session.query(more));
    const todo = plan(facts, filled, known, before);
    if (todo.refusals.length > 0) throw new HostError(host, todo.refusals.join("\n"));
    if (todo.steps.length === 0) return facts;
    const failed = await session.apply(
      stored(todo, filled),
      (number) => progress.doing(saysOf(todo.steps[number]) ?? ""),
      progress.note,
    );
    if (!failed) return await session.query(query);
    const problem = `${saysOf(todo.steps[failed.step]) ?? "a step"} failed: ${failed.output}`;
    if (!failed.back.ok) {
      const both = `${problem}\nThe rollback failed as well: ${failed.back.output}`;
      const seen = await session.query(query).catch((thrown: unknown) => {
        throw new HostError(host, `${both}\n${messageOf(thrown)}`, notTakenBack);
      });
      throw new TransactionError(host, both, seen);
    }
    throw new HostError(host, problem, { leaves: "taken back" });
  });
}

function saysOf(step: Step | undefined): string | undefined {
  return step && stepSays(step);
}

/** Looks at a host. What `decide` returns for the facts is looked at as well. */
export async function observe(
  pool: Pool,
  target: Target,
  place: Place,
  query: Query,
  progress: Progress,
  more?: (facts: Facts) => Query | undefined,
): Promise<Facts> {
  return await withSession(
    pool,
    target,
    { ...place, linger: false, createUser: false, onlyLooks: true },
    progress,
    async (session) => {
      let facts = await session.query(query);
      for (let next = more?.(facts); next; next = more?.(facts)) facts = await session.query(next);
      return facts;
    },
  );
}

async function withSession<T>(
  pool: Pool,
  target: Target,
  place: Place,
  progress: Progress,
  use: (session: Session, host: string) => Promise<T>,
): Promise<T> {
  progress.doing(`connecting to ${endpointName(target)}`);
  const connection = await pool.connect(target);
  const waiting = () => progress.doing("waiting for another set of this host");
  return await pool.inTurn(target, place, waiting, async () => {
    const session = await Session.start(connection, target, place);
    const work = async () => {
      await session.ready((set) => progress.doing(`waiting: the host is busy with ${set}`));
      pool.mayBegin(target);
      const result = await use(session, connection.name);
      await session.close();
      return result;
    };
    const seconds = target.commandTimeout ?? 600;
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_, reject) => {
      const late = () =>
        new HostError(connection.name, `not done within ${seconds} s (commandTimeout).`, {
          ...(session.changed ? { leaves: "unknown", state: "What has begun there goes on by itself." } : {}),
          cure: "Run `pulumi up` again later, or raise commandTimeout.",
        });
      timer = setTimeout(() => reject(late()), seconds * 1000);
    });
    try {
      return await Promise.race([work(), deadline]);
    } catch (thrown) {
      session.abandon();
      throw thrown;
    } finally {
      clearTimeout(timer);
    }
  });
}

/** Everything that the script needs, before the first step: a connection that breaks later can't leave it half-way. */
function stored({ steps, payload, lent, owned, units }: Plan, desired: Desired): Map<string, string> {
  const auths = Object.entries(desired.registries).map(([registry, { username, password }]) => [
    registry,
    { auth: Buffer.from(`${username}:${password}`, "utf8").toString("base64") },
  ]);
  const list = (items: readonly string[]) => items.map((item) => `${item}\n`).join("");
  const texts = [...payload.map(({ content }: DesiredFile) => content), ...lent];
  return new Map([
    ...texts.map((content, index): [string, string] => [String(index), content]),
    ["owner", desired.owner],
    ["manifest.begin", list(owned.begin)],
    ["manifest.commit", list(owned.commit)],
    ["units.begin", unitTable(owned.begin, units)],
    ["units.commit", unitTable(owned.commit, units)],
    ["secrets", list(desired.secrets)],
    ["mounted", list(desired.checks.flatMap(({ mounts }) => Object.keys(mounts)))],
    ["images", list(desired.images.map(({ reference }) => reference))],
    ["networks", list(desired.files.flatMap(({ content, unit }) => madeNetwork(unit ?? "", content) ?? []))],
    // containers-auth.json(5)
    ["registries", JSON.stringify({ auths: Object.fromEntries(auths) as unknown })],
    ...staged(payload, desired),
    ...desired.probes.map((probe, index): [string, string] => [`probe.${index}`, probeLines(probe)]),
    ["plan", list(steps.map((step) => row(stepFields(step))))],
  ]);
}

/**
 * Lines of UNIT, PATH and whether it serves (or only prepares, as a network's does), so that the script need not know what podman makes
 * of a file.
 */
function unitTable(paths: readonly string[], units: ReadonlyMap<string, string>): string {
  const rows = paths.flatMap((path) => {
    const unit = units.get(path);
    return unit === undefined ? [] : [`${row([unit, path, serves(path) ? "serves" : "-"])}\n`];
  });
  return rows.join("");
}

/** Where it is asked, path, Host, status, body, and the address that the host must have for it, a line each. */
function probeLines({
  listen,
  path,
  hostName,
  status,
  body,
  address: loopback = "127.0.0.1",
}: Probe): string {
  const address = probeTarget(listen);
  const own = isSpecific(address) ? address : undefined;
  // A wildcard is reached by the loopback interface.
  const where =
    address.family === "unix"
      ? address.path
      : toListenStream({
          ...address,
          address: { "0.0.0.0": loopback, "::": "::1" }[address.address] ?? address.address,
        });
  // As the kernel lists its own: /proc/net/fib_trie, /proc/net/if_inet6.
  const needed = own?.family === "ipv6" ? ipv6Digits(own.address) : own?.address;
  return [where, path, hostName, status ?? "", body ?? "", needed ?? ""]
    .map((line) => `${row([String(line)])}\n`)
    .join("");
}

/** What validation needs: where each file of the whole set is, new or on the host already. */
function staged(payload: readonly DesiredFile[], desired: Desired): [string, string][] {
  const table = (files: readonly DesiredFile[]) =>
    files.map((file) => `${payload.includes(file) ? payload.indexOf(file) : "-"}\t${file.path}\n`).join("");
  const units = desired.files.filter(({ unit }) => unit !== undefined);
  const quadlets = units.filter(({ unit }) => isQuadlet(unit ?? ""));
  return [
    ["quadlets", table(quadlets)],
    // What quadlets of the host's own are called, as grep(1) asks for it.
    ["quadlet-names", quadletKinds.map((kind) => `[.]${kind}$\n`).join("")],
    ["units", table(units.filter((file) => !quadlets.includes(file)))],
    ["generated", quadlets.map(({ unit, content }) => `${madeUnit(unit ?? "", content)}\n`).join("")],
    ["files", table(desired.files.filter(({ unit }) => unit === undefined))],
    ...desired.checks.map((check, index): [string, string] => [`check.${index}`, checkOptions(check)]),
  ];
}

/** The options and words of `podman run`, in their order. */
function checkOptions({ image, command, mounts, volumes }: ContainerCheck): string {
  const [entrypoint = "", ...words] = command;
  const lines = [
    ...Object.entries(mounts).map(([directory, target]) => ["mount", directory, target]),
    ...volumes.map((volume) => ["volume", volume]),
    ["entrypoint", entrypoint],
    ...[image, ...words].map((word) => ["word", word]),
  ];
  return lines.map((line) => `${row(line)}\n`).join("");
}
