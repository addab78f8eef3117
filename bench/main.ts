// `make bench`: what a deploy takes, and what a request takes after it.
//
//   node bench/main.ts [--only fleet] [--hosts 10] [--repeats 2] [--write]
//   node bench/main.ts [--only runtime] [--rounds 4] [--seconds 2] [--write]
//
// fleet compares this project with pyinfra, ansible and plain ssh (fleet.ts), runtime nginx behind the systemd socket with
// nginx behind podman's networks (runtime/index.ts). --write keeps the results: bench/results.md, docs/performance.md and
// .svg. Exit status 1: something failed, or this project did not log in as often as is right.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { benchFleet } from "./fleet.ts";
import { load } from "./machine.ts";
import { benchRuntime } from "./runtime/index.ts";

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
// Temporary files of all who run here, the engine's state among them: gone however this process ends.
const work = mkdtempSync(join(tmpdir(), "quadlet-fleet-bench-"));
process.on("exit", () => rmSync(work, { recursive: true, force: true }));
process.env.TMPDIR = work;

try {
  const parts = ["fleet", "runtime"].filter((part) => part === (values.only ?? part));
  if (parts.length === 0) throw new Error(`--only ${values.only}: there are "fleet" and "runtime"`);
  const common = { work, load: load(), write: values.write };
  const options = {
    fleet: { ...common, hosts: count("hosts"), repeats: count("repeats") },
    runtime: { ...common, rounds: count("rounds"), seconds: count("seconds") },
  };
  if (parts.includes("fleet")) await benchFleet(options.fleet);
  if (parts.includes("runtime")) await benchRuntime(options.runtime);
} catch (error) {
  console.error(`bench: ${(error as Error).message}`);
  // Not by itself: others may still be at work.
  process.exit(1);
}

function count(option: "hosts" | "repeats" | "rounds" | "seconds"): number {
  const value = Number(values[option]);
  if (Number.isInteger(value) && value >= 1 && value <= 50) return value;
  throw new Error(`--${option} ${values[option]}: give a whole number from 1 to 50`);
}
