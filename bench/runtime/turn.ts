import assert from "node:assert/strict";
import { cpus } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Fleet, TestHost } from "../../tools/fleet/index.ts";
import { cgroupOf, processorTime } from "../processor-time.ts";
import { type Shape, isMeasured } from "./shapes.ts";
import { type Kind, kinds, largeBytes } from "./site.ts";
import { type WrkResult, parseWrk, wrkCommand } from "./wrk.ts";

/** One load on one shape. */
export interface Measurement extends WrkResult {
  readonly shape: string;
  readonly kind: string;
  /** Microseconds of processor time on the host for each request: all its processes, and what the kernel does for them. */
  readonly cpu: number;
  /** The part of it that systemd-journald used. */
  readonly journal: number;
}

export const connections = 32;

/** Half of the processors, so that not only the load generator runs. */
export const threads = Math.max(1, Math.floor(cpus().length / 2));

/** Limits how much the ended connections of one turn slow down the next one, and keeps client ports free for new connections. */
export async function limitTimeWait(fleet: Fleet, host: TestHost): Promise<void> {
  const limit = ["tee", "/proc/sys/net/ipv4/tcp_max_tw_buckets"];
  await fleet.client(limit, { input: "2000" });
  await host.run(limit, { input: "2000" });
}

/** Starts a shape, measures each kind of load on it, and ends it. */
export async function turn(fleet: Fleet, host: TestHost, shape: Shape, seconds: number) {
  await systemctl(host, shape, "start", shape.start);
  await expectAnswers(fleet, host, shape);
  const measurements: Measurement[] = [];
  for (const kind of kinds.filter((one) => isMeasured(shape, one)))
    measurements.push(await measure(fleet, host, shape, kind, seconds));
  await systemctl(host, shape, "stop", shape.stop);
  // netavark leaves its chains, and with them connection tracking for all following turns.
  if (shape.network === "podman") await host.run(["nft", "delete", "table", "inet", "netavark"]);
  return measurements;
}

export async function systemctl(
  host: TestHost,
  { account }: Shape,
  verb: string,
  units: readonly string[],
): Promise<void> {
  const manager = account === "root" ? [] : ["--user"];
  await host.run(["systemctl", ...manager, verb, ...units], { user: account });
}

async function measure(fleet: Fleet, host: TestHost, shape: Shape, kind: Kind, seconds: number) {
  const url = `http://${host.address}:${shape.port}${kind.path}`;
  const cgroup = cgroupOf(host);
  const journald = join(cgroup, "payload/system.slice/systemd-journald.service");
  const before = [cgroup, journald].map(processorTime);
  const { stdout } = await fleet.client(
    wrkCommand({ url, threads, connections, seconds, fresh: kind.fresh }),
  );
  const result = parseWrk(stdout);
  const [cpu = NaN, journal = NaN] = [cgroup, journald].map(
    (one, at) => (processorTime(one) - (before[at] ?? NaN)) / result.requests,
  );
  return { shape: shape.name, kind: kind.name, ...result, cpu, journal };
}

/** Waits until the shape serves the same files as all others. */
async function expectAnswers(fleet: Fleet, host: TestHost, shape: Shape): Promise<void> {
  const urls = kinds.map(({ path }) => `http://${host.address}:${shape.port}${path}`);
  const write = ["--output", "/dev/null", "--write-out", "%{http_code} %{size_download}\n"];
  const page = (await host.run(["stat", "--format=%s", "/home/site/index.html"])).stdout.trim();
  const wanted = kinds.map(({ path }) => `200 ${path === "/large" ? largeBytes : page}`).join("\n");
  for (let tries = 50; ; tries -= 1) {
    const argv = ["curl", "--silent", "--max-time", "5"];
    const { stdout } = await fleet.client([...argv, ...urls.flatMap((url) => [...write, url])], {
      check: false,
    });
    if (stdout.trim() === wanted) return;
    assert(tries > 0, `${shape.name} does not serve what all serve:\n${stdout}`);
    await sleep(100);
  }
}
