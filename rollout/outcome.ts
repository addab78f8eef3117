import { fold, grouped, naturally } from "./fold.ts";
import type { Has } from "./member.ts";

/** The result of a rollout for one host. */
export interface End {
  readonly name: string;
  /** The set is removed from this host. */
  readonly leaves: boolean;
  /** The version according to the state before the rollout. */
  readonly had: Has;
  readonly has: Has;
  /** "wish": held back or skipped because of the policy. "others": not activated, or reverted, because the rollout failed. */
  readonly cause: "committed" | "nothing-to-do" | "wish" | "failure" | "others";
  readonly why: string;
}

export interface Exception {
  readonly has: Has;
  readonly why: string;
}

/** The result for all hosts. `answer` is what the provider reports to the engine. */
export type Outcome =
  /** Each host has the version that it had before. */
  | {
      readonly kind: "all-old";
      readonly answer: "error";
      /** Whether the new version was active on any host, and is reverted. */
      readonly touched: boolean;
      readonly text: string;
    }
  | { readonly kind: "all-new"; readonly answer: "ok" }
  | {
      readonly kind: "partial";
      readonly answer: "ok" | "init-failed";
      /** The version of all hosts that are not among the exceptions. */
      readonly rest: "old" | "new";
      readonly exceptions: Readonly<Record<string, Exception>>;
      /** One short line: "web-[3,7]: unreachable; web-9: held back". */
      readonly pending: string;
      readonly text: string;
    };

/**
 * Combines the results of all hosts.
 *
 * @param stopped why the rollout ended, if not because of single hosts
 * @param touched whether any host was activated
 */
export function outcome(ends: readonly End[], stopped: string | undefined, touched: boolean): Outcome {
  const unwanted = ends.filter(({ cause }) => cause === "failure" || cause === "others");
  const isCommitted = ends.some(({ cause }) => cause === "committed");
  const isChanged = isCommitted || ends.some(({ has, had }) => has !== had && isBroken(has));
  if (unwanted.length === 0 && ends.every(({ has }) => has === "new"))
    return { kind: "all-new", answer: "ok" };

  if (!isChanged && unwanted.length > 0) {
    const lead = `Nothing is changed on ${fold(names(ends))}${touched ? ": reverted" : ""}.`;
    return { kind: "all-old", answer: "error", touched, text: reasons(ends, [lead], stopped) };
  }

  const rest = isCommitted || unwanted.length === 0 ? "new" : "old";
  const isException = (end: End) =>
    rest === "new" ? end.has !== "new" || unwanted.includes(end) : end.has !== "old" && end.has !== "nothing";
  const exceptions = ends.filter(isException).sort((left, right) => naturally(left.name, right.name));
  const usual = ends.filter((end) => !isException(end));
  const lead = [...Map.groupBy(usual, ({ leaves }) => leaves && rest === "new")].map(([isRemoved, same]) =>
    isRemoved ? `${fold(names(same))}: removed.` : `${fold(names(same))}: ${rest} version.`,
  );
  return {
    kind: "partial",
    answer: unwanted.length > 0 ? "init-failed" : "ok",
    rest,
    exceptions: Object.fromEntries(exceptions.map(({ name, has, why }) => [name, { has, why }])),
    pending: pendingLine(exceptions),
    text: reasons(ends, lead, stopped),
  };
}

const mostGroups = 20;

/** Each different reason after its hosts, with further lines indented. */
function reasons(ends: readonly End[], lead: readonly string[], stopped: string | undefined): string {
  // Hosts that were reverted because of others need no line, unless the revert failed.
  const told = ends.filter(({ cause, has }) => cause === "wish" || cause === "failure" || isBroken(has));
  // With one host, its own message says everything.
  if (ends.length === 1 && told[0]) return told[0].why;
  const groups = grouped(told);
  const lines = groups.slice(0, mostGroups).map(({ why, names }) => {
    const count = names.length > 1 ? ` (${names.length} hosts)` : "";
    return `${fold(names)}${count}: ${why.replaceAll("\n", "\n  ")}`;
  });
  const left = groups.length - mostGroups;
  return [...lead, stopped, ...lines, left > 0 ? `and ${left} more reasons` : undefined]
    .filter((line) => line !== undefined)
    .join("\n");
}

const longest = { names: 60, why: 120, line: 300 };

/** Hosts with the reason why they differ from the rest, grouped by reason, in one short line. */
export function pendingLine(exceptions: readonly Pick<End, "name" | "why">[]): string {
  const parts: string[] = [];
  let left = exceptions.length;
  for (const { why, names } of grouped(exceptions)) {
    const part = `${briefly(names)}: ${cut(why.split("\n")[0] ?? "", longest.why)}`;
    if ([...parts, part].join("; ").length > longest.line) break;
    parts.push(part);
    left -= names.length;
  }
  return left > 0 ? `${parts.join("; ")}; and ${left} more` : parts.join("; ");
}

function briefly(all: readonly string[]): string {
  const folded = fold(all);
  if (folded.length <= longest.names) return folded;
  return `${all.length} hosts (${cut(all[0] ?? "", longest.names / 2)}, …)`;
}

function isBroken(has: Has): boolean {
  return has === "stuck" || has === "unknown";
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

function names(ends: readonly End[]): string[] {
  return ends.map(({ name }) => name);
}
