import assert from "node:assert/strict";
import { before, test } from "node:test";
import { eventually } from "./support/eventually.ts";
import { openScene } from "./support/scene.ts";
import {
  breakSocket,
  difference,
  example1,
  example2,
  failedUnits,
  get,
  invocation,
  listing,
} from "./support/stack.ts";

// A deploy that can't work changes nothing: validation finds it, or it is rolled back.

const scene = await openScene("back");
const { fleet, host, stack } = scene;
const page = "server {\n  listen 80;\n  location / { return 200 old; }\n}\n";

before(async () => {
  configure({}, {});
  await stack.up();
});

function configure(one: object, two: object): void {
  const nginx = { "default.conf": page };
  scene.configure({ sites: { example1: { ...example1, ...one }, example2: { ...example2, nginx, ...two } } });
}

/** Runs an up of both sites that fails: the message is right, no byte and no process changes, and both sites serve. */
async function failsAndChangesNothing(
  change: object,
  message: RegExp,
  { sameProcesses = true, before = {} } = {},
): Promise<string> {
  configure({}, before);
  await stack.up();
  const untouched = await listing(host);
  const running = await invocation(host, "example2.service");
  configure({}, change);
  const { code, stdout } = await stack.up({ check: false });
  assert.notEqual(code, 0);
  assert.match(stdout, message);
  // If the preparation finds the problem, no service has been touched.
  const isPrepared = /(rehearsing|pulling|checking) \S+ failed/.test(stdout);
  assert.match(
    stdout,
    isPrepared ? /Nothing was changed on it\./ : /rolled back: the host is as it was before/,
  );
  assert.deepEqual(difference(untouched, await listing(host)), []);
  if (sameProcesses) assert.equal(await invocation(host, "example2.service"), running);
  assert.deepEqual(await get(fleet, `http://${host.address}/`), { status: 200, body: "old" });
  assert.deepEqual(await failedUnits(host), []);
  return stdout;
}

test("nginx.conf that nginx refuses: its file and line", async () => {
  const bad = "server {\n  listen 80;\n  locaton / { }\n}\n";
  await failsAndChangesNothing(
    { nginx: { "default.conf": bad } },
    /rehearsing example2\.service failed: [^\n]*\[emerg\] [^\n]*unknown directive "locaton" in \/etc\/nginx\/conf\.d\/default\.conf:3/,
  );
});

test("an upstream that can't be resolved in the site's own network, without which nginx would not start", async () => {
  const upstream =
    "server {\n  listen 80;\n  location / { return 200 old; }\n  location /x { proxy_pass http://nowhere.example; }\n}\n";
  await failsAndChangesNothing(
    { nginx: { "default.conf": upstream } },
    /rehearsing example2\.service failed:[\s\S]*host not found in upstream "nowhere\.example" in \/etc\/nginx\/conf\.d\/default\.conf:4/,
  );
});

test("an image that is not there", async () => {
  await failsAndChangesNothing(
    { image: "docker.io/library/nginx:nope" },
    /pulling docker\.io\/library\/nginx:nope failed/,
  );
});

test("a volume that podman refuses: the rehearsal fails, and nothing was touched", async () => {
  await failsAndChangesNothing(
    { volumes: ["/srv:/x:badoption"] },
    /rehearsing example2\.service failed:[\s\S]*badoption/,
  );
});

test("a mount whose source is not there: its path", async () => {
  await failsAndChangesNothing(
    { volumes: ["/srv/nowhere:/usr/share/nginx/html:ro"] },
    /rehearsing example2\.service failed:[\s\S]*\/srv\/nowhere: no such file or directory/,
  );
});

test("a network that is not there", async () => {
  await failsAndChangesNothing(
    { network: "no-such-network" },
    /rehearsing example2\.service failed:[\s\S]*no-such-network/,
  );
});

// A program in place of the image's entry point: the container that starts is not the one that nginx -t has tried.
const entrypoint = (name: string) => ({ volumes: [`/srv/${name}:/docker-entrypoint.sh:ro`] });

test("a container that crashes at its start: found by the rehearsal", async () => {
  await host.write("/srv/crash", "#!/bin/sh\necho oh no >&2\nexit 3\n", { mode: "0755" });
  await failsAndChangesNothing(
    entrypoint("crash"),
    /rehearsing example2\.service failed: the new version started and then stopped[\s\S]*oh no/,
  );
});

test("one that hangs: found by the rehearsal", async () => {
  await host.write("/srv/hang", "#!/bin/sh\nexec sleep 300\n", { mode: "0755" });
  await failsAndChangesNothing(
    entrypoint("hang"),
    /rehearsing example2\.service failed: http:\/\/127\.0\.0\.1:80\/ \(Host: localhost\): no answer/,
  );
});

test("one that answers 500: found by the rehearsal, of a restart and of a reload", async () => {
  const broken = { "default.conf": "server {\n  listen 80;\n  location / { return 500 new; }\n}\n" };
  for (const change of [{ environment: { NEW: "1" } }, {}])
    await failsAndChangesNothing(
      { ...change, nginx: broken },
      /rehearsing example2\.service failed: http:.*: it answered 500/,
    );
});

test("another page than the one that is demanded", async () => {
  await failsAndChangesNothing(
    { nginx: { "default.conf": page.replace("old", "new") }, verify: { status: 200, body: "old" } },
    /rehearsing example2\.service failed: .*its answer \(200\) does not contain the expected text/,
  );
});

