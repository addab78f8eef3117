import { nameOf } from "../provider/urn.ts";
import { unitSetType } from "../resources/unit-set-type.ts";

/**
 * The output of `pulumi preview --json` and `pulumi refresh --preview-only --json`, as far as it is read here (pulumi/pulumi:
 * pkg/display/json.go).
 */
export interface Digest {
  readonly steps?: readonly Step[];
  readonly diagnostics?: readonly Diagnostic[];
}

/** What the engine does with a resource, which may be nothing ("same"). */
export interface Step {
  readonly op: string;
  readonly urn: string;
  readonly oldState?: State;
  readonly newState?: State;
  readonly detailedDiff?: Readonly<Record<string, { kind: string; inputDiff: boolean }>> | null;
}

export interface State {
  readonly id?: string;
  readonly type?: string;
  readonly inputs?: Values;
  readonly outputs?: Values;
  readonly parent?: string;
  readonly dependencies?: unknown;
  readonly protect?: boolean;
  readonly retainOnDelete?: boolean;
  readonly deletedWith?: string;
}

export type Values = Readonly<Record<string, unknown>>;

export interface Diagnostic {
  readonly urn?: string;
  readonly message?: string;
  readonly severity?: string;
}

export function isSet({ oldState, newState }: Step): boolean {
  return (newState ?? oldState)?.type === unitSetType;
}

/** The name of the site in the program, as a URN has it. */
export function siteOf({ urn }: Pick<Step, "urn">): string {
  return nameOf(urn);
}

/** The messages of the diagnostics with this severity, without the severity at their beginning. */
export function saidAs(severity: "error" | "warning", diagnostics: readonly Diagnostic[] = []): string[] {
  return diagnostics
    .filter((one) => one.severity === severity)
    .map(({ message = "" }) => message.replace(new RegExp(`^${severity}: `), "").trim());
}
