import { plainName } from "../../host/account-units.ts";
import type { Desired, DesiredFile } from "../../host/desired.ts";
import { sha256 } from "../../host/digest.ts";
import { printable } from "../../host/errors.ts";
import type { Facts } from "../../host/facts/facts.ts";
import { drift, isActive } from "../../host/plan/drift.ts";
import { fill } from "../../host/plan/placeholders.ts";
import { driftLine, isOlder } from "../../provider/notes.ts";
import type { Found } from "./look.ts";

/** What `status` prints about one site on one host: an element of the output of `--json`. docs/status.md explains each field. */
export interface Row {
  readonly site: string;
  readonly host: string;
  readonly where: string | null;
  readonly state: "as deployed" | "differs" | "pending" | "offline" | "not seen";
  readonly version: string | null;
  readonly deployed: string;
  readonly images: readonly string[];
  readonly active: Readonly<Record<string, boolean>>;
  readonly at: string | null;
  readonly by: string | null;
  readonly outcome: string | null;
  readonly cause: string | null;
  readonly pending: string | null;
  readonly drift: string | null;
  readonly problem: string | null;
}

/** Pure. */
export function rowOf({ set, host, look }: Found): Row {
  const { desired, known, hidden } = set;
  const exception = known.exceptions[host];
  const pending = exception?.why ?? null;
  const row = {
    site: desired.name,
    host,
    where: hidden.includes(host) ? null : (known.where[host] ?? known.ways[host]?.at ?? null),
    version: null,
    deployed: versionOf(desired, () => undefined),
    images: desired.images.map(({ reference }) => reference),
    active: {},
    ...{ at: null, by: null, outcome: null, cause: null, drift: null, problem: null },
    pending,
  };
  if (look === "offline") return { ...row, state: "offline" };
  if (look === "unknown way") return { ...row, state: "pending" };
  if (look === "no account") return { ...row, state: "differs", drift: `no account: ${desired.account}` };
  if ("problem" in look) return { ...row, state: "not seen", problem: look.problem };
  const { facts } = look;
  const last = facts.set?.last;
  const active = desired.services.filter((service) => service.active).map(({ unit }) => unit);
  const isAtWork = facts.set?.unfinished === true;
  // A host with an old version, or with a running deploy, differs in too much to list.
  const isAnother = isAtWork || (exception !== undefined && isOlder(exception));
  const found = isAnother ? null : difference(facts, set);
  return {
    ...row,
    state: isAtWork || pending !== null ? "pending" : found === null ? "as deployed" : "differs",
    pending: isAtWork ? unfinished : pending,
    version: facts.set ? versionOf(desired, actual(fill(desired, facts), facts)) : null,
    active: Object.fromEntries(active.map((unit) => [plainName(unit), isActive(facts, unit)])),
    at: word(last?.at),
    by: word(last?.who),
    outcome: word(last?.outcome),
    cause: word(last?.cause),
    drift: found,
  };
}

const unfinished = "a deploy is running there, or was interrupted and is not rolled back yet";

function difference(facts: Facts, { desired, dropIns }: Found["set"]): string | null {
  if (!facts.set) return `nothing is left of: ${desired.name}`;
  const found = drift(facts, fill(desired, facts), dropIns);
  return found.length > 0 ? driftLine(found) : null;
}

/** A short text from a host, which may be anything: it must not break a line or the table. */
function word(text: string | undefined): string | null {
  return text === undefined ? null : printable(text).replaceAll(/\s+/g, " ").slice(0, 100);
}

/** The digests of files that are not as desired: "" for a missing file. */
function actual(filled: Desired, facts: Facts): (path: string) => string | undefined {
  const wanted = new Map(filled.files.map(({ path, content }) => [path, sha256(content)]));
  return (path) => {
    const there = facts.files.get(path)?.sha256 ?? "";
    return there === wanted.get(path) ? undefined : there;
  };
}

/**
 * A version: a digest of all files and units. Those with secret content are left out, because a digest would show whether a guess is right.
 * Placeholders, which only the host can fill in, stay, so that a version is the same on all hosts.
 *
 * @param other the digest of a file that differs on the host
 */
function versionOf({ files, secrets }: Desired, other: (path: string) => string | undefined): string {
  const line = ({ path, content }: DesiredFile) => `${path} ${other(path) ?? sha256(content)}\n`;
  const open = files.filter(({ path }) => !secrets.includes(path));
  return sha256(open.map(line).sort().join("")).slice(0, 12);
}
