import type { Connection, HostException, UnitSetInputs } from "../../resources/contract.ts";
import type { Desired } from "../../host/desired.ts";
import type { Pool } from "../../host/ssh/pool.ts";
import type { Progress } from "../../host/transaction/progress.ts";
import { unfold } from "../../rollout/fold.ts";
import { type Known, nothingKnown } from "../fleet.ts";
import type { Run } from "../rollout.ts";
import { desiredState, secretPaths } from "../state.ts";
import type { Survey } from "../survey.ts";
import type { State } from "../unfinished.ts";
import { waysOf } from "../where.ts";
import { versionText } from "../version.ts";
import { type Wire, type WireObject, isObject, reveal, revealObject } from "../wire.ts";

/** What an operation needs besides its inputs. */
export interface Context {
  pool: Pool;
  /** Overrides the connections of the inputs: the provider's configuration (an old state may have old keys) and customTimeouts. */
  connection: Partial<Connection>;
  progress: Progress;
  /** Prints a warning beside the resource and among the diagnostics at the end. */
  warn: (says: string) => void;
  survey: Survey;
  run: Run;
}

/** The inputs and outputs of the last operation, from the engine. */
export type Before = Pick<State, "inputs" | "properties">;

/** What a host should have according to the inputs. */
export function desiredOf(wire: WireObject, owner: string): Desired {
  const desired = desiredState(revealObject(wire) as unknown as UnitSetInputs, owner);
  return { ...desired, secrets: secretPaths(desired, wire), version: versionText(wire) };
}

/** What the state says about the last operation. */
export interface Earlier {
  /** The content that the hosts have since then. */
  desired: Desired | undefined;
  known: Known;
}

export const nothingEarlier: Earlier = { desired: undefined, known: nothingKnown };

export function lastOperation({ inputs, properties }: Before, urn: string): Earlier {
  const { owner } = revealObject(properties);
  return {
    desired: { ...desiredOf(properties, urn), formerOwners: typeof owner === "string" ? [owner] : [] },
    known: {
      ways: { ...waysOf(inputs.hosts), ...waysOf(properties.others) },
      where: mapOf<string>(properties.where),
      exceptions: mapOf<HostException>(properties.exceptions),
      drift: unfolded(mapOf<string>(properties.drift)),
    },
  };
}

/** In the outputs, hosts with the same difference share one entry. */
function unfolded(drift: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(drift).flatMap(([names, what]) => unfold(names).map((name) => [name, what])),
  );
}

function mapOf<T>(value: Wire | undefined): Record<string, T> {
  const plain = reveal(value);
  return isObject(plain) ? plain : {};
}
