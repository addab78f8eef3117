import { unfold } from "../../rollout/fold.ts";
import { type Digest, type Step, isSet, saidAs, siteOf } from "../engine-json.ts";

/** One difference from what was deployed, and the hosts that have it. */
interface Difference {
  /** The name of the site in the program. */
  readonly site: string;
  /** "edited: /etc/containers/systemd/www.container" */
  readonly what: string;
  readonly hosts: readonly string[];
}

export interface Looked {
  readonly differences: readonly Difference[];
  /** What made the refresh fail. */
  readonly errors: readonly string[];
}

/** Reads what a refresh found. Pure. */
export function readRefresh(text: string): Looked {
  const { steps = [], diagnostics } = JSON.parse(text) as Digest;
  const errors = saidAs("error", diagnostics)
    .map((message) => message.replace(/^Preview failed: /, ""))
    // This message only repeats the others in general.
    .filter((message, _, all) => message !== "preview failed" || all.length === 1);
  return { differences: steps.filter(isSet).flatMap(differencesOf), errors };
}

function differencesOf(step: Step): Difference[] {
  const { op, oldState, newState } = step;
  const site = siteOf(step);
  if (op === "delete")
    return [{ site, what: "nothing of it is left", hosts: Object.keys(oldState?.inputs?.where ?? {}) }];
  const { drift, pending, unseen } = newState?.outputs ?? {};
  const drifted = Object.entries(typeof drift === "object" && drift !== null ? drift : {});
  return [
    ...drifted.flatMap(([hosts, line]) =>
      findingsIn(String(line)).map((what) => ({ site, what, hosts: unfold(hosts) })),
    ),
    // The texts of both name their hosts.
    ...(typeof pending === "string" ? [{ site, what: `pending: ${pending}`, hosts: [] }] : []),
    ...(typeof unseen === "string" ? [{ site, what: `not seen: ${unseen}`, hosts: [] }] : []),
  ];
}

/** Consequences of an edited file, which are not reported together with that file. */
const consequences = ["systemd has read an older version", "runs with older files"];

/** The parts of a note from provider/notes.ts: "edited: /etc/a, /etc/b; and 12 more". */
function findingsIn(note: string): string[] {
  const groups = note.split("; ");
  const isEdited = groups.some((group) => group.startsWith("edited: "));
  return groups.flatMap((group) => {
    const at = group.indexOf(": ");
    if (at === -1) return [group];
    const what = group.slice(0, at);
    if (isEdited && consequences.includes(what)) return [];
    return group
      .slice(at + 2)
      .split(", ")
      .map((where) => `${what}: ${where}`);
  });
}
