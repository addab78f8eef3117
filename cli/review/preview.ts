import type { Approval } from "../../provider/approval.ts";
import type { Outlook } from "../../provider/outlook.ts";
import { type Digest, type State, type Step, type Values, isSet, saidAs, siteOf } from "../engine-json.ts";
import type { Change, Diff, Happens } from "./change.ts";

/** A step, with what the provider says about it. */
export interface Planned extends Step {
  /** The approval of a set. `null` if the provider can't give one, undefined if it reported nothing. */
  readonly approval?: Approval | null | undefined;
}

/** How Pulumi writes a secret in a preview. */
export const secret = "[secret]";

export interface Previewed {
  readonly changes: readonly Change[];
  /** All hosts of the stack's sites. */
  readonly hosts: readonly string[];
  readonly warnings: readonly string[];
  /** All resources. */
  readonly planned: readonly Planned[];
}

/**
 * Reads a preview. Pure.
 *
 * @param text the output of `pulumi preview --json --show-sames`, in which the provider reports as JSON. It has no secrets
 */
export function readPreview(text: string): Previewed {
  const { steps: all = [], diagnostics = [] } = JSON.parse(text) as Digest;
  // With --refresh, each resource also has a "refresh" step. Its other step then has the refreshed state.
  const steps = all.filter(({ op }) => op !== "refresh");
  const told = Map.groupBy(
    diagnostics.filter(({ severity }) => severity === "info"),
    ({ urn = "" }) => urn,
  );
  const messagesOf = ({ urn }: Step) =>
    (told.get(urn) ?? []).flatMap(({ message = "" }) => messageIn(message) ?? []);
  const sets = steps.filter(isSet);
  const changes = sets.flatMap(
    (step) =>
      changeOf(
        step,
        messagesOf(step).find((one): one is Outlook => "lines" in one),
      ) ?? [],
  );
  const planned = steps.map((step): Planned => {
    // The engine does not ask the provider about a removal. With a refresh it asks for the diff twice, so the last answer counts.
    if (!isSet(step) || step.op === "delete") return step;
    const approval = messagesOf(step).findLast((one) => "approval" in one)?.approval;
    return { ...step, approval };
  });
  const warnings = saidAs("warning", diagnostics);
  const hosts = sets.flatMap(({ oldState, newState }) => [
    ...hostsOf(oldState?.inputs),
    ...hostsOf(newState?.inputs),
  ]);
  return { changes, hosts: [...new Set(hosts)], warnings: [...new Set(warnings)].sort(), planned };
}

/** What the provider reports for programs. */
function messageIn(message: string): Outlook | { readonly approval: Approval | null } | undefined {
  try {
    const found: unknown = JSON.parse(message);
    return typeof found === "object" && found !== null ? (found as Outlook) : undefined;
  } catch {
    return undefined;
  }
}

function changeOf(step: Step, outlook: Outlook | undefined): Change | undefined {
  const { op, oldState, newState } = step;
  if (op !== "create" && op !== "update" && op !== "delete") return undefined;
  return {
    site: siteOf(step),
    op,
    effects: op === "delete" ? removed(oldState) : happens(outlook, hostsOf(newState?.inputs)),
    minutes: outlook?.minutes,
    diffs: op === "update" ? diffsOf(step) : [],
    pending: textAt(oldState?.outputs?.pending),
    drift: driftOf(oldState?.outputs?.drift),
  };
}

function removed(state: State | undefined): Happens[] {
  return [{ effect: "removes", hosts: hostsOf(state?.inputs), says: "is removed" }];
}

function happens(outlook: Outlook | undefined, hosts: readonly string[]): Happens[] {
  if (!outlook) return [{ effect: "unknown", hosts, says: "" }];
  return outlook.lines.flatMap((line) => line.told.map((one) => ({ ...one, hosts: line.hosts })));
}

function diffsOf({ detailedDiff, oldState, newState }: Step): Diff[] {
  return Object.entries(detailedDiff ?? {})
    .flatMap(([path, { kind }]) => diffOf(path, kind, oldState, newState) ?? [])
    .sort((one, other) => (one.path < other.path ? -1 : 1));
}

function hostsOf(inputs: Values | undefined): string[] {
  return Object.keys(inputs?.where ?? {}).sort();
}

/** How a property changes, in states without secrets. Undefined for a property that has its own part of the review. */
export function diffOf(path: string, kind: string, oldState?: State, newState?: State): Diff | undefined {
  if (path === "pending" || path.startsWith("drift")) return undefined;
  // The left side is what the hosts have (provider/diff.ts).
  const [before, after] = [valueAt(oldState?.outputs, path), valueAt(newState?.inputs, path)];
  return {
    path,
    kind: kind === "add" || kind === "delete" ? kind : "update",
    before: before === secret ? undefined : shown(before),
    after: after === secret ? undefined : shown(after),
    isSecret: before === secret || after === secret,
  };
}

/** @param path as provider/diff.ts writes it: `files["/etc/x"].content` */
function valueAt(values: Values | undefined, path: string): unknown {
  const keys = [...path.matchAll(/\["(.*?)"\]|\.?(\w+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
  return keys.reduce<unknown>(
    (here, key) =>
      here === secret
        ? secret
        : typeof here === "object" && here !== null && Object.hasOwn(here, key)
          ? (here as Values)[key]
          : undefined,
    values,
  );
}

function shown(value: unknown): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  return JSON.stringify(value);
}

function textAt(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function driftOf(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((one): one is [string, string] => typeof one[1] === "string"),
  );
}
