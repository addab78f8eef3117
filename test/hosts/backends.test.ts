import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { cacheDirectory } from "../../tools/cache.ts";
import { pulumi } from "../../tools/engine.ts";
import { execute } from "../../tools/execute.ts";
import { createFleet } from "../../tools/fleet/index.ts";
import { type Backend, keys, postgres, s3 } from "./support/backends.ts";
import { quadletFleet } from "./support/command-line.ts";
import { killEngine } from "./support/engine.ts";
import { hold } from "./support/hold.ts";
import { type Stack, example2, get, hostEntry, makeStack } from "./support/stack.ts";

// docs/state.md: the same cases with the state in files, in S3 and in PostgreSQL, each a real server. Each test goes on where the last one
// ended.

const name = "backends";
const fleet = await createFleet({ name, hosts: 1 });
after(() => fleet.dispose());
const [host] = fleet.hosts;
if (!host) throw new Error("The fleet has no host.");

// Not below root's home: PostgreSQL's account can't reach that.
const database = mkdtempSync(join(tmpdir(), "quadlet-fleet-postgres-"));
after(() => rmSync(database, { recursive: true }));

const noServer = existsSync(join(cacheDirectory, "servers"))
  ? false
  : "there is no S3 server and no key service: tools/setup.sh servers, which needs Go";

const backends: readonly { where: string; skip: string | false; open: () => Promise<Backend> | Backend }[] = [
  { where: "file", skip: false, open: () => ({}) },
  { where: "s3", skip: noServer, open: () => s3(fleet, name) },
  { where: "postgres", skip: false, open: () => postgres(fleet, name, database) },
];

const canary = "CANARY-5e1c";

const locked = new RegExp(
  `error: the stack is currently locked by 1 lock\\(s\\)\\..*\`pulumi cancel\`\\.\\n.*: created by root@${hostname()} \\(pid \\d+\\) at 20`,
);

