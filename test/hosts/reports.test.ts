import assert from "node:assert/strict";
import { test } from "node:test";
import { makeCertificate } from "../certificates.ts";
import { openScene } from "./support/scene.ts";
import { example1, example2, get } from "./support/stack.ts";

// Problems that users of similar projects have reported, tried on one host. Each test leaves the host without a site.

const scene = await openScene("reports");
const { fleet, host, stack } = scene;

const site = (change: object = {}) => ({ ...example2, ...change });

/** Runs an `up` of this one site. Returns its output and exit status. */
async function deploy(name: string, what: object): Promise<{ code: number; text: string }> {
  scene.configure({ sites: { [name]: what } });
  const { code, stdout } = await stack.up({ check: false });
  return { code, text: stdout };
}

async function deployed(name: string, what: object): Promise<string> {
  const { code, text } = await deploy(name, what);
  assert.equal(code, 0, text);
  return text;
}

async function refused(name: string, what: object, reason: RegExp): Promise<void> {
  const { code, text } = await deploy(name, what);
  assert.notEqual(code, 0, "it was not refused");
  assert.match(text, reason);
  assert.match(text, /Nothing was changed on it|It was rolled back/);
}

const removeAll = () => stack.run(["destroy", "--yes", "--skip-preview"]);

/** Puts a shell script before the host's podman on its PATH. The script sees the command as "$*". */
async function withPodman(script: string, use: () => Promise<void>): Promise<void> {
  await host.write("/usr/local/bin/podman", `#!/bin/sh\n${script}\nexec /usr/bin/podman "$@"\n`, {
    mode: "0755",
  });
  try {
    await use();
  } finally {
    await host.run(["rm", "/usr/local/bin/podman"]);
  }
}

test("an account without subordinate ids: the cure is a range that no account has, in both files", async () => {
  const rootless = { ...example1, hosts: ["web-1"] };
  const files = "/etc/subuid /etc/subgid";
  await host.sh(`sed -i /^test:/d ${files}; echo other:300000:70000 | tee -a ${files} >/dev/null`);
  await host.sh("echo other:400000:65536 >>/etc/subgid");
  await refused("rootless", rootless, /--add-subuids 465536-531071 --add-subgids 465536-531071 test/);
  await host.run(["usermod", "--add-subuids", "465536-531071", "test"]);
  await refused("rootless", rootless, /has no subordinate gids, .*usermod --add-subgids 531072-596607 test/);
  await host.run(["usermod", "--add-subgids", "531072-596607", "test"]);
  await deployed("rootless", rootless);
  await removeAll();
});

// In podman 6, these labels are text.
const podman6 = `case "$*" in *"{{index .Labels"*) echo 'Error: template: cannot index slice/array with type string' >&2; exit 125 ;; esac`;

test("with podman 6, too, a foreign container is seen, and our own is known", async () => {
  await host.run(["podman", "create", "--quiet", "--name", "systemd-web", "docker.io/library/nginx:1"]);
  await withPodman(podman6, async () => {
    await refused("web", site(), /would replace the container systemd-web/);
    await host.run(["podman", "rm", "systemd-web"]);
    await deployed("web", site());
    await deployed("web", site({ environment: { A: "1" } }));
    await host.run(["podman", "pull", "--quiet", "docker.io/library/nginx:2"]);
    await host.run(["podman", "tag", "docker.io/library/nginx:2", site().image]);
    const { stdout } = await stack.run(["refresh", "--preview-only", "--diff"]);
    assert.match(stdout, /runs a replaced image: web\.service/);
    await stack.run(["up", "--refresh", "--yes", "--skip-preview"]);
    await stack.run(["refresh", "--preview-only", "--expect-no-changes"]);
  });
  await removeAll();
});

