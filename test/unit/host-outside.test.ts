import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { after, describe, test } from "node:test";
import type { Probe } from "../../host/desired.ts";
import { OutsideChecked, patience } from "../../host/hooks/outside.ts";
import type { Member, Reverted } from "../../rollout/member.ts";

const server = http.createServer((request, answer) => {
  answer.statusCode = request.url === "/broken" ? 503 : 200;
  answer.end(`hello ${request.headers.host}`);
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
after(() => server.close());
const { port } = server.address() as AddressInfo;
Object.assign(patience, { all: 20, pause: 5 });

function scene(change: Partial<Probe> = {}, reverted: Reverted = { kind: "reverted" }) {
  const log: string[] = [];
  const inner = {
    activate: () => Promise.resolve({ kind: "held" }),
    watch: () => Promise.resolve({ kind: "healthy" }),
    revert: () => Promise.resolve(log.push("revert")).then(() => reverted),
  } as unknown as Member;
  const probe = { listen: `0.0.0.0:${port}`, path: "/", hostName: "a.example", ...change };
  return { member: new OutsideChecked(inner, "127.0.0.1", [probe]), log };
}

describe("a page that is asked for from this machine", () => {
  test("and answers: nothing else happens", async () => {
    const { member, log } = scene({ status: 200, body: "hello a.example" });
    assert.deepEqual(await member.activate(), { kind: "held" });
    assert.deepEqual(await member.watch(0), { kind: "healthy" });
    assert.deepEqual(log, []);
  });

  for (const [what, change, why] of [
    ["another status", { status: 204 }, "/ answers 200, not 204"],
    ["a failure", { path: "/broken" }, "/broken answers 503, not below 500"],
    ["another body", { body: "bye" }, '/ answers without "bye" in it'],
  ] as const)
    test(`and answers with ${what}: the host goes back`, async () => {
      const { member, log } = scene(change);
      const problem = `from outside, 127.0.0.1:${port}${why}`;
      assert.deepEqual(await member.activate(), { kind: "failed", why: problem, now: "back" });
      assert.deepEqual(log, ["revert"]);
      assert.deepEqual(await member.watch(0), { kind: "unhealthy", why: problem });
    });

  test("and the host can't go back: both reasons are said", async () => {
    const { member } = scene({ status: 204 }, { kind: "stuck", why: "no room on /etc" });
    const why = `from outside, 127.0.0.1:${port}/ answers 200, not 204\nno room on /etc`;
    assert.deepEqual(await member.activate(), { kind: "failed", why, now: "stuck" });
  });

  test("and does not answer", async () => {
    const { member } = scene({ listen: "0.0.0.0:1" });
    const answer = await member.activate();
    assert.match(
      answer.kind === "failed" ? answer.why : "",
      /^from outside, 127\.0\.0\.1:1\/ gives no answer: .*ECONNREFUSED/,
    );
  });

  test("of a Unix socket, which no other machine can ask", async () => {
    const { member } = scene({ listen: "/run/web.sock", status: 418 });
    assert.deepEqual(await member.activate(), { kind: "held" });
  });
});
