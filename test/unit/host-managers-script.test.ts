import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";

// Which manager the script asks about a unit: its own, or for "~NAME" that of the account, as the account.

const scripts = join(import.meta.dirname, "../../host/transaction/scripts");
const work = mkdtempSync(join(tmpdir(), "quadlet-fleet-managers-"));
after(() => rmSync(work, { recursive: true }));

const fakes = `systemctl() { echo "own: $*"; }
journalctl() { echo "journal: $*"; }
find() { echo "root finds: $*"; }
as_account() { echo "account, \${as_limit:-} s: $*"; }
id() { echo 1000; }
uptime() { echo 0; }`;

/** The output of commands of the script, on a host where everything is imitated. */
function prints(commands: string, more = ""): string[] {
  const script = `set -u; tab=$(printf '\\t') work=$1 own=$1/set manager=system account=test for_user= as_account=as_account failed=
for part in account managers halt journal steps; do . "$2/$part.sh"; done
${fakes}
${more}
${commands}`;
  const { stdout, stderr } = spawnSync("sh", ["-c", script, "sh", work, scripts], { encoding: "utf8" });
  assert.equal(stderr, "");
  return stdout.split("\n").filter(Boolean);
}

const list = (name: string, ...lines: string[]) =>
  writeFileSync(join(work, name), lines.map((line) => `${line}\n`).join(""));

describe("ctl", () => {
  test("asks the set's own manager for a plain name, and the account's for the others, by their own names", () => {
    assert.deepEqual(prints("ctl restart web.socket web.service"), [
      "own: --no-ask-password restart web.socket web.service",
    ]);
    assert.deepEqual(prints("ctl show --property=LoadState -- ~app.service ~app.socket"), [
      "account, 20 s: systemctl --user --no-ask-password show --property=LoadState -- app.service app.socket",
    ]);
  });

  test("asks the account's manager by ~ alone, and each in its order", () => {
    assert.deepEqual(prints('step_daemon_reload "account own"'), [
      "account, 60 s: systemctl --user --no-ask-password daemon-reload",
      "own: --no-ask-password daemon-reload",
    ]);
  });

  test("waits ten seconds only where the unit need not end in its own time", () => {
    const timeout = 'timeout() { echo "timeout $1"; }';
    assert.deepEqual(prints("briefly stop ~app.service; briefly stop web.service", timeout), [
      "account, 10 s: systemctl --user --no-ask-password stop app.service",
      "timeout 10",
    ]);
  });
});

describe("a list of units of both managers", () => {
  test("is stopped with the host's first, and started again with the account's first", () => {
    list("stop", "web.socket", "~app.service", "web.service");
    assert.deepEqual(prints("halt_all", "is_deaf() { return 1; }\nbriefly() { echo briefly $*; }"), [
      "briefly stop web.socket web.service",
      "briefly stop ~app.service",
    ]);
    list("reopen", "web.socket");
    list("active", "web.service", "~app.service");
    const quiet = "is_deaf() { return 1; }\nforget_failures() { :; }\nbriefly() { echo briefly $*; }";
    assert.deepEqual(prints("bring_back", quiet), [
      "briefly restart ~app.service",
      "briefly restart web.socket web.service",
    ]);
  });

  test("one manager fails: the other one is asked all the same, and the failure is kept", () => {
    const broken = `is_deaf() { return 1; }\nforget_failures() { :; }\nkill_payload() { :; }\nbriefly() { return 1; }
ctl() { echo "ctl $*"; case $* in *~*) return 1 ;; esac; }`;
    assert.deepEqual(prints('bring_back; echo "failed:$failed"', broken), [
      "ctl restart ~app.service",
      "ctl restart web.socket web.service",
      "failed: restart:~app.service",
    ]);
  });
});

