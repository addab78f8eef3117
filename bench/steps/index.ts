import { Pool } from "../../host/ssh/pool.ts";
import { type Before, apply } from "../../provider/operations.ts";
import { newRun } from "../../provider/rollout.ts";
import { Survey } from "../../provider/survey.ts";
import type { WireObject } from "../../provider/wire.ts";
import { example2, hostEntry } from "../../test/hosts/support/stack.ts";
import { register } from "../../test/unit/registered.ts";
import { type Fleet, type TestHost, createFleet } from "../../tools/fleet/index.ts";
import { type Wanted, clean, configuration, expectPage, images, name, urls, warm } from "../job.ts";
import { describeMachine, hostVersions } from "../machine.ts";
import type { Part } from "../part.ts";
import { cgroupOf, processorTime } from "../processor-time.ts";
import { type StepTime, stepsReport } from "./report.ts";

const [image, other] = images;
/** The changes, one after the other, from an empty host. */
const changes = [
  ["first up", { page: "one", image }],
  ["one-file change", { page: "two", image }],
  ["image change", { page: "two", image: other }],
] as const;

const urn = `urn:pulumi:bench::quadlet-fleet::quadlet:index:UnitSet::${name}`;

/**
 * What each step of a transaction costs on the host. The plugin's operations run in this process, so that it can read the host's
 * cgroup at each word of the script. A plugin's own status lines come only once a second.
 */
export const benchSteps: Part = async ({ repeats, load }) => {
  await using fleet = await createFleet({ name: "bench", hosts: 1 });
  const [host] = fleet.hosts as [TestHost];
  await warm(fleet);
  const measured: StepTime[][] = [];
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    const steps: StepTime[] = [];
    let before: Before | undefined;
    for (const [kind, wanted] of changes) {
      const inputs = await inputsOf(fleet, host, wanted);
      const clock = new Clock(host);
      before = await withContext(clock, (context) => apply(context, urn, before, inputs));
      steps.push(...clock.end().map((step) => ({ kind, ...step })));
      console.error(`bench: the steps of: ${kind}`);
      await expectPage(fleet, urls(fleet), wanted.page);
    }
    measured.push(steps);
    await clean(fleet);
  }
  const versions = await hostVersions(host, ["podman", "--version"], ["systemctl", "--version"]);
  const machine = describeMachine(load, [`node ${process.version}`, ...versions]);
  return { section: stepsReport(measured, machine), problems: [] };
};

/** The inputs that the component registers with the engine. */
async function inputsOf(fleet: Fleet, host: TestHost, { page, image }: Wanted): Promise<WireObject> {
  const { listen, network } = example2;
  const connection = { ...hostEntry(fleet, host), address: host.address };
  const nginx = { "default.conf": configuration(page) };
  const args = { manager: "system", image, listen, network, nginx, connection } as const;
  const { resources } = await register(name, { kind: "site", args });
  const set = resources.find(({ type }) => type === "quadlet:index:UnitSet");
  if (!set) throw new Error("the component has no UnitSet");
  return set.inputs;
}

const never = new AbortController().signal;

/** Runs an operation as a separate `up` does: it logs in. */
async function withContext<T>(
  clock: Clock,
  use: (context: Parameters<typeof apply>[0]) => Promise<T>,
): Promise<T> {
  const pool = new Pool();
  const progress = { doing: (says: string) => clock.next(says), note: () => {} };
  try {
    const run = newRun({ cancel: never, gone: never });
    return await use({ pool, connection: {}, progress, warn: () => {}, survey: new Survey(), run });
  } finally {
    await pool.close();
  }
}

/** Reads the host's processor time where one step ends and the next begins. */
class Clock {
  readonly #cgroup: string;
  readonly #steps: Omit<StepTime, "kind">[] = [];
  #step = "";
  #cpu = NaN;
  #time = NaN;

  constructor(host: TestHost) {
    this.#cgroup = cgroupOf(host);
  }

  next(step: string): void {
    const [cpu, time] = [processorTime(this.#cgroup) / 1000, performance.now()];
    if (this.#step) this.#steps.push({ step: this.#step, cpu: cpu - this.#cpu, time: time - this.#time });
    [this.#step, this.#cpu, this.#time] = [step, cpu, time];
  }

  end(): readonly Omit<StepTime, "kind">[] {
    this.next("");
    return this.#steps;
  }
}
