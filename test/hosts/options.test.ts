import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { test } from "node:test";
import type { TestHost } from "../../tools/fleet/index.ts";
import { makeProgram } from "./support/program.ts";
import { openScene } from "./support/scene.ts";
import { example2, example4, get, hostEntry, makeStack } from "./support/stack.ts";

// Options of Pulumi itself, with these components, as docs/operations.md describes them.

const { fleet, stack } = await openScene("options", { hosts: 2 });
const hosts = fleet.hosts as [TestHost, TestHost];

const page = (text: string, more = "") => ({
  "default.conf": `server { listen 80; ${more} location / { return 200 "${text}"; } }\n`,
});
const pages = async () =>
  (await Promise.all(hosts.map(({ address }) => get(fleet, `http://${address}/`)))).map(({ body }) => body);

/** A site on each host, and a proxy on the first host. */
function configure(first: object, second: object): void {
  const apache = example4.backends["apache-container"];
  stack.configure({
    hosts: { "web-1": hostEntry(fleet, hosts[0]), "web-2": hostEntry(fleet, hosts[1]) },
    sites: {
      a: { ...example2, nginx: first },
      b: { ...example2, hosts: ["web-2"], nginx: second },
    },
    proxies: { front: { ...example4, backends: { "apache-container": apache } } },
  });
}

const only = (...entries: string[]) => entries.map((name) => `--target=**::${name}`);

test("--target with the names of an entry: all of it, and nothing of the others", async () => {
  configure(page("one"), page("one"));
  await stack.run(["up", "--yes", "--skip-preview", ...only("a", "front")]);
  const { stdout } = await stack.run(["preview"]);
  assert.match(stdout, /\+ 2 to create\n\s+5 unchanged/);
  await stack.up();
  assert.deepEqual(await pages(), ["one", "one"]);
  configure(page("two"), page("two"));
  await stack.run(["up", "--yes", "--skip-preview", ...only("b")]);
  assert.deepEqual(await pages(), ["one", "two"]);
});

test("--target with a component's own name alone changes nothing; with --target-dependents its sets too", async () => {
  const component = "--target=**SocketActivatedNginx::a";
  assert.match((await stack.run(["preview", component])).stdout, /Resources:\n\s+7 unchanged/);
  const { stdout } = await stack.run(["preview", component, "--target-dependents"]);
  assert.match(stdout, /~ 1 to update\n\s+6 unchanged/);
});

test("--continue-on-error: what fails is as it was, all else is deployed, and the exit status says so", async () => {
  configure(page("three", "no_such_directive on;"), page("three"));
  const up = ["up", "--yes", "--skip-preview", "--parallel=1", "--continue-on-error"];
  const { code, stdout, stderr } = await stack.run(up, { check: false });
  const said = stdout + stderr;
  assert.notEqual(code, 0);
  assert.match(said, /unknown directive "no_such_directive"[\s\S]*Nothing was changed on it\./);
  // This error is from the SDK itself.
  assert.match(said, /error: Error: .*resource a \[quadlet:index:UnitSet\] failed to register/);
  assert.deepEqual(await pages(), ["one", "three"]);
  const { stdout: left } = await stack.run(["preview"]);
  assert.match(left, /UnitSet a update[\s\S]*~ 1 to update\n\s+6 unchanged/);
  await stack.run(["destroy", "--yes", "--skip-preview"]);
});

test("ignoreChanges of a component has no effect; a transform gives it to the set", async () => {
  const program = (text: string, options: string) => `
new SocketActivatedNginx("site", {
  connection: ${JSON.stringify(hostEntry(fleet, hosts[0]))},
  manager: "system",
  image: "docker.io/library/nginx:latest",
  listen: ["0.0.0.0:80"],
  network: "none",
  nginx: ${JSON.stringify(page(text))},
}, ${options});`;
  const directory = await makeProgram(program("one", "{}"));
  await using its = await makeStack("options", directory);
  await its.up();
  const changed = async (options: string) => {
    await rm(directory, { recursive: true });
    await makeProgram(program("two", options), directory);
    return await its.preview();
  };
  assert.match(await changed('{ ignoreChanges: ["nginx", "files"] }'), /~ 1 to update/);
  const transform = `async ({ type, props, opts }) =>
    type === "quadlet:index:UnitSet" ? { props, opts: pulumi.mergeOptions(opts, { ignoreChanges: ["files"] }) } : undefined`;
  const ignored = await changed(`{ transforms: [${transform}] }`);
  assert.match(ignored, /Resources:\n\s+3 unchanged/);
  await its.run(["destroy", "--yes", "--skip-preview"]);
  await rm(directory, { recursive: true });
});
