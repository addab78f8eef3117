import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import type { Live } from "../../host/facts/facts.ts";
import { type Difference, mimicConfig } from "../../host/plan/mimic-config.ts";
import { plan } from "../../host/plan/plan.ts";
import { stepFields } from "../../host/plan/step.ts";
import { change, conf, does, present, service, settled, site, state, unit } from "./host-plan-facts.ts";

// The configurations in oci/ are from hosts with Debian 13 (podman 5.4.2, crun 1.21, runc 1.1.15), without most of their seccomp
// filters.

interface Config {
  process: { env: string[]; capabilities: Record<string, string[]>; noNewPrivileges?: boolean } & Json;
  root: { path: string; readonly?: boolean };
  mounts: { destination: string; type: string; source: string; options: string[] }[];
  annotations?: Json;
  linux: { namespaces: Json[]; resources: Json; sysctl: Json; cgroupsPath?: string } & Json;
}
type Json = Record<string, unknown>;

const sample = (name: string) => readFileSync(new URL(`oci/${name}.json`, import.meta.url), "utf8");
const read = (config: string) => JSON.parse(config) as Config;

/** Name of a sample → the directory of its configuration on the host. */
const samples = {
  "rootful-crun": "/etc/quadlet-fleet/example2/conf.d",
  "rootful-runc-hardened": "/etc/quadlet-fleet/hard2/conf.d",
  "rootless-crun": "/home/test/.config/quadlet-fleet/example1/conf.d",
  "rootless-runc-hardened": "/home/test/.config/quadlet-fleet/hard1/conf.d",
  "account-crun": "/home/test/.config/quadlet-fleet/example3/conf.d",
};

const differenceOf = (directory: string, more: Partial<Difference> = {}): Difference => ({
  moved: new Map([[directory, `@STAGE@${directory}`]]),
  touched: [`${directory}/default.conf`],
  hostOnly: [],
  ownCgroup: true,
  ...more,
});

function mimicOf(name: keyof typeof samples, more: Partial<Difference> = {}): Config {
  const runtime = name.includes("runc") ? "runc" : "crun";
  const text = mimicConfig({ runtime, config: sample(name) }, differenceOf(samples[name], more));
  assert.ok(text !== undefined, name);
  return read(text);
}

for (const name of Object.keys(samples) as (keyof typeof samples)[])
  describe(`${name}: as the one that runs`, () => {
    const [live, mimic] = [read(sample(name)), mimicOf(name)];

    test("no less confined", () => {
      assert.deepEqual(mimic.process.capabilities, live.process.capabilities);
      assert.deepEqual(mimic.process.user, live.process.user);
      assert.deepEqual(mimic.process.rlimits, live.process.rlimits);
      assert.equal(mimic.process.noNewPrivileges, true);
      for (const key of ["seccomp", "maskedPaths", "readonlyPaths", "namespaces", "resources"]) {
        assert.ok(live.linux[key] !== undefined, key);
        assert.deepEqual(mimic.linux[key], live.linux[key], key);
      }
    });

    test("the same program, on the same root file system, which it can't write", () => {
      assert.deepEqual(mimic.process.args, live.process.args);
      assert.deepEqual(mimic.root, { path: live.root.path, readonly: true });
      const memory = mimic.mounts.flatMap(({ type, destination }) => (type === "tmpfs" ? [destination] : []));
      for (const path of ["/run", "/tmp", "/var/tmp", "/var/cache/nginx", "/dev/shm"])
        assert.equal(memory.filter((at) => at === path).length, 1, path);
      for (const { destination, options } of mimic.mounts.filter(({ type }) => type === "bind"))
        assert.ok(options.includes("ro"), destination);
    });

    test("the new files in the place of the old ones", () => {
      const at = ({ mounts }: Config) =>
        mounts.find(({ destination }) => destination === "/etc/nginx/conf.d");
      assert.equal(at(live)?.source, samples[name]);
      assert.equal(at(mimic)?.source, `@STAGE@${samples[name]}`);
      assert.deepEqual(at(mimic)?.options, [...(at(live)?.options ?? []), "nosuid", "nodev", "noexec"]);
    });

    test("no sockets are handed to it, and no port is too low for it", () => {
      assert.ok(live.process.env.some((entry) => entry.startsWith("LISTEN_FDS=")));
      assert.deepEqual(
        mimic.process.env,
        live.process.env.filter((entry) => !/^(NGINX|LISTEN_PID|LISTEN_FDS|LISTEN_FDNAMES)=/.test(entry)),
      );
      assert.equal(mimic.linux.sysctl["net.ipv4.ip_unprivileged_port_start"], "0");
      assert.equal(mimic.linux.sysctl["net.ipv4.ping_group_range"], "0 0");
    });
  });

