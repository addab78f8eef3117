import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { type Server, type Socket, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";

// What counts as an answer to the request after a deploy, with servers that answer like nginx.

const script = join(import.meta.dirname, "../../host/transaction/scripts/request.sh");
const work = mkdtempSync(join(tmpdir(), "request-script-"));
const withoutCurl = join(work, "bin");
mkdirSync(withoutCurl);
for (const tool of ["bash", "cat", "head", "od", "sed", "sh", "tail", "timeout", "tr", "grep"])
  symlinkSync(`/usr/bin/${tool}`, join(withoutCurl, tool));
after(() => {
  rmSync(work, { recursive: true });
});

/** The problem of the answer; "" for none. */
async function problem(port: number, path: string | undefined, status = "", body = ""): Promise<string> {
  writeFileSync(join(work, "probe.0"), `127.0.0.1:${port}\n/\nlocalhost\n${status}\n${body}\n`);
  const text = '. "$0"; work=$1; read_probe 0; answered || echo "$problem"';
  const env = { PATH: path ?? process.env.PATH };
  const { stdout } = await promisify(execFile)("/bin/sh", ["-c", text, script, work], { env });
  return stdout.trim();
}

/** The first bytes that nginx 1.22.1 sends with `listen 80 http2`, whatever the request is: a SETTINGS frame. */
const settings = "000012040000000000000300000080000400010000000500ffffff";
const says = (answer: string | Buffer) => (client: Socket) => {
  client.on("error", () => undefined);
  client.once("data", () => client.end(answer));
};

for (const [by, path] of [
  ["curl", undefined],
  ["bash", withoutCurl],
] as const)
  describe(`asked by ${by}`, () => {
    const answers: Record<string, string | Buffer> = {
      page: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
      error: "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
      http2: Buffer.from(settings, "hex"),
      noise: "SSH-2.0-OpenSSH_9.2\r\n",
    };
    const servers = new Map<string, Server>();
    const port = (name: string) => (servers.get(name)?.address() as { port: number }).port;
    before(async () => {
      for (const [name, answer] of Object.entries(answers)) {
        const server = createServer(says(answer));
        servers.set(name, server);
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      }
    });
    after(() => {
      for (const server of servers.values()) server.close();
    });

    test("a page is an answer, with its status and body", async () => {
      assert.equal(await problem(port("page"), path), "");
      assert.equal(await problem(port("page"), path, "200", "hello"), "");
      assert.equal(await problem(port("page"), path, "204"), "it answered 200");
    });

    test("an error of the server is none", async () => {
      assert.equal(await problem(port("error"), path), "it answered 502");
    });

    test("where only HTTP/2 is spoken, that is an answer, whatever is wanted", async () => {
      assert.equal(await problem(port("http2"), path), "");
      assert.equal(await problem(port("http2"), path, "200", "hello"), "");
    });

    test("another protocol is no answer", async () => {
      assert.equal(await problem(port("noise"), path), "its answer is not HTTP");
    });
  });