test("a podman that can't answer is an error, and never says that there is nothing", async () => {
  const failing = (command: string) =>
    `[ "$1" != ${command} ] || { echo "Error: the database is locked" >&2; exit 125; }`;
  await withPodman(failing("ps"), () =>
    refused("web", site(), /`podman ps --all .*` failed: Error: the database is locked/),
  );
  await withPodman(failing("image"), () =>
    refused("web", site(), /pulling docker\.io\/library\/nginx:latest failed: Error: the database is locked/),
  );
  await deployed("web", site());
  await withPodman(failing("ps"), async () => {
    const { code, stdout } = await stack.run(["refresh", "--yes"], { check: false });
    assert.match(stdout, /`podman ps --no-trunc .*` failed: Error: the database is locked/, String(code));
  });
  await removeAll();
});

test("an address that the host gets later: up and boot do without it, and it is served when it comes", async () => {
  const listen = ["192.0.2.10:80", "[2001:db8::10]:80"];
  const page = (text: string) => ({
    "default.conf": `server { listen 192.0.2.10:80; listen [2001:db8::10]:80; location / { return 200 ${text}; } }`,
  });
  const come = async () => {
    await host.run(["ip", "address", "add", "192.0.2.10/32", "dev", "lo"]);
    await host.run(["ip", "address", "add", "2001:db8::10/128", "dev", "lo", "nodad"]);
  };
  const served = async (text: string) => {
    for (const where of listen)
      assert.equal((await host.run(["curl", "--silent", "--globoff", `http://${where}/`])).stdout, text);
  };
  const without = await deployed("vip", site({ listen, nginx: page("one") }));
  for (const where of listen)
    assert.ok(without.includes(`the host does not have the address of ${where} at the moment`), where);
  await come();
  await served("one");
  const having = await deployed("vip", site({ listen, nginx: page("two") }));
  assert.doesNotMatch(having, /does not have the address/);
  await served("two");
  await refused(
    "vip",
    site({ listen, nginx: { "default.conf": page("x")["default.conf"].replaceAll("200 x", "500") } }),
    /asking 192\.0\.2\.10:80\/ failed: .*it answered 500/,
  );
  await host.powerLoss();
  await host.boot();
  await come();
  await served("two");
  await removeAll();
});

test("a network of the host's own quadlets can be named, and one that is not there can't", async () => {
  await host.write("/etc/containers/systemd/shared.network", "[Network]\nInternal=true\n");
  // Another administrator's quadlet, with an error in it.
  await host.write("/etc/containers/systemd/broken.container", "[Container]\nImage=x\nFoo=1\n");
  await refused("web", site({ network: "gone.network" }), /"web\.container": .*gone\.network/);
  await deployed("web", site({ network: "shared.network" }));
  await removeAll();
  await host.run([
    "rm",
    "/etc/containers/systemd/shared.network",
    "/etc/containers/systemd/broken.container",
  ]);
});

test("an image that does not start as root: serves, and is refused by name where it can't read a secret", async () => {
  const change = `sed -i -e "s|^pid .*|pid /tmp/nginx.pid;|" -e "/^user/d" /etc/nginx/nginx.conf; chown -R nginx /var/lib/nginx /var/cache/nginx`;
  await host.run(["podman", "run", "--name", "made", "--entrypoint", "sh", site().image, "-c", change]);
  const start = ['ENTRYPOINT ["/docker-entrypoint.sh"]', 'CMD ["nginx", "-g", "daemon off;"]', "USER nginx"];
  const changes = start.flatMap((line) => ["--change", line]);
  await host.run(["podman", "commit", "--quiet", ...changes, "made", "localhost/unprivileged:1"]);
  await host.run(["podman", "rm", "made"]);
  const unprivileged = site({ image: "localhost/unprivileged:1", pull: "never" });
  await deployed("web", unprivileged);
  assert.equal((await get(fleet, `http://${host.address}/`)).status, 200);
  await refused(
    "web",
    { ...unprivileged, tls: makeCertificate(["web.example.com"]) },
    /starts nginx as "nginx" \(its USER\), who can't read \/etc\/quadlet-fleet\/web\/tls\/certificate\.pem/,
  );
  assert.equal((await get(fleet, `http://${host.address}/`)).status, 200);
  await deployed("web", { ...site(), tls: makeCertificate(["web.example.com"]) });
  await removeAll();
});