describe("a rollback has each manager read its units anew", () => {
  const silent = (which: string) =>
    `has_account_units() { :; }\nctl() { echo "ctl $*"; case "$*" in ${which}) return 1 ;; esac; }`;

  test("the host's, whatever the account's says, and the other way round", () => {
    for (const [which, said] of [
      ['"daemon-reload ~"', "failed: daemon-reload:account"],
      ["daemon-reload", "failed: daemon-reload"],
    ] as const)
      assert.deepEqual(prints('reload_managers; echo "failed:$failed"', silent(which)), [
        "ctl daemon-reload",
        "ctl daemon-reload ~",
        said,
      ]);
  });

  test("a step forward ends with the first that fails", () => {
    assert.deepEqual(prints('step_daemon_reload "account own" || echo failed', silent('"daemon-reload ~"')), [
      "ctl daemon-reload ~",
      "failed",
    ]);
  });
});

test("people read the names that systemd has", () => {
  const failed =
    'echo " restart:~app.service ~app.socket asking:~x.service restoring:/home/a~b" | plain_names';
  assert.deepEqual(prints(failed), [" restart:app.service app.socket asking:x.service restoring:/home/a~b"]);
});

test("the journal of the account's units is root's, which knows them by the account and their names", () => {
  assert.deepEqual(prints('journal_of "~app.service ~more.service" --lines=3; journal_of web.service'), [
    "journal: --no-pager --quiet --output=cat --lines=3 _SYSTEMD_USER_UNIT=app.service _SYSTEMD_USER_UNIT=more.service _UID=1000 + _UID=1000 USER_UNIT=app.service USER_UNIT=more.service",
    "journal: --no-pager --quiet --output=cat --unit web.service",
  ]);
});

describe("what the account's manager says may be anything", () => {
  const says = (group: string) => `ctl() { echo "${group}"; }`;
  const its = says("/user.slice/user-1000.slice/user@1000.service/app.slice/app.service");

  test("the account itself looks where it says that a unit is, and only below its own slice", () => {
    assert.deepEqual(prints("in_cgroup ~app.service -name cgroup.procs", its), [
      "account,  s: find /sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/app.service -name cgroup.procs",
    ]);
    for (const group of [
      "/system.slice/ssh.service",
      "/../../home/test/x",
      "/user.slice/user-1000.slice/../../../../home/test/x",
      "/user.slice/user-1000.slice/..",
      "/user.slice/user-1001.slice/x.service",
    ])
      assert.deepEqual(prints("in_cgroup ~app.service -name cgroup.procs", says(group)), [], group);
    assert.deepEqual(prints("in_cgroup web.service -name cgroup.procs", says("/system.slice/ssh.service")), [
      "root finds: /sys/fs/cgroup/system.slice/ssh.service -name cgroup.procs",
    ]);
  });

  const processes = `${its}
as_account() { printf '%s\\n' 17 '*' ../../run/user/1000/trap '' 18x; }
timeout() { shift 2 && cat; }
grep() { echo "root reads $*" >>"$work/reads"; return 1; }`;

  test("only numbers are processes", () => {
    assert.deepEqual(prints("workers ~app.service", `${processes}\ntimeout() { cat; }`), [
      "/proc/17/cmdline",
    ]);
  });

  test("no name is a pattern of root's, though root may be in a directory with numbers", () => {
    const looks = 'cd /proc; is_deaf ~app.service; cat "$work/reads"; rm "$work/reads"';
    assert.deepEqual(prints(looks, processes), ["root reads -qs ^NSpid:.*[[:blank:]]1$ /proc/17/status"]);
  });
});

test("a set has units of the account's where its tables say so, and it has an account", () => {
  const has = (more = "") => prints("if has_account_units; then echo yes; else echo no; fi", more).join("");
  assert.equal(has(), "no");
  list("units.begin", "web.service\t/etc/systemd/system/web.service\tserves");
  assert.equal(has(), "no");
  list("units.begin", "~app.service\t~/.config/containers/systemd/app.container\tserves");
  assert.equal(has(), "yes");
  assert.equal(has("as_account="), "no");
});
