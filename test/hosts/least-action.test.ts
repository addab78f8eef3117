import assert from "node:assert/strict";
import { type TestContext, before, test } from "node:test";
import { openScene } from "./support/scene.ts";
import { example1, example2, get, hostEntry } from "./support/stack.ts";
import { cursor, journal, touched, units } from "./support/units.ts";

// The least action: for each kind of change the exact list of units that an `up` touches, of all units on the host.
// Each change is made to Example 2, of the system's manager, and to Example 1, of an account's.

const { fleet, host, stack } = await openScene("least");

type Site = Record<string, unknown> & { listen: string[]; nginx: Record<string, string> };
const sites = {
  example1: { ...example1, image: "docker.io/library/nginx:1" },
  example2: { ...example2, image: "docker.io/library/nginx:1" },
};
const kinds = [
  { name: "example1", manager: "user", port: 8080, account: "test", home: "/home/test/.config" },
  { name: "example2", manager: "system", port: 80, account: "root", home: "/etc" },
] as const;

const page = (ports: readonly number[], text: string) => ({
  "default.conf": `server {\n${ports.map((port) => `  listen ${port};\n`).join("")}  location / { return 200 "${text}"; }\n}\n`,
});

/** The present arguments of both sites; each test goes on where the last one ended. */
const now = Object.fromEntries(
  kinds.map(({ name, port }) => [
    name,
    { ...sites[name], environment: { RELEASE: "1" }, nginx: page([port], "one") },
  ]),
) as Record<string, Site>;

const configure = (entry: object = {}) =>
  stack.configure({ hosts: { "web-1": hostEntry(fleet, host, entry) }, sites: now });

/** The effect of an action on units: the units whose state it has changed, and those that were reloaded. */
async function effect(t: TestContext, action: () => Promise<unknown>): Promise<string[]> {
  const [before, since] = [await units(host), await cursor(host)];
  await action();
  const [after, said] = [await units(host), await journal(host, since)];
  t.diagnostic(`the journal: ${said.join(", ") || "nothing"}`);
  const started = said.filter((line) => line.endsWith(": started"));
  assert.equal(new Set(started).size, started.length, "a unit was started more than once");
  const reloaded = new Set(said.filter((line) => line.endsWith(": reloaded")));
  return [...touched(before, after), ...reloaded].sort();
}

/** Runs an `up` after a change of both sites; `expected` is what it does to the units "NAME…" of either. */
function changes(
  what: string,
  change: (site: Site, kind: (typeof kinds)[number]) => Partial<Site>,
  ...expected: string[]
): void {
  test(what, async (t) => {
    for (const kind of kinds)
      now[kind.name] = { ...now[kind.name], ...change(now[kind.name]!, kind) } as Site;
    configure();
    assert.deepEqual(await effect(t, () => stack.up()), forBoth(expected));
  });
}

const forBoth = (expected: string[]) =>
  kinds
    .flatMap(({ name, manager, port }) =>
      expected.map(
        (line) => `${manager} ${name}${line.replace(/PORT\+(\d)/, (_, more) => String(port + Number(more)))}`,
      ),
    )
    .sort();

before(async () => {
  configure();
  await stack.up();
  // A socket starts its service at the first request.
  for (const { port } of kinds)
    assert.equal((await get(fleet, `http://${host.address}:${port}/`)).body, "one");
});

changes("nothing: nothing", () => ({}));

test("the login: nothing", async (t) => {
  configure({ connectTimeout: 20 });
  assert.deepEqual(await effect(t, () => stack.up()), []);
});

changes(
  "nginx's configuration: a reload",
  (_, { port }) => ({ nginx: page([port], "two") }),
  ".service: reloaded",
);

changes(
  "another file of nginx's: a reload",
  ({ nginx }) => ({ nginx: { ...nginx, "more.conf": "# nothing yet\n" } }),
  ".service: reloaded",
);

changes(
  "that file is gone: a reload",
  (_, { port }) => ({ nginx: page([port], "two") }),
  ".service: reloaded",
);

changes(
  "the environment: a restart, with the socket open",
  () => ({ environment: { RELEASE: "2" } }),
  ".service: restarted",
);

changes(
  "the image: a restart, with the socket open",
  () => ({ image: "docker.io/library/nginx:2" }),
  ".service: restarted",
);

changes(
  "image, environment and configuration at once: one restart",
  (_, { port }) => ({
    image: "docker.io/library/nginx:1",
    environment: { RELEASE: "3" },
    nginx: page([port], "three"),
  }),
  ".service: restarted",
);

changes(
  "an address more: its socket, and a restart with the other one open",
  (_, { port }) => ({
    listen: [port, port + 1].map((each) => `0.0.0.0:${each}`),
    nginx: page([port, port + 1], "three"),
  }),
  ".service: restarted",
  "-PORT+1.socket: started",
);

changes(
  "another second address: its socket instead of the old one's",
  (_, { port }) => ({
    listen: [port, port + 2].map((each) => `0.0.0.0:${each}`),
    nginx: page([port, port + 2], "three"),
  }),
  ".service: restarted",
  "-PORT+1.socket: stopped",
  "-PORT+2.socket: started",
);

changes(
  "an address less: its socket stops, and a restart with the other one open",
  (_, { port }) => ({ listen: [`0.0.0.0:${port}`], nginx: page([port], "three") }),
  ".service: restarted",
  "-PORT+2.socket: stopped",
);

changes(
  "the only address is another one: socket and service",
  (_, { port }) => ({ listen: [`0.0.0.0:${port + 3}`], nginx: page([port + 3], "three") }),
  ".service: restarted",
  ".socket: restarted",
);

/** A change by hand, found by `refresh` and repaired by `up`. */
function repairs(
  what: string,
  script: (kind: (typeof kinds)[number]) => string,
  ...expected: string[]
): void {
  test(what, async (t) => {
    for (const kind of kinds) await host.sh(script(kind));
    await stack.run(["refresh", "--yes", "--skip-preview"]);
    assert.deepEqual(await effect(t, () => stack.up()), forBoth(expected));
    await stack.expectNoChanges();
  });
}

repairs(
  "a comment and a Description in unit files: nothing",
  ({ name, home }) =>
    `echo '# by hand' >>${home}/containers/systemd/${name}.container; sed -i 's/^Description=.*/Description=x/' ${home}/systemd/${home === "/etc" ? "system" : "user"}/${name}.socket`,
);

repairs(
  "the mode of a unit file: nothing",
  ({ name, home }) => `chmod 600 ${home}/containers/systemd/${name}.container`,
);

repairs(
  "the mode of nginx's configuration: a reload",
  ({ name, home }) => `chmod 640 ${home}/quadlet-fleet/${name}/conf.d/default.conf`,
  ".service: reloaded",
);
