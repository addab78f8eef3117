import { type Operation, stampOf } from "../../provider/approved.ts";
import { digest, removalOf } from "../../provider/approval.ts";
import { forgetVariable, onlyVariable } from "../../provider/policy.ts";
import type { WireObject } from "../../provider/wire.ts";
import { isSet, siteOf } from "../engine-json.ts";
import type { Planned } from "./preview.ts";

/** What an approval is about, in the order of its digests. */
export const parts = ["content", "hosts", "images", "versions", "state", "steps"] as const;
export type Part = (typeof parts)[number];

export interface Versions {
  /** The version of quadlet-fleet. */
  readonly package: string;
  /** The version of Pulumi. */
  readonly engine: string;
}

export type Approval =
  | {
      /** Stands for everything that an `up` would do, and for the state from which it starts. */
      readonly token: string;
      /** For the provider: one for each operation. */
      readonly stamps: readonly string[];
    }
  /** Why there is no approval. */
  | { readonly why: readonly string[] };

/** The version of this format. It changes with the meaning of the digests. */
const form = "qf1";

const tokenPattern = new RegExp(`^${form}(\\.[\\w-]{22}){${parts.length}}$`);

export function isToken(text: string): boolean {
  return tokenPattern.test(text);
}

/** The parts in which two approvals differ. */
export function differingParts(one: string, other: string): Part[] {
  const [left, right] = [one.split("."), other.split(".")];
  return parts.filter((_, at) => left[at + 1] !== right[at + 1]);
}

/**
 * The approval of a preview. Pure.
 *
 * @param environment its variables may choose hosts
 */
export function approve(
  planned: readonly Planned[],
  versions: Versions,
  environment: NodeJS.ProcessEnv = process.env,
): Approval {
  const why = planned.flatMap((one) => (isSet(one) ? (obstacle(one) ?? []) : []));
  if (why.length > 0) return { why };
  const of = (part: (one: Planned) => unknown) =>
    planned.map((one) => JSON.stringify([one.urn, part(one)])).sort();
  const provider = [...new Set(planned.flatMap(({ approval }) => approval?.version ?? []))].sort();
  const found: Record<Part, unknown> = {
    content: of(contentOf),
    hosts: [
      environment[onlyVariable] ?? "",
      environment[forgetVariable] ?? "",
      of(({ approval }) => approval?.hosts),
    ],
    images: of(({ approval }) => approval?.images),
    versions: [versions, provider],
    state: of(stateOf),
    steps: of(({ op }) => op),
  };
  return {
    token: [form, ...parts.map((part) => digest(found[part]))].join("."),
    stamps: planned.filter(isSet).flatMap(stampsOf),
  };
}

/** Why a set can't be approved, if it can't. */
function obstacle(one: Planned): string | undefined {
  const { op, approval } = one;
  if (op === "delete") return undefined;
  if (op !== "create" && op !== "update" && op !== "same") return `${siteOf(one)}: "${op}" can't be approved`;
  if (approval === null) return `${siteOf(one)}: it has values that are known only during the deploy`;
  return approval ? undefined : `${siteOf(one)}: its provider does not support approvals`;
}

/** The content that a resource should have. */
function contentOf({ newState, approval }: Planned): unknown {
  if (!newState) return null;
  const { inputs, parent, dependencies, protect, retainOnDelete, deletedWith } = newState;
  return [approval ? approval.content : inputs, parent, dependencies, protect, retainOnDelete, deletedWith];
}

/** The recorded state of a resource. */
function stateOf({ oldState, approval }: Planned): unknown {
  if (!oldState) return null;
  const { id, inputs, outputs, protect, retainOnDelete } = oldState;
  const recorded = approval ? approval.state : removalOf(inputs as WireObject, outputs as WireObject);
  return [id, recorded, protect, retainOnDelete];
}

function stampsOf({ op, urn, oldState, approval }: Planned): string[] {
  if (op === "same") return [];
  const { inputs, outputs } = oldState ?? {};
  const what = approval ?? removalOf(inputs as WireObject, outputs as WireObject);
  return [stampOf(urn, op as Operation, what)];
}
