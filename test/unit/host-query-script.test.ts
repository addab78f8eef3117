import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";

// The parts of the transaction's script that answer a query, on this machine.

const scripts = join(import.meta.dirname, "../../host/transaction/scripts");

/** The JSON lines that a function of query.sh or query-units.sh prints for a query. The function has to end. */
function answers(name: string, query: string, fakes = ""): unknown[] {
  const work = mkdtempSync(join(tmpdir(), "quadlet-fleet-query-"));
  try {
    writeFileSync(join(work, "query"), query);
    const script = `set -u; for part in account paths managers query query-units; do . "$1/$part.sh"; done; work=$2 state=/var/lib manager=user home=/root tab=$(printf '\\t') as_account=
${fakes}
"$3"`;
    const { stdout, signal, stderr } = spawnSync("sh", ["-c", script, "sh", scripts, work, name], {
      encoding: "utf8",
      timeout: 120_000,
    });
    assert.equal(signal, null, `${name} does not end`);
    assert.equal(stderr, "");
    return stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as unknown);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("a directory right below the root that is not there yet", () => {
  test("has the free space of the root", () => {
    const found = answers("query_space", "file\tany\t/not-there/default.conf\n");
    assert.deepEqual(
      found.map((line) => (line as { directory: string }).directory),
      ["/not-there", "/var/lib"].map(base64),
    );
  });

  const labels = "getenforce() { echo Enforcing; }\nstat() { echo label; }";
  test("has the SELinux label of the root", () => {
    assert.deepEqual(answers("query_labels", "label\t/not-there\n", labels), [
      { event: "label", line: 0, label: base64("label\n") },
    ]);
  });
});

test("podman's helpers are looked for where the host's containers.conf says, too", () => {
  const directory = mkdtempSync(join(tmpdir(), "quadlet-fleet-helpers-"));
  try {
    writeFileSync(join(directory, "slirp4netns"), "", { mode: 0o755 });
    const found = (configuration: string) => {
      const fakes = `cat() { printf '%s\\n' '${configuration}'; }\nsystemctl() { echo "systemd 257 (257)"; }\nPATH=/usr/bin:/bin`;
      const [answer] = answers("query_tools", "", fakes) as { systemd: string; found: string }[];
      assert.equal(answer?.systemd, "257");
      return Buffer.from(answer.found, "base64").toString().split("\n").includes("slirp4netns");
    };
    assert.equal(found(`[engine]\nhelper_binaries_dir = [\n  "/nowhere", # "x"\n  "${directory}",\n]`), true);
    assert.equal(found(`[engine]\nhelper_binaries_dir = ["/nowhere"]\nruntime = "${directory}"`), false);
    assert.equal(found(`[engine]\n#helper_binaries_dir = ["${directory}"]`), false);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test("units are shown in one call, with the files that they are loaded from", () => {
  const fake = `ctl() { printf '%s\\n' "$*"; }`;
  const [answer] = answers("query_units", "unit\tweb.service\nreal\t/etc\nunit\tweb.socket\n", fake) as [
    { event: string; shown: string },
  ];
  const shown = Buffer.from(answer.shown, "base64").toString();
  assert.match(shown, /^show .*FragmentPath,SourcePath,.* -- web\.service web\.socket\n$/);
  assert.deepEqual(answers("query_units", "file\tany\t/etc/a\n", fake), []);
});

test("units of the account's manager are asked for there, by their own names, and said to be that one's", () => {
  const fakes = `systemctl() { printf 'own %s\\n' "$*"; }
as_account() { printf 'account %s\\n' "$*"; }
as_account=as_account for_user=`;
  const found = answers("query_units", "unit\t~app.service\nunit\tweb.service\nunit\t~app.socket\n", fakes);
  assert.deepEqual(
    (found as { whose: string; shown: string }[]).map(({ whose, shown }) => [
      whose,
      Buffer.from(shown, "base64")
        .toString()
        .replace(/ show .* -- /, " … "),
    ]),
    [
      ["own", "own --no-ask-password … web.service\n"],
      ["account", "account systemctl --user --no-ask-password … app.service app.socket\n"],
    ],
  );
});

test("where a directory really is, through links and whatever is not there", () => {
  const directory = mkdtempSync(join(tmpdir(), "quadlet-fleet-real-"));
  try {
    symlinkSync("/usr", join(directory, "link"));
    const found = answers("query_real", `real\t/etc\nreal\t~/none\n`, `home=${directory}/link`);
    assert.deepEqual(found, [
      { event: "real", line: 0, path: base64("/etc\n") },
      { event: "real", line: 1, path: base64("/usr/none\n") },
    ]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

describe("containers", () => {
  const podman = `podman() { printf '%s|running||x\\n' "\${of:-manager}"; }
as_account() { of=account "$@"; }
id() { echo "$uid"; }
uid=0 as_account= home=/nowhere`;
  const found = (query: string, fakes = "") =>
    answers("query_containers", query, `${podman}\n${fakes}`).map((line) => {
      const { event, podman: whose, found } = line as Record<string, string>;
      return [event, whose, Buffer.from(found ?? "", "base64").toString()];
    });
  const storage = mkdtempSync(join(tmpdir(), "quadlet-fleet-storage-"));
  mkdirSync(join(storage, ".local/share/containers"), { recursive: true });
  after(() => rmSync(storage, { recursive: true, force: true }));
  const [managers, accounts] = ["containers\tmanager\n", "containers\taccount\n"];

  test("of root, and of the account of a set, each by its own podman", () => {
    assert.deepEqual(found(managers + accounts, `as_account=as_account home=${storage}`), [
      ["containers", "manager", "manager|running||x\n"],
      ["containers", "account", "account|running||x\n"],
    ]);
    assert.equal(found(managers, `uid=1000 home=${storage}`).length, 1, "an account's own manager");
  });

  test("nobody asks podman for an account that has never used it: it would get a storage by that", () => {
    assert.deepEqual(found(accounts, "as_account=as_account"), []);
    assert.deepEqual(found(managers, "uid=1000"), []);
    assert.equal(found(managers, "as_account=as_account").length, 1, "root's is not the account's");
  });

  test("nor where nothing is asked, or podman is not there", () => {
    assert.deepEqual(found("unit\tweb.service\n"), []);
    assert.deepEqual(found(managers, "command() { return 1; }"), []);
  });
});

test("a question that fails is said with what failed, and answers nothing", () => {
  const fails = (what: string) =>
    `${what}() { echo none; echo "it is broken" >&2; return 125; }\nfor_user=--user`;
  const unanswered = (question: string) => ({
    event: "unanswered",
    question: base64(question),
    output: base64("it is broken\n"),
  });
  const properties = "LoadState,ActiveState,SubState,NRestarts,UnitFileState,NeedDaemonReload";
  const files = "FragmentPath,SourcePath,DropInPaths,StateChangeTimestamp";
  assert.deepEqual(answers("query_units", "unit\ta.service\n", fails("ctl")), [
    unanswered(
      `systemctl --user show --timestamp=unix --property=${properties} --property=${files} -- a.service`,
    ),
  ]);
  assert.deepEqual(answers("query_units", "unit\t~a.service\nunit\t~b.service\n", fails("ctl")), [
    unanswered(
      `systemctl --user show --timestamp=unix --property=${properties} --property=${files} -- a.service b.service`,
    ),
  ]);
  const unit = '{{.Label "PODMAN_SYSTEMD_UNIT"}}';
  assert.deepEqual(answers("query_images", "images\n", fails("podman")), [
    unanswered(`podman ps --no-trunc --format ${unit} {{.Image}} {{.ImageID}}`),
  ]);
  assert.deepEqual(answers("query_containers", "containers\tmanager\n", fails("podman")), [
    unanswered(`podman ps --all --format {{.Names}}|{{.State}}|${unit}|{{.Image}}`),
  ]);
});

describe("the first id that is free", () => {
  const free = (ranges: string) => {
    const script = `. "$1/query.sh"; first_free`;
    const { stdout } = spawnSync("sh", ["-c", script, "sh", scripts], { input: ranges, encoding: "utf8" });
    return stdout.trim();
  };
  test("is behind all ranges, wherever they are in the file", () => {
    assert.equal(free("a:100000:65536\nb:231072:65536\nc:165536:65536\n"), "296608");
    assert.equal(free("a:1000:1\n"), "100000");
    assert.equal(free(""), "100000");
  });
  test("whatever else is in there", () => {
    assert.equal(free("# a comment\n\na:b:c\nb:200000:1"), "200001");
  });
});

test("whether the host has an address, as the kernel lists its own", () => {
  const has = (address: string) => {
    const script = `. "$1/request.sh"; has_address "$2"`;
    return spawnSync("sh", ["-c", script, "sh", scripts, address]).status === 0;
  };
  assert.equal(has("127.0.0.1"), true);
  // An address that only begins in the same way is another one.
  for (const address of ["127.0.0.10", "203.0.113.7", "20010db8000000000000000000000010"])
    assert.equal(has(address), false, address);
  assert.equal(has(""), true, "no address of one host's own is asked for");
});

describe("the container of a service", () => {
  const directory = mkdtempSync(join(tmpdir(), "quadlet-fleet-live-"));
  after(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, "config.json"), `{"a":1}${" ".repeat(300_000)}`);
  /** The state of a container, as crun 1.21 prints it. */
  const fakes = ({
    differs = "yes",
    name = "libpod-payload-0af",
    runtime = "crun",
    selinux = "Disabled",
  }) => `
differs=${differs}
in_cgroup() { printf '%s\\n' '${name}'; }
getenforce() { echo ${selinux}; }
crun() { false; }
runc() { false; }
${runtime}() { [ "$*" = "state 0af" ] && printf '{\\n    "id": "0af",\\n    "bundle": "${directory}",\\n    "rootfs": "/x"\\n}\\n'; }`;
  const live = (change: Parameters<typeof fakes>[0]) =>
    answers("query_live", "unit\ta.service\nlive\tweb.service\n", fakes(change)) as {
      runtime: string;
      config: string;
    }[];

  for (const runtime of ["crun", "runc"])
    test(`as ${runtime} knows it, and no more of its configuration than is right`, () => {
      const [found, ...more] = live({ runtime });
      assert.deepEqual(more, []);
      assert.equal(found?.runtime, runtime);
      const config = Buffer.from(found.config, "base64").toString();
      assert.equal(config.trimEnd(), '{"a":1}');
      assert.equal(config.length, 262_144);
    });

  test("is not asked for where nothing is to be written, nor under SELinux", () => {
    assert.deepEqual(live({ differs: "no" }), []);
    assert.deepEqual(live({ selinux: "Enforcing" }), []);
  });

  test("is none where it is not one, or has no name of podman's", () => {
    assert.deepEqual(live({ runtime: "other" }), []);
    for (const name of ["", "libpod-payload-0af\nlibpod-payload-0ae", "libpod-payload-../0af"])
      assert.deepEqual(live({ name }), []);
  });
});