test("addresses of the host's can be bound", () => {
  const { sysctl } = mimicOf("rootful-crun", { hostOnly: ["ipv6"] }).linux;
  assert.equal(sysctl["net.ipv6.ip_nonlocal_bind"], "1");
  assert.equal("net.ipv4.ip_nonlocal_bind" in sysctl, false);
});

test("runc has a cgroup below that of the transaction, where it may make one", () => {
  assert.equal(mimicOf("rootful-runc-hardened").linux.cgroupsPath, "@CGROUP@/mimic");
  assert.equal("cgroupsPath" in mimicOf("rootless-runc-hardened", { ownCgroup: false }).linux, false);
  assert.equal("cgroupsPath" in mimicOf("rootful-crun").linux, false);
});

describe("refused", () => {
  const directory = samples["rootful-crun"];

  /** Whether a mimic of the rootful container is possible after a change of its configuration. */
  function isMimicked(edit: (config: Config & Json) => void): boolean {
    const config = read(sample("rootful-crun")) as Config & Json;
    edit(config);
    const live: Live = { runtime: "crun", config: JSON.stringify(config) };
    return mimicConfig(live, differenceOf(directory)) !== undefined;
  }
  const mount = (more: Json) => ({
    destination: "/x",
    type: "bind",
    source: "/x",
    options: ["bind"],
    ...more,
  });

  test("nothing where nothing is unknown", () => {
    assert.equal(
      isMimicked(() => {}),
      true,
    );
    assert.equal(
      isMimicked(({ mounts }) => mounts.push(mount({}) as never)),
      true,
    );
  });

  const edits: Record<string, (config: Config & Json) => void> = {
    "another key": (config) => (config.hooks = { prestart: [{ path: "/bin/x" }] }),
    "another key of the process": ({ process }) =>
      (process.selinuxLabel = "system_u:system_r:container_t:s0"),
    "another key of Linux": ({ linux }) => (linux.uidMappings = []),
    "another key of the root": ({ root }) => ((root as Json).x = 1),
    "another key of a mount": ({ mounts }) => mounts.push(mount({ uidMappings: [] })),
    "a mount that is mapped": ({ mounts }) => mounts.push(mount({ options: ["bind", "idmap=uids=0-1-1"] })),
    "a mount of another type": ({ mounts }) => mounts.push(mount({ type: "overlay" })),
    "a mount that is none": ({ mounts }) => mounts.push("/x" as never),
    "another key of seccomp": ({ linux }) => ((linux.seccomp as Json).listenerPath = "/run/x"),
    "an extension of crun's": (config) => (config.annotations = { "run.oci.seccomp_bpf_data": "x" }),
    "a terminal": ({ process }) => (process.terminal = true),
    "a user namespace": ({ linux }) => linux.namespaces.push({ type: "user" }),
    "a namespace of another container": ({ linux }) =>
      (linux.namespaces[0] = { type: "pid", path: "/proc/1/ns/pid" }),
    "a network of podman's": ({ linux }) => (linux.namespaces[1] = { type: "network", path: "/run/netns/x" }),
    "the network of the host": ({ linux }) => linux.namespaces.splice(1, 1),
    "a limit of its cgroup": ({ linux }) => (linux.resources.memory = { limit: 1 }),
    "a device": ({ linux }) =>
      (linux.resources.devices = [{ allow: true, access: "rwm", type: "c", major: 1, minor: 1 }]),
    "a capability that its cgroup holds": ({ process }) => process.capabilities.bounding?.push("CAP_MKNOD"),
    "no mount of the new files": ({ mounts }) =>
      mounts.splice(
        mounts.findIndex(({ source }) => source === directory),
        1,
      ),
  };
  for (const [what, edit] of Object.entries(edits)) test(what, () => assert.equal(isMimicked(edit), false));

  test("a file that the container does not see in a moved directory", () => {
    const live: Live = { runtime: "crun", config: sample("rootful-crun") };
    const touched = [`${directory}/default.conf`, "/etc/other.conf"];
    assert.equal(mimicConfig(live, differenceOf(directory, { touched })), undefined);
  });

  test("what is no configuration, however deep", () => {
    const deep = sample("rootful-crun").replace(
      '"umask": 18',
      `"umask": ${"[".repeat(50_000)}${"]".repeat(50_000)}`,
    );
    assert.ok(deep.includes("[[["));
    for (const config of ["", "{", "[]", "null", '"x"', "{}", sample("rootful-crun").slice(0, -9), deep])
      assert.equal(
        mimicConfig({ runtime: "crun", config }, differenceOf(directory)),
        undefined,
        config.slice(0, 9),
      );
  });
});

