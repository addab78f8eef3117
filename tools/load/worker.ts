// The clients of a load, in a separate process: a LoadPlan in JSON on standard input, a LoadReport on standard output.
import { createHash } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { json } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { type Answer, Failed, HttpConnection } from "./connection.ts";
import { type Download, type LoadPlan, type LoadReport, type Tally, faults } from "./report.ts";

const plan = (await json(process.stdin)) as LoadPlan;
const started = performance.now();
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();

const tally = (): Tally => ({
  requests: 0,
  slowestMs: 0,
  p99Ms: 0,
  ...(Object.fromEntries(faults.map((fault) => [fault, 0])) as Record<(typeof faults)[number], number>),
});
const report: LoadReport = {
  seconds: 0,
  bounded: false,
  fresh: tally(),
  kept: { ...tally(), reconnects: 0, retries: 0 },
  downloads: tally(),
  bodies: {},
  examples: [],
  workerDelayMs: 0,
};
const times = new Map<Tally, number[]>([report.fresh, report.kept, report.downloads].map((of) => [of, []]));

let stopping = false;
let requests = 0;
/** Clients that wait for their first answer. */
const waiting = new Set<object>();
const runs = () => !stopping;

/** Counts one request; `exchange` resolves to its time in ms. */
async function counted(
  of: Tally,
  client: object,
  what: string,
  exchange: () => Promise<number>,
): Promise<boolean> {
  of.requests += 1;
  requests += 1;
  const begun = performance.now() - started;
  try {
    const took = await exchange();
    times.get(of)?.push(took);
    return true;
  } catch (thrown) {
    if (!(thrown instanceof Failed)) throw thrown;
    of[thrown.fault] += 1;
    if (report.examples.length < 20)
      report.examples.push(
        `${clock(started + begun)} to ${clock(performance.now())}: ${what}: ${thrown.fault}: ${thrown.message}`,
      );
    return false;
  } finally {
    waiting.delete(client);
  }
}

/** The time of day, as the hosts' journals show it. */
function clock(moment: number): string {
  return new Date(performance.timeOrigin + moment).toISOString().slice(11, 23);
}

const open = (host: string) => HttpConnection.open(host, plan.port, plan.timeoutMs);

function check(path: string, { status, body }: Answer): void {
  const text = body.toString("utf8");
  if (status < 200 || status > 299) throw new Failed("status", body.length, `status ${status}`);
  const match = new RegExp(plan.paths[path] ?? "").exec(text);
  if (!match) throw new Failed("body", body.length, `the body is ${text.slice(0, 60)}`);
  const seen = `${path} ${match[1] ?? match[0]}`;
  report.bodies[seen] = (report.bodies[seen] ?? 0) + 1;
}

async function freshClient(client: object, host: string): Promise<void> {
  const paths = Object.keys(plan.paths);
  for (let turn = 0; runs(); turn += 1) {
    const path = paths[turn % paths.length] ?? "/";
    await counted(report.fresh, client, `fresh ${host} ${path}`, async () => {
      const begun = performance.now();
      const connection = await open(host);
      try {
        check(path, await connection.get(path, plan.timeoutMs, false));
      } finally {
        connection.destroy();
      }
      return performance.now() - begun;
    });
    await sleep(plan.pauseMs);
  }
}

async function keptClient(client: object, host: string): Promise<void> {
  const paths = Object.keys(plan.paths);
  let connection: HttpConnection | undefined;
  for (let turn = 0; runs(); turn += 1) {
    const path = paths[turn % paths.length] ?? "/";
    await counted(report.kept, client, `kept alive ${host} ${path}`, async () => {
      const begun = performance.now();
      if (connection && !connection.isOpen) {
        report.kept.reconnects += 1;
        connection = undefined;
      }
      const reused = connection !== undefined;
      connection ??= await open(host);
      let answer: Answer;
      try {
        answer = await connection.get(path, plan.timeoutMs, true);
      } catch (thrown) {
        connection = undefined;
        const gone = thrown instanceof Failed && ["reset", "closed"].includes(thrown.fault);
        if (!reused || !gone || thrown.received > 0) throw thrown;
        report.kept.retries += 1;
        connection = await open(host);
        answer = await connection.get(path, plan.timeoutMs, true);
      }
      if (!answer.keeps) {
        connection.destroy();
        connection = undefined;
      }
      check(path, answer);
      return performance.now() - begun;
    });
    await sleep(plan.pauseMs);
  }
  connection?.destroy();
}

async function downloadClient(
  client: object,
  host: string,
  { path, bytes, sha256 }: Download,
  wait: number,
): Promise<void> {
  await sleep(wait);
  while (runs()) {
    await counted(report.downloads, client, `download ${host} ${path}`, async () => {
      const begun = performance.now();
      const connection = await open(host);
      // The load has begun when the download flows, not when it ends.
      const flows = setTimeout(() => waiting.delete(client), 500);
      try {
        const { status, body } = await connection.get(path, 60_000, false);
        if (status !== 200) throw new Failed("status", body.length, `status ${status}`);
        const digest = createHash("sha256").update(body).digest("hex");
        if (body.length !== bytes || digest !== sha256)
          throw new Failed("body", body.length, `${body.length} bytes with digest ${digest}`);
      } finally {
        clearTimeout(flows);
        connection.destroy();
      }
      return performance.now() - begun;
    });
    await sleep(plan.pauseMs);
  }
}

const clients = [
  ...Array.from({ length: plan.fresh }, () => freshClient),
  ...Array.from({ length: plan.kept }, () => keptClient),
  ...plan.downloads.flatMap((download) =>
    Array.from(
      { length: download.count },
      (_, index) => (client: object, host: string) => downloadClient(client, host, download, index * 400),
    ),
  ),
].flatMap((run) =>
  plan.hosts.map((host) => {
    const client = {};
    waiting.add(client);
    return run(client, host);
  }),
);

const watch = setInterval(() => {
  if (waiting.size === 0 && !existsSync(join(plan.control, "running")))
    writeFileSync(join(plan.control, "running"), "");
  if (existsSync(join(plan.control, "stop"))) stopping = true;
  if (!stopping && (performance.now() - started > plan.maxSeconds * 1000 || requests >= plan.maxRequests))
    stopping = report.bounded = true;
}, 25);
await Promise.all(clients);
clearInterval(watch);
for (const [of, list] of times) {
  list.sort((left, right) => left - right);
  of.slowestMs = list.at(-1) ?? 0;
  of.p99Ms = list[Math.floor(list.length * 0.99)] ?? 0;
}
report.seconds = (performance.now() - started) / 1000;
report.workerDelayMs = delay.max / 1e6;
process.stdout.write(JSON.stringify(report));
