import assert from "node:assert/strict";
import { get as request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type TestContext, before, test } from "node:test";
import { openScene } from "./support/scene.ts";
import { example1, example2, example3, example4, failedUnits, image } from "./support/stack.ts";

// Power losses while requests come ten times a second: every connection that is accepted after a boot gets an answer, from each of the
// four examples, and from a proxy without any network whose units are all in the account's manager (the reference's Examples 5 to 7).
// QUADLET_FLEET_POWER_LOSSES is the number of power losses.

const losses = Number(process.env.QUADLET_FLEET_POWER_LOSSES ?? "10");
const targets = [
  { example: "example1", port: 8080, name: "localhost" },
  { example: "example2", port: 80, name: "localhost" },
  { example: "example3", port: 81, name: "localhost" },
  { example: "example4", port: 82, name: "apache.example.com" },
  { example: "example4", port: 82, name: "caddy.example.com" },
  { example: "example6", port: 8086, name: "pages.example.com" },
  { example: "example6", port: 8086, name: "own.example.com" },
];
const example6 = {
  ...example4,
  manager: "user",
  listen: ["0.0.0.0:8086"],
  network: undefined,
  backends: {
    pages: { image, serverName: "pages.example.com", transport: "unix", nginx: {} },
    own: {
      image,
      serverName: "own.example.com",
      transport: "unix",
      volumes: ["/srv/own:/etc/nginx/conf.d:ro"],
    },
  },
};

const scene = await openScene("boot");
const { host, stack } = scene;

before(async () => {
  const own = "server { listen unix:/run/backend/http.sock; location / { return 200 own; } }\n";
  await host.write("/srv/own/default.conf", own);
  scene.configure({ sites: { example1, example2, example3 }, proxies: { example4, example6 } });
  await stack.up();
});

interface Answer {
  /** Milliseconds from the beginning of the load to the beginning of the request. */
  at: number;
  took: number;
  /** When the host accepted the connection, if it did. A request waits while the host is down. */
  accepted: number | undefined;
  /** The status of the answer, or the error. */
  outcome: number | string;
}

/** One request on its own connection. It gives up only after five minutes without an answer. */
function ask(port: number, name: string, began: number): Promise<Answer> {
  const at = performance.now() - began;
  let accepted: number | undefined;
  return new Promise((resolve) => {
    const done = (outcome: number | string) =>
      resolve({ at, took: performance.now() - began - at, accepted, outcome });
    const options = { host: host.address, port, headers: { host: name }, agent: false, timeout: 300_000 };
    const sent = request(options, (response) => {
      response.resume();
      response.on("end", () => done(response.statusCode ?? 0));
      response.on("error", (error) => done(error.message));
    });
    sent.on("socket", (socket) => socket.on("connect", () => (accepted = performance.now() - began)));
    sent.on("timeout", () => sent.destroy(new Error("no answer")));
    sent.on("error", (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
  });
}

/** Sends ten requests a second to each target, and `after` more once `use` has ended. Returns the answers in the order of the requests. */
async function load(use: Promise<unknown>, after: number): Promise<Answer[][]> {
  const began = performance.now();
  const asked = targets.map((): Promise<Answer>[] => []);
  let rest = Infinity;
  void use.finally(() => (rest = after)).catch(() => undefined);
  for (; rest > 0; rest -= 1) {
    targets.forEach(({ port, name }, index) => asked[index]?.push(ask(port, name, began)));
    await sleep(100);
  }
  await use;
  return Promise.all(asked.map((requests) => Promise.all(requests)));
}

/** The journal of this boot. */
async function journal(): Promise<string> {
  return (await host.run(["journalctl", "--boot", "--no-pager", "--output=short-precise"])).stdout;
}

test("the load sees a fault: a port that nobody listens on, and a name that no backend has", async () => {
  const began = performance.now();
  const refused = await ask(83, "localhost", began);
  assert.deepEqual([refused.accepted, refused.outcome], [undefined, "ECONNREFUSED"]);
  const other = await ask(82, "other.example.com", began);
  assert.deepEqual([typeof other.accepted, other.outcome], ["number", 404]);
});

for (let loss = 1; loss <= losses; loss += 1) {
  test(`power loss ${loss}: from the first accepted connection on, each request gets its 200`, async (t: TestContext) => {
    await host.powerLoss();
    const answers = await load(host.boot(), 20);
    for (const [index, { example, name }] of targets.entries()) {
      const all = answers[index] ?? [];
      const first = Math.min(...all.map(({ accepted }) => accepted ?? Infinity));
      assert.ok(Number.isFinite(first), `${example}: no connection was accepted`);
      const served = all.filter(({ at, accepted }) => at >= first || accepted !== undefined);
      const bad = served.filter(({ outcome }) => outcome !== 200);
      if (bad.length > 0) t.diagnostic(await journal());
      assert.deepEqual(bad, [], `${example}, ${name}: ${bad.length} of ${served.length}`);
      const slowest = Math.max(...served.map(({ took }) => took));
      t.diagnostic(
        `${example} ${name}: ${served.length} of ${served.length}, after ${all.length - served.length} refused; first accepted ${(first / 1000).toFixed(1)} s after the power loss, slowest ${(slowest / 1000).toFixed(2)} s`,
      );
    }
    assert.deepEqual(await failedUnits(host), []);
  });
}

test("after all of them nothing is left to do", async () => {
  await stack.expectNoChanges();
  const { stdout } = await stack.run(["refresh", "--yes", "--diff", "--expect-no-changes"]);
  assert.match(stdout, /11 unchanged/);
});