describe("the plan of a reload", () => {
  const config = sample("rootful-crun").replaceAll("quadlet-fleet/example2", "quadlet-fleet/web");
  const checks = [
    {
      name: "nginx -t",
      image: "x",
      command: ["true"],
      mounts: { "/etc/quadlet-fleet/web/conf.d": "/etc/nginx/conf.d" },
      volumes: [],
      service: "web.service",
    },
  ];
  const one = site(["0.0.0.0:80"], {
    probes: [{ listen: "0.0.0.0:80", path: "/", hostName: "localhost" }],
    checks,
  });
  const before = change(settled(one), conf, present("# old"));
  const facts = { ...before, live: new Map([["web.service", { runtime: "crun", config } as const]]) };
  const byUnit = [
    "begin",
    "lend web-rehearsal.service",
    "daemon_reload",
    "rehearse web.service",
    "unlend web-rehearsal.service",
  ];

  test("no unit, no reload of systemd", () => {
    assert.deepEqual(does(facts, one), [
      "begin",
      "mimic web.service",
      "stage",
      `put ${conf}`,
      "reload web.service",
      "verify web.service",
      "ask 0",
      "commit",
    ]);
    const { steps, payload, lent } = plan(facts, one, []);
    assert.deepEqual(stepFields(steps[1]!), ["mimic", "1", "crun", "0"]);
    assert.equal(payload.length, 1);
    assert.equal(lent.length, 1);
    assert.match(lent[0] ?? "", /"source":"@STAGE@\/etc\/quadlet-fleet\/web\/conf\.d"/);
  });

  test("with a unit where nothing is known of the container, or it can't be mimicked", () => {
    assert.deepEqual(does(before, one).slice(0, 5), byUnit);
    const unknown = new Map([["web.service", { runtime: "crun", config: "{}" } as const]]);
    assert.deepEqual(does({ ...before, live: unknown }, one).slice(0, 5), byUnit);
  });

  test("with a unit where that may hold the container further than its configuration says", () => {
    const dropIn = (path: string) => does(state(facts, "web.service", { dropIns: [path] }), one);
    assert.deepEqual(dropIn("/etc/systemd/system/web.service.d/x.conf").slice(0, 5), byUnit);
    assert.ok(dropIn("/usr/lib/systemd/system/service.d/x.conf").includes("mimic web.service"));
    const strict = {
      ...one,
      files: one.files.map((file) =>
        file.unit === "web.container"
          ? unit("web.container", file.content.replace("[Service]", "[Service]\nProtectSystem=strict"))
          : file,
      ),
    };
    const same = { ...settled(strict), live: facts.live };
    assert.deepEqual(does(change(same, conf, present("# old")), strict).slice(0, 5), byUnit);
  });

  test("a restart is rehearsed by a unit", () => {
    const restarting = {
      ...one,
      services: one.services.map((it) =>
        it.unit === "web.service" ? service("web.service", { restartOn: [conf], handover: true }) : it,
      ),
    };
    assert.ok(does(facts, restarting).includes("rehearse web.service"));
  });
});
