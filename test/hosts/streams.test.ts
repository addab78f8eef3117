import assert from "node:assert/strict";
import { type Socket, connect } from "node:net";
import { before, test } from "node:test";
import { openScene } from "./support/scene.ts";
import { example4, image } from "./support/stack.ts";

// Connections with more than one answer: a reverse proxy passes on everything as it comes, in both directions.

const scene = await openScene("streams");
const { host, stack } = scene;

/** A small web server: it accepts any upgrade and then repeats what it hears; otherwise it sends three words, one at a time. */
const server = `#!/bin/sh
if [ "$1" != answer ]; then exec nc -ll -p 80 -e "$0" answer; fi
upgrade=
while read -r line; do
  case $line in [Uu]pgrade:*) upgrade=yes ;; esac
  [ "\${#line}" -gt 1 ] || break
done
if [ -n "$upgrade" ]; then
  printf 'HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n\\r\\n'
  exec cat
fi
printf 'HTTP/1.1 200 OK\\r\\nContent-Type: text/event-stream\\r\\nConnection: close\\r\\n\\r\\n'
for word in one two three; do printf 'data: %s\\n\\n' "$word"; sleep 1; done
`;

before(async () => {
  await host.write("/srv/server", server, { mode: "0755" });
  const talks = {
    image,
    serverName: "talks.example.com",
    port: 80,
    volumes: ["/srv/server:/docker-entrypoint.sh:ro"],
  };
  scene.configure({ proxies: { example4: { ...example4, backends: { talks } } } });
  await stack.up();
});

/** Sends a request on a connection, and collects everything that comes back. */
function ask(headers: readonly string[]): { socket: Socket; seen: { at: number; text: string }[] } {
  const seen: { at: number; text: string }[] = [];
  const socket = connect({ host: host.address, port: 82 });
  socket.on("data", (data) => seen.push({ at: performance.now(), text: data.toString("latin1") }));
  socket.write(["GET / HTTP/1.1", "Host: talks.example.com", ...headers, "", ""].join("\r\n"));
  return { socket, seen };
}

async function until(true_: () => boolean, what: () => string): Promise<void> {
  for (const end = performance.now() + 60_000; !true_();) {
    assert.ok(performance.now() < end, what());
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test("a WebSocket: the upgrade, and then what each side says", async () => {
  const { socket, seen } = ask([
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ]);
  const text = () => seen.map((one) => one.text).join("");
  await until(() => text().includes("\r\n\r\n"), text);
  assert.match(text(), /^HTTP\/1\.1 101 /);
  for (const word of ["hello", "\x00\xff", "again"]) {
    seen.length = 0;
    socket.write(word, "latin1");
    await until(() => text() === word, text);
  }
  socket.destroy();
});

test("another upgrade is none: the backend is not asked for it, though it would take it", async () => {
  const { socket, seen } = ask([
    "Connection: Upgrade, HTTP2-Settings",
    "Upgrade: h2c",
    "HTTP2-Settings: AAMAAABk",
  ]);
  const text = () => seen.map((one) => one.text).join("");
  await until(() => text().includes("\r\n\r\n"), text);
  assert.match(text(), /^HTTP\/1\.1 200 /);
  socket.destroy();
});

test("server-sent events: each when it is sent, not when the last one is", async (t) => {
  const { socket, seen } = ask(["Connection: close"]);
  await new Promise((resolve) => socket.once("close", resolve));
  const at = (word: string) => seen.find(({ text }) => text.includes(`data: ${word}`))?.at ?? NaN;
  const gaps = [at("two") - at("one"), at("three") - at("two")];
  t.diagnostic(`milliseconds between them: ${gaps.map(Math.round).join(", ")}`);
  // Any gap counts: if the proxy kept the words until the last one, all would arrive at the same time.
  for (const gap of gaps) assert.ok(gap > 0, `${gap} ms: they came together`);
});
