import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, type Server, type Socket, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { execute } from "../../tools/execute.ts";
import { type LoadPlan, type LoadReport, failed, failures, line } from "../../tools/load/report.ts";

// The load of the host tests counts failures: for each kind, a server here causes it.

let server: Server;
const control = mkdtempSync(join(tmpdir(), "quadlet-fleet-load-unit-"));
const answer = (text: string, status = "200 OK", length = text.length) =>
  `HTTP/1.1 ${status}\r\nContent-Length: ${length}\r\n\r\n${text}`;

/** By path; `turn` counts a connection's requests from 1. */
const behaviours: Record<string, (socket: Socket, turn: number) => void> = {
  "/right": (socket) => socket.write(answer("right")),
  "/status": (socket) => socket.write(answer("right", "503 Service Unavailable")),
  "/body": (socket) => socket.write(answer("wrong")),
  "/cut": (socket) => socket.end(answer("right", "200 OK", 100)),
  "/closed": (socket) => socket.end(),
  "/reset": (socket) => socket.resetAndDestroy(),
  "/timeout": () => undefined,
  // A server may do this: close an idle connection, or one on which the next request is already on its way.
  "/idle": (socket) => socket.end(answer("right")),
  "/once": (socket, turn) => (turn === 1 ? socket.write(answer("right")) : socket.end()),
};

before(async () => {
  server = createServer((socket) => {
    let turn = 0;
    socket.on("error", () => undefined);
    socket.on("data", (request) => {
      const path = /^GET (\S+) /.exec(request.toString())?.[1] ?? "";
      behaviours[path]?.(socket, (turn += 1));
    });
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
});

after(() => {
  server.close();
  rmSync(control, { recursive: true });
});

async function load(path: string, change: Partial<LoadPlan>): Promise<LoadReport> {
  const plan: LoadPlan = {
    hosts: ["127.0.0.1"],
    port: (server.address() as AddressInfo).port,
    paths: { [path]: "^right$" },
    fresh: 0,
    kept: 0,
    downloads: [],
    pauseMs: 5,
    // A long limit, except where there is no answer.
    timeoutMs: path === "/timeout" ? 100 : 60_000,
    maxSeconds: 60,
    maxRequests: 4,
    control,
    ...change,
  };
  const worker = join(import.meta.dirname, "../../tools/load/worker.ts");
  const { stdout } = await execute([process.execPath, worker], { input: JSON.stringify(plan) });
  return JSON.parse(stdout) as LoadReport;
}

for (const fault of ["status", "body", "cut", "closed", "reset", "timeout"] as const) {
  test(`every request ends in "${fault}"`, async () => {
    const report = await load(`/${fault}`, { fresh: 1, kept: 1 });
    for (const tally of [report.fresh, report.kept]) {
      assert.ok(tally.requests > 0, line(report));
      assert.equal(tally[fault], tally.requests, line(report));
      assert.equal(failed(tally), tally.requests, line(report));
    }
    assert.match(report.examples[0] ?? "", new RegExp(`: ${fault}: `));
    assert.match(
      line(report),
      new RegExp(`${report.fresh.requests} failed \\(${report.fresh.requests} ${fault}\\)`),
    );
  });
}

test("nobody listens: refused", async () => {
  const report = await load("/right", { fresh: 1, port: 1 });
  assert.equal(report.fresh.refused, report.fresh.requests);
});

test("each host is asked by all clients: one of two refuses", async () => {
  const report = await load("/right", { hosts: ["127.0.0.1", "127.0.0.2"], fresh: 1, maxRequests: 10 });
  assert.ok(report.fresh.refused > 0 && report.fresh.refused < report.fresh.requests, line(report));
  assert.match(report.examples[0] ?? "", /fresh 127\.0\.0\.2 /);
});

test("nothing fails: nothing is counted", async () => {
  const report = await load("/right", { fresh: 2, kept: 2, maxRequests: 40 });
  assert.equal(failures(report), 0, line(report));
  assert.ok(report.fresh.requests > 0 && report.kept.requests > 0);
  assert.equal(report.kept.reconnects + report.kept.retries, 0);
  assert.equal(report.bodies["/right right"], report.fresh.requests + report.kept.requests);
  assert.equal(report.bounded, true);
});

test("a connection that is closed while it idles is no failure, and is counted", async () => {
  const report = await load("/idle", { kept: 1 });
  assert.equal(failures(report), 0, line(report));
  assert.equal(report.kept.reconnects, report.kept.requests - 1);
  assert.equal(report.kept.retries, 0);
});

test("a request without any answer on a reused connection is sent once more, and is counted", async () => {
  const report = await load("/once", { kept: 1 });
  assert.equal(failures(report), 0, line(report));
  assert.ok(report.kept.retries > 0, line(report));
});

test("a download that is cut, or whose bytes are others", async () => {
  const download = { bytes: 5, sha256: "0".repeat(64), count: 1 };
  const cut = await load("/cut", { downloads: [{ ...download, path: "/cut" }] });
  assert.equal(cut.downloads.cut, cut.downloads.requests);
  const other = await load("/right", { downloads: [{ ...download, path: "/right" }] });
  assert.equal(other.downloads.body, other.downloads.requests);
});