describe("the state", { concurrency: true }, () => {
  for (const [at, { where, skip, open }] of backends.entries()) {
    describe(where, { skip, concurrency: false }, () => {
      const port = 80 + at;
      // The new file is in its place, and the reload has not begun.
      const cut = { host, manager: "system", set: where, at: 3 } as const;
      let stack: Stack;
      let page = 1;

      const nginx = () => `server { listen ${port}; location / { return 200 "page ${page}"; } }\n`;
      const set = (path: string, value: string, more: readonly string[] = []) =>
        stack.run(["config", "set", "--path", ...more, `quadlet-fleet:sites.${where}.${path}`], {
          input: value,
        });
      const status = () => quadletFleet(stack, ["status"]);

      /** Changes the page in the stack file, which has an encrypted value. */
      async function nextPage(): Promise<void> {
        page += 1;
        await set('nginx["default.conf"]', nginx());
      }

      async function isServed(number: number): Promise<void> {
        const { body } = await get(fleet, `http://${host?.address}:${port}/`);
        assert.equal(body, `page ${number}`);
      }

      before(async () => {
        stack = await makeStack(`test-backends-${where}`, undefined, await open());
        const site = { ...example2, listen: [`0.0.0.0:${port}`], nginx: { "default.conf": nginx() } };
        stack.configure({ hosts: { "web-1": hostEntry(fleet, host) }, sites: { [where]: site } });
        await set("environment.TOKEN", canary, ["--secret"]);
      });
      after(() => stack[Symbol.asyncDispose]());

      test("up, and a preview finds nothing", async () => {
        await stack.up();
        await isServed(1);
        await stack.expectNoChanges();
      });

      test("a second up meanwhile is refused and says who is at work; the first one finishes", async () => {
        await nextPage();
        const { code, saw } = await hold(stack, name, cut, async () => {
          const second = await stack.up({ check: false });
          assert.notEqual(second.code, 0);
          assert.match(second.stderr, locked);
          // `status` needs no lock.
          assert.match((await status()).stdout, /web-1: \w+: a deploy is running there/);
        });
        assert.equal(code, 0, saw);
        await isServed(2);
      });

      test("a job that is killed leaves its lock, and a rollback reaches the hosts in spite of it", async () => {
        await nextPage();
        await hold(stack, name, cut, () => killEngine(stack.name));
        const next = await stack.up({ check: false });
        assert.notEqual(next.code, 0);
        assert.match(next.stderr, locked);
        const { code, stderr } = await quadletFleet(stack, ["rollback", where, "--yes"]);
        assert.equal(code, 1);
        assert.match(stderr, /The hosts were rolled back, but the state does not know it yet/);
        assert.match(stderr, locked);
        await isServed(1);
      });

      test("pulumi cancel takes the lock away, and the next up deploys the program", async () => {
        await stack.run(["cancel", "--yes"]);
        await stack.up();
        await isServed(3);
        await stack.expectNoChanges();
      });

      test("another passphrase: nothing changes on the host, and the former one opens nothing", async () => {
        const [salt = ""] = /^encryptionsalt: (\S+)/m.exec(readFileSync(stack.file, "utf8"))?.slice(1) ?? [];
        await stack.run(["stack", "change-secrets-provider", "passphrase"], { input: "another\n" });
        for (const { code, stderr } of [await stack.up({ check: false }), await status()]) {
          assert.notEqual(code, 0);
          assert.match(stderr, /incorrect passphrase/);
        }
        stack.variables.PULUMI_CONFIG_PASSPHRASE = "another";
        await stack.expectNoChanges();
        assert.ok(!(await stack.run(["stack", "export"])).stdout.includes(salt));
        // What was written before the change can still be opened with the former passphrase.
        if (where !== "file") return;
        const history = join(stack.home, "../state/.pulumi/history");
        await execute(["grep", "--recursive", "--fixed-strings", "--files-with-matches", salt, history]);
      });

      test("a secret is rotated: the next up brings the new one to the host", async () => {
        await set("environment.TOKEN", `${canary}-new`, ["--secret"]);
        await stack.up();
        const { stdout } = await host.run(["cat", `/etc/quadlet-fleet/${where}/environment`]);
        assert.match(stdout, new RegExp(`^TOKEN="?${canary}-new"?$`, "m"));
      });

      test("review and rollback", async () => {
        await nextPage();
        const review = await quadletFleet(stack, ["review"]);
        assert.equal(review.code, 0, review.stderr);
        assert.match(review.stdout, /1 site changes \(1 × reloads\)/);
        await stack.up();
        const { code, stderr } = await quadletFleet(stack, ["rollback", where, "--yes"]);
        assert.equal(code, 0, stderr);
        await isServed(3);
      });

      test("the state moves to another backend: a preview finds what it found before", async () => {
        const { stdout: state } = await stack.run(["stack", "export"]);
        const elsewhere = join(stack.home, "elsewhere");
        mkdirSync(elsewhere);
        const env = { ...stack.env, PULUMI_BACKEND_URL: `file://${elsewhere}` };
        await pulumi(elsewhere, ["stack", "init", stack.name], { env });
        await stack.run(["stack", "import"], { env, input: state });
        const here = await stack.preview();
        assert.match(here, /- drift: /);
        assert.equal(await stack.preview({ env }), here);
      });

      // One backend is enough: a key has nothing to do with where the state is.
      if (where !== "s3") return;
      test("a cloud's key instead of a passphrase", async () => {
        Object.assign(stack.variables, await keys(fleet, name));
        const key = "awskms://alias/fleet?region=us-east-1";
        await stack.run(["stack", "change-secrets-provider", key]);
        stack.variables.PULUMI_CONFIG_PASSPHRASE = undefined;
        await stack.up();
        await isServed(4);
        assert.equal((await status()).code, 0);
      });
    });
  }
});
