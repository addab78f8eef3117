import assert from "node:assert/strict";
import { type TestContext, before, test } from "node:test";
import { eventually } from "./support/eventually.ts";
import { committed, hold, kill } from "./support/hold.ts";
import { openScene } from "./support/scene.ts";
import { breakSocket, example2, failedUnits, get } from "./support/stack.ts";

// A failure after the commit is not reported as a rollback, and a failed rollback is not reported as a successful one: the rest of it
// stays on the host, and the next `up` tries it again.

const scene = await openScene("aftermath");
const { fleet, host, stack } = scene;
let page = 0;
const own = "/var/lib/quadlet-fleet/sets/example2";
const configuration = "/etc/quadlet-fleet/example2/conf.d";

/** While this file exists, new pages answer 500. A test makes it after the rehearsal, for example. */
const breakage = "/srv/flags/broken";

/** Another page, which is a reload; or the page with a number. */
function configure(change: object = {}, number?: number): void {
  if (number === undefined) page += 1;
  const answer = `if (-f ${breakage}) { return 500; } return 200 "page ${number ?? page}";`;
  const nginx = { "default.conf": `server { listen 80; location / { ${answer} } }\n` };
  scene.configure({
    sites: { example2: { ...example2, nginx, volumes: ["/srv/flags:/srv/flags:ro"], ...change } },
  });
}

const served = async () => (await get(fleet, `http://${host.address}/`)).body;
const kept = async () => (await host.run(["ls", own])).stdout.trim().split("\n");

/** Where the transaction is stopped: at a line of its journal, or right after its commit. */
const at = (line: number) => ({ host, manager: "system", set: "example2", at: line }) as const;

/** The next plain `up` of another page ends well and leaves nothing half-done. */
async function converges(): Promise<string> {
  const { stdout, stderr } = await stack.up();
  await eventually(async () => assert.equal(await served(), `page ${page}`));
  assert.deepEqual(await kept(), [
    "account",
    "former",
    "images",
    "manifest",
    "owner",
    "rollback",
    "transaction",
    "units",
    "version",
  ]);
  assert.deepEqual(await failedUnits(host), []);
  await stack.expectNoChanges();
  return stdout + stderr;
}

before(async () => {
  await host.run(["mkdir", "/srv/flags"]);
  configure();
  await stack.up();
});

test("after the commit, the store of the version before can't be replaced: the deploy is done", async () => {
  configure();
  await host.run(["mount", "--bind", `${own}/rollback`, `${own}/rollback`]);
  try {
    const { stdout, stderr } = await stack.up();
    assert.doesNotMatch(stdout + stderr, /rolled back/);
    assert.equal(await served(), `page ${page}`);
    // The rollback has met the obstacle.
    assert.ok((await kept()).includes("rollback.new"));
  } finally {
    await host.run(["umount", `${own}/rollback`]);
  }
  configure();
  await converges();
});

test("killed after the commit: the host is asked again, and it is told as done", async () => {
  configure();
  const { code, saw } = await hold(stack, "aftermath", at(committed), kill);
  assert.equal(code, 0, saw);
  assert.doesNotMatch(saw, /rolled back/);
  assert.equal(await served(), `page ${page}`);
  assert.doesNotMatch(await converges(), /rolled back|writing|reloading/);
});

/** A failed rollback is reported as failed, with what is left to do, and nothing of it is lost. */
async function isToldAsFailed(t: TestContext, { code, saw }: { code: number; saw: string }): Promise<void> {
  assert.notEqual(code, 0);
  const error = /^Diagnostics:\n([^]*?)^\S/m.exec(saw)?.[1] ?? saw;
  for (const line of error.trim().split("\n")) t.diagnostic(line.trim().slice(0, 200));
  assert.match(error, /The rollback failed as well/);
  assert.match(
    error,
    /The rollback is not complete: parts of the new version may be left\.\s+Correct the cause and run `pulumi up` again/,
  );
  assert.doesNotMatch(saw, /It was rolled back/);
  for (const name of ["journal", "unfinished", "before", "rollback.new"])
    assert.ok((await kept()).includes(name), name);
}

test("a rollback into a directory that can't be written any more: kept, tried again, and again", async (t) => {
  configure();
  await converges();
  const old = page;
  configure();
  await host.run(["mount", "--bind", configuration, configuration]);
  try {
    // Line 3 is written before the reload.
    const failed = await hold(stack, "aftermath", at(3), async () => {
      await host.run(["touch", breakage]);
      await host.run(["mount", "-o", "remount,bind,ro", configuration]);
    });
    await isToldAsFailed(t, failed);
    assert.match(failed.saw, new RegExp(`restoring:${configuration}/default\\.conf`));

    // The state has the old content, and that something is left to do. With the old program, only the latter is a difference.
    const preview = await stack.preview();
    assert.match(
      preview,
      /- pending: "web-1: could not be reverted completely: asking 0\.0\.0\.0:80\/ failed/,
    );
    assert.match(preview, new RegExp(`-.*page ${old}"[^]*\\+.*page ${page}"`));
    configure({}, old);
    const back = await stack.preview();
    assert.match(back, /- pending: /);
    assert.doesNotMatch(back, /page \d/);

    // Meanwhile nothing is lost: the copy on the host is still that of the version before the first failure.
    configure();
    const again = await stack.up({ check: false });
    assert.match(again.stdout, /an interrupted deploy was not rolled back completely/);
    await isToldAsFailed(t, { code: again.code, saw: again.stdout + again.stderr });
    assert.match(await host.read(`${own}/rollback.new/1`), new RegExp(`page ${old}"`));
  } finally {
    await host.run(["rm", "--force", breakage]);
    await host.run(["umount", configuration]);
  }
  // This also works with the old program, because the state says that there is something to do.
  page = old;
  configure({}, old);
  assert.match(await converges(), /an interrupted deploy was rolled back/);
});

test("a rollback whose old image is gone: kept, and done once the image is there again", async (t) => {
  // No registry has this name.
  const image = "localhost/only-here:1";
  const spare = "localhost/spare:1";
  await host.run(["podman", "tag", "docker.io/library/nginx:latest", spare, image]);
  const onlyHere = { image, pull: "never" };
  configure(onlyHere);
  await converges();
  // The restart fails. Line 10 is written before it.
  await breakSocket(host, "example2-81.socket");
  configure({ listen: ["0.0.0.0:80", "0.0.0.0:81"], nginx: undefined });
  const untag = () => host.run(["podman", "untag", image, image]);
  const failed = await hold(stack, "aftermath", at(10), untag);
  await isToldAsFailed(t, failed);
  assert.match(failed.saw, /restart:.*example2\.service/);

  await host.run(["podman", "tag", spare, image]);
  configure(onlyHere);
  assert.match(await converges(), /an interrupted deploy was rolled back/);
});