test("one that answers 500 where no rehearsal can ask: found by the request after the reload", async () => {
  // An address of the host.
  const here = `${host.address}:84`;
  const listen = ["0.0.0.0:80", here];
  const both = (status: number) => ({
    "default.conf": `${page}server {\n  listen ${here};\n  location / { return ${status}; }\n}\n`,
  });
  await failsAndChangesNothing(
    { listen, nginx: both(500) },
    new RegExp(`asking ${here.replaceAll(".", "\\.")}/ failed: http:.*: it answered 500`),
    { before: { listen, nginx: both(204) } },
  );
});

test("a page at the wildcard is found where 127.0.0.1 is for a proxy that says first who the client is", async () => {
  const other =
    "server {\n  listen 80;\n  listen 127.0.0.1:80 proxy_protocol;\n  server_name other;\n  return 500;\n}\n";
  const verify = { status: 200, body: "new" };
  configure(
    {},
    {
      nginx: { "default.conf": page.replace("old", "new"), "other.conf": other },
      verify,
      environment: { P: "1" },
    },
  );
  await stack.up();
  assert.deepEqual(await get(fleet, `http://${host.address}/`), { status: 200, body: "new" });
});

test("a volume in the place of the configuration is what podman refuses", async () => {
  // A preview refuses this. Here podman itself is asked.
  const volumes = "-v /srv:/etc/nginx/conf.d:ro -v /tmp:/etc/nginx/conf.d";
  const { stderr, code } = await host.sh(`podman create ${volumes} docker.io/library/nginx:latest`, {
    check: false,
  });
  assert.equal(code, 125);
  assert.match(stderr, /\/etc\/nginx\/conf\.d: duplicate mount destination/);
});

test("a port that is taken: said before anything changes, and by whom", async () => {
  await host.run("systemd-run --unit=squatter systemd-socket-activate --listen=0.0.0.0:83 cat".split(" "));
  try {
    const listens = async () => assert.notEqual((await host.run(["ss", "-Hltn", "sport = :83"])).stdout, "");
    await eventually(listens);
    configure({}, {});
    await stack.up();
    const untouched = await listing(host);
    configure({}, { listen: ["0.0.0.0:80", "0.0.0.0:83"], nginx: undefined });
    const { code, stdout } = await stack.up({ check: false });
    assert.notEqual(code, 0);
    assert.match(
      stdout,
      /example2-83\.socket: 0\.0\.0\.0:83 is taken on the host by systemd-socket- \(process \d+\)/,
    );
    assert.deepEqual(difference(untouched, await listing(host)), []);
  } finally {
    await host.sh("systemctl stop squatter");
  }
});

test("a socket that can't be opened, after the files were swapped: the old version is back", async () => {
  await breakSocket(host, "example2-81.socket");
  await failsAndChangesNothing(
    {
      listen: ["0.0.0.0:80", "0.0.0.0:81"],
      nginx: { "default.conf": page.replace("listen 80;", "listen 80; listen 81;") },
    },
    /restarting example2-81\.socket, example2\.service failed/,
    { sameProcesses: false },
  );
});

test("a first deploy that fails rolls back to nothing", async () => {
  configure({}, {});
  await stack.up();
  const untouched = await listing(host);
  scene.configure({
    sites: {
      example1,
      example2: { ...example2, nginx: { "default.conf": page } },
      third: { ...example2, listen: ["0.0.0.0:83"], network: "no-such-network" },
    },
  });
  const { code, stdout } = await stack.up({ check: false });
  assert.notEqual(code, 0);
  assert.match(stdout, /rolled back/);
  assert.deepEqual(difference(untouched, await listing(host)), []);
  assert.equal((await get(fleet, `http://${host.address}:83/`)).status, 0);
  assert.deepEqual(await failedUnits(host), []);
});

test("a first deploy of what hangs rolls back to nothing", async () => {
  configure({}, {});
  await stack.up();
  const untouched = await listing(host);
  scene.configure({
    sites: {
      example1,
      example2: { ...example2, nginx: { "default.conf": page } },
      third: { ...example2, listen: ["0.0.0.0:83"], ...entrypoint("hang") },
    },
  });
  const { code, stdout } = await stack.up({ check: false });
  assert.notEqual(code, 0);
  assert.match(stdout, /asking 0\.0\.0\.0:83\/ failed: .*no answer/);
  assert.deepEqual(difference(untouched, await listing(host)), []);
  assert.deepEqual(await failedUnits(host), []);
});

test("a run that was killed in the middle is taken back by the next, which then does its work", async () => {
  configure({}, {});
  await stack.up();
  const own = "/var/lib/quadlet-fleet/sets/example2";
  const container = "/etc/containers/systemd/example2.container";
  // The files after a power loss right after the first rename.
  await host.sh(`mkdir -p ${own}/before ${own}/rollback.new; cd ${own}; cp owner manifest images before/; cp -p ${container} rollback.new/1; stat -c '%a %Y %u %g' ${container} >rollback.new/1.stat
    printf 'file\\t1\\t${container}\\n' >journal; : >unfinished; echo '[Container]' >${container}`);
  configure({}, { nginx: { "default.conf": page.replace("old", "new") } });
  await stack.up();
  assert.match(await host.read(container), /Image=/);
  await eventually(async () => assert.equal((await get(fleet, `http://${host.address}/`)).body, "new"));
  const { stdout } = await host.run(["ls", own]);
  assert.doesNotMatch(stdout, /journal|unfinished|before|new/);
});

test("what was edited by hand is not lost: the rollback store has it until the next commit", async () => {
  configure({}, {});
  await stack.up();
  await host.sh("echo '# precious' >>/etc/containers/systemd/example2.container");
  await stack.run(["refresh", "--yes", "--skip-preview"]);
  await stack.up();
  const { stdout } = await host.run([
    "sh",
    "-c",
    "grep -l precious /var/lib/quadlet-fleet/sets/example2/rollback/*",
  ]);
  assert.notEqual(stdout, "");
});
