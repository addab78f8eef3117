// `make bench`: measures how long a deploy takes, and a request after it. --only runs one part.
//
//   node bench/main.ts [--only fleet] [--hosts 10] [--repeats 2] [--write]
//   node bench/main.ts [--only distance] [--hosts 10] [--repeats 2] [--write]
//   node bench/main.ts [--only sites] [--repeats 2] [--write]
//   node bench/main.ts [--only steps] [--repeats 2] [--write]
//   node bench/main.ts [--only rollout] [--hosts 50] [--write]
//   node bench/main.ts [--only kills] [--hosts 10] [--write]
//   node bench/main.ts [--only dead] [--hosts 100] [--write]
//   node bench/main.ts [--only day-two] [--hosts 50] [--write]
//   node bench/main.ts [--only thousand] [--write]
//   node bench/main.ts [--only state] [--repeats 2] [--write]
//   node bench/main.ts [--only shards] [--repeats 2] [--write]
//   node bench/main.ts [--only runtime] [--rounds 4] [--seconds 2] [--write]
//
// fleet compares this project with pyinfra, ansible and plain ssh (fleet.ts), distance does it over a long line, sites compares
// twenty sites of a host with one, steps says what each step of a transaction costs the host, rollout tries a site on many hosts
// with failures, kills ends its coordinator at random moments, dead has hosts that can't be reached, day-two asks a fleet and
// rolls it back, thousand previews a thousand hosts, state has it in files, S3 and PostgreSQL, shards says what a stack costs by its
// number of hosts, runtime compares nginx behind the systemd socket with nginx behind podman's networks (runtime/index.ts).
// --write keeps the results: bench/results.md, docs/performance.md and .svg. Exit status 1: something failed, or the number of
// logins of this project was wrong.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { leaveController } from "./controller.ts";
import { benchDistance, benchFleet } from "./fleet.ts";
import { load } from "./machine.ts";
import type { Part } from "./part.ts";
import { keep } from "./results.ts";
import { benchRuntime } from "./runtime/index.ts";
import { benchDayTwo } from "./rollout/day-two.ts";
import { benchDead } from "./rollout/dead.ts";
import { benchKills } from "./rollout/kills.ts";
import { benchRollout } from "./rollout/index.ts";
import { benchShards } from "./shards.ts";
import { benchSites } from "./sites/index.ts";
import { benchState } from "./state.ts";
import { benchSteps } from "./steps/index.ts";
import { benchThousand } from "./thousand.ts";

const deploys = {
  fleet: benchFleet,
  distance: benchDistance,
  sites: benchSites,
  steps: benchSteps,
  rollout: benchRollout,
  kills: benchKills,
  dead: benchDead,
  "day-two": benchDayTwo,
  thousand: benchThousand,
  state: benchState,
  shards: benchShards,
} satisfies Record<string, Part>;

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    hosts: { type: "string", default: "10" },
    repeats: { type: "string", default: "2" },
    rounds: { type: "string", default: "4" },
    seconds: { type: "string", default: "2" },
    write: { type: "boolean", default: false },
  },
});
// Temporary files of all programs that run here, the engine's state among them. They are removed however this process ends.
const work = mkdtempSync(join(tmpdir(), "quadlet-fleet-bench-"));
process.on("exit", () => rmSync(work, { recursive: true, force: true }));
process.on("exit", leaveController);
process.env.TMPDIR = work;

try {
  const names = [...Object.keys(deploys), "runtime"];
  const parts = names.filter((part) => part === (values.only ?? part));
  if (parts.length === 0) throw new Error(`--only ${values.only}: there are ${names.join(", ")}`);
  const { write } = values;
  const before = load();
  const deploy = { load: before, hosts: count("hosts"), repeats: count("repeats") };
  const runtime = { load: before, work, write, rounds: count("rounds"), seconds: count("seconds") };
  const problems: string[] = [];
  for (const [name, part] of Object.entries(deploys)) {
    if (!parts.includes(name)) continue;
    const own = join(work, name);
    mkdirSync(own);
    const results = await part({ ...deploy, work: own });
    console.log(results.section);
    if (write) keep(results.section);
    problems.push(...results.problems.map((problem) => `${name}: ${problem}`));
  }
  if (parts.includes("runtime")) await benchRuntime(runtime);
  if (problems.length > 0) throw new Error(problems.join("\n"));
} catch (error) {
  console.error(`bench: ${(error as Error).message}`);
  // Without waiting for its end: other commands may still be at work.
  process.exit(1);
}

function count(option: "hosts" | "repeats" | "rounds" | "seconds"): number {
  const value = Number(values[option]);
  if (Number.isInteger(value) && value >= 1 && value <= 200) return value;
  throw new Error(`--${option} ${values[option]}: give a whole number from 1 to 200`);
}
