import { createHash } from "node:crypto";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Fleet, TestHost } from "../fleet/index.ts";
import type { Download, LoadPlan, LoadReport } from "./report.ts";

/** What the clients ask for, and how many clients there are. `hosts`, `port` and `paths` are required; the rest has defaults. */
export type LoadOptions = Partial<Omit<LoadPlan, "control">> & Pick<LoadPlan, "hosts" | "port" | "paths">;

/** Where the requests come from. */
type Client = Pick<Fleet, "client">;

export interface Load {
  /** Ends it: requests that are under way are finished, downloads too. */
  stop(): Promise<LoadReport>;
}

/**
 * Sends requests from a fleet's client address, or from another one, until `stop`, with a hard limit on time and on
 * count. When this returns, every client has had its first answer, good or bad.
 *
 * @example
 * const load = await startLoad(fleet, { hosts: [host.address], port: 80, paths: { "/": "Welcome" } });
 * await stack.up();
 * t.diagnostic(line(await load.stop()));
 */
export async function startLoad(from: Client, options: LoadOptions): Promise<Load> {
  const control = await mkdtemp(join(tmpdir(), "quadlet-fleet-load-"));
  const clean = () => rmSync(control, { recursive: true, force: true });
  process.once("exit", clean);
  const plan: LoadPlan = {
    fresh: 8,
    kept: 2,
    downloads: [],
    // 10 clients: some hundred requests a second, so that the machine is not what is measured.
    pauseMs: 10,
    timeoutMs: 30_000,
    maxSeconds: 240,
    maxRequests: 200_000,
    ...options,
    control,
  };
  let ended = false;
  const worker = from
    .client([process.execPath, join(import.meta.dirname, "worker.ts")], {
      input: JSON.stringify(plan),
      timeoutMs: (plan.maxSeconds + 90) * 1000,
      title: "load",
    })
    .finally(() => (ended = true));
  // `stop` reports its failure.
  worker.catch(() => undefined);
  const deadline = Date.now() + 60_000;
  while (!existsSync(join(control, "running")) && !ended) {
    if (Date.now() > deadline) throw new Error("The load has not had all of its first answers within 60 s");
    await sleep(20);
  }
  return {
    async stop() {
      writeFileSync(join(control, "stop"), "");
      const { stdout } = await worker;
      process.off("exit", clean);
      clean();
      return JSON.parse(stdout) as LoadReport;
    },
  };
}

/** Runs a load during an action, and returns the load's report. */
export async function underLoad(
  from: Client,
  options: LoadOptions,
  action: () => Promise<unknown>,
): Promise<LoadReport> {
  const load = await startLoad(from, options);
  try {
    await action();
  } catch (thrown) {
    await load.stop();
    throw thrown;
  }
  return await load.stop();
}

const directory = "/srv/load";
const rate = 100 * 1024;

/** For `volumes`: what {@link serveDownload} has written. */
export const downloadVolume = `${directory}:${directory}:ro`;

/** For a server block: sends each file at 100 KiB/s (nginx.org, limit_rate). */
export const downloadLocation = `location /load/ { root /srv; limit_rate ${rate}; }`;

/** Writes a file that takes this many seconds to download, and describes a complete download of it. */
export async function serveDownload(host: TestHost, seconds: number, count: number): Promise<Download> {
  const content = Buffer.alloc(seconds * rate, "0123456789abcdefghijklmnopqrstuvwxyz\n");
  const name = `${seconds}-seconds`;
  await host.write(`${directory}/${name}`, content);
  const sha256 = createHash("sha256").update(content).digest("hex");
  return { path: `/load/${name}`, bytes: content.length, sha256, count };
}
