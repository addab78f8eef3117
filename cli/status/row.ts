import type { Desired, DesiredFile } from "../../host/desired.ts";
import { sha256 } from "../../host/digest.ts";
import { printable } from "../../host/errors.ts";
import type { Facts } from "../../host/facts/facts.ts";
import { drift, isActive } from "../../host/plan/drift.ts";
import { fill } from "../../host/plan/placeholders.ts";
import { driftLine } from "../../provider/notes.ts";
import type { Found } from "./look.ts";

/** What `status` says of one site on one host: an element of what `--json` prints. docs/status.md has the meaning of each. */
export interface Row {
  readonly site: string;
  readonly host: string;
  readonly where: string;
  readonly state: "as deployed" | "differs" | "pending" | "offline" | "no answer";
  readonly version: string | null;
  readonly deployed: string;
  readonly images: readonly string[];
  readonly active: Readonly<Record<string, boolean>>;
  readonly since: string | null;
  readonly by: string | null;
  readonly outcome: string | null;
  readonly cause: string | null;
  readonly pending: string | null;
  readonly drift: string | null;
  readonly problem: string | null;
}

/** Pure. */
export function rowOf({ set, host, where, look }: Found): Row {
  const { desired, known, dropIns } = set;
  const pending = known.exceptions[host]?.why ?? null;
  const row = {
    site: desired.name,
    host,
    where,
    version: null,
    deployed: versionOf(desired, () => undefined),
    images: desired.images.map(({ reference }) => reference),
    active: {},
    ...{ since: null, by: null, outcome: null, cause: null, drift: null, problem: null },
    pending,
  };
  if (look === "offline") return { ...row, state: "offline" };
  if (look === "no account") return { ...row, state: "differs", drift: `no account: ${desired.account}` };
  if ("problem" in look) return { ...row, state: "no answer", problem: look.problem };
  const { facts } = look;
  const filled = fill(desired, facts);
  const found = facts.set
    ? drift(facts, filled, dropIns)
    : [{ what: "nothing is there of", where: desired.name }];
  const active = desired.services.filter((service) => service.active).map(({ unit }) => unit);
  const last = facts.set?.last;
  const said = (text: string | undefined) => (text === undefined ? null : printable(text));
  return {
    ...row,
    state: pending !== null ? "pending" : found.length > 0 ? "differs" : "as deployed",
    version: facts.set ? versionOf(desired, actual(filled, facts)) : null,
    active: Object.fromEntries(active.map((unit) => [unit, isActive(facts, unit)])),
    since: said(last?.at),
    by: said(last?.who),
    outcome: said(last?.outcome),
    cause: said(last?.cause),
    drift: found.length > 0 ? driftLine(found) : null,
  };
}

/** The digests of the files that are not as desired: "" for one that is not there. */
function actual(filled: Desired, facts: Facts): (path: string) => string | undefined {
  const wanted = new Map(filled.files.map(({ path, content }) => [path, sha256(content)]));
  return (path) => {
    const there = facts.files.get(path)?.sha256 ?? "";
    return there === wanted.get(path) ? undefined : there;
  };
}

/**
 * A version: a digest of all files and units. Those whose content is a secret are left out, as a digest would tell whether a guess is
 * right. What only the host knows (placeholders) is not filled in, so that a version is the same everywhere.
 *
 * @param other the digest of a file that is another one
 */
function versionOf({ files, secrets }: Desired, other: (path: string) => string | undefined): string {
  const line = ({ path, content }: DesiredFile) => `${path} ${other(path) ?? sha256(content)}\n`;
  const open = files.filter(({ path }) => !secrets.includes(path));
  return sha256(open.map(line).sort().join("")).slice(0, 12);
}
