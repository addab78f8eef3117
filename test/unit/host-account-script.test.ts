import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";

// The commands that root runs as an account, when the account is hostile: they may keep open files, and end when they like.

const scripts = join(import.meta.dirname, "../../host/transaction/scripts");
const root = mkdtempSync(join(tmpdir(), "quadlet-fleet-account-"));
after(() => rmSync(root, { recursive: true }));
const tools = join(root, "tools");
mkdirSync(tools);
// runuser -u ACCOUNT -- COMMAND…, but without changing to the account.
writeFileSync(join(tools, "runuser"), '#!/bin/sh\nshift 3\nexec "$@"\n');
chmodSync(join(tools, "runuser"), 0o755);

/** The output of commands of the script, with the real as_account. */
function run(commands: string, parts: readonly string[] = []) {
  const work = mkdtempSync(join(root, "host-"));
  const script = `set -u; set -f
work=$2 own=$2/set state=$2/state home=$2/home manager=system set=web account=test as_account=as_account
account_runtime=/nowhere runtime=/nowhere shared=$2/home/shared for_user= held=no hurried=no failed= as= tab=$(printf '\\t')
for part in account ${parts.join(" ")}; do . "$1/$part.sh"; done
mkdir -p "$own" "$state" "$home"
${commands}`;
  const { status, stdout, stderr, signal } = spawnSync("sh", ["-c", script, "sh", scripts, work], {
    encoding: "utf8",
    env: { ...process.env, PATH: `${tools}:${process.env.PATH}` },
    timeout: 60_000,
  });
  assert.equal(signal, null, "it does not end");
  return { status, stdout, stderr, work };
}

describe("an answer of the account", () => {
  test("is passed on with both outputs and the exit status", () => {
    const { stdout, stderr, status } = run("as_account sh -c 'echo out; echo err >&2; exit 7'");
    assert.deepEqual([stdout, stderr, status], ["out\n", "err\n", 7]);
  });

  test("comes through pipes: of files, locks and the session the account has no descriptor", () => {
    const opened = 'exec 3>"$work/a" 5>"$work/b" 6>"$work/c" 7>"$work/d" 8>"$work/e" 9>"$work/f" </dev/zero';
    const { work, stdout } = run(`${opened}
as_account sh -c 'readlink /proc/$$/fd/*' >"$work/made" 2>"$work/output"
cat "$work/made"`);
    assert.ok(stdout.includes("/dev/null"), stdout);
    assert.ok(!stdout.includes(work) && !stdout.includes("/dev/zero"), stdout);
  });

  test("reads only what is meant for it", () => {
    const { stdout } = run(`echo plan >"$work/plan"
while read -r line; do as_account cat; fed as_account cat <"$work/plan"; fed "" cat <"$work/plan"; done <"$work/plan"`);
    assert.equal(stdout, "plan\nplan\n");
  });

  test("has a limit of bytes", () => {
    assert.equal(run("as_most=3; as_account yes | wc -c").stdout.trim(), "3");
    assert.equal(run("as_account yes | wc -c").stdout.trim(), "1000000");
  });

  // Each limit is a fifth of a second, so that the tests don't wait.
  const short =
    'timeout() { [ "$1" != -k ] || shift 2; of=$1; shift; echo "$of" >>"$work/limits"; command timeout 0.2 "$@"; }';

  test("has a limit of time, also where a process keeps the pipe", () => {
    const { stdout } = run(`${short}
as_limit=7; found=$(as_account sh -c "sleep 5 &"); echo "$?"; sort -u "$work/limits"`);
    assert.equal(stdout, "124\n17\n7\n");
  });

  test("that is thrown away is not waited for: a container may keep the pipe", () => {
    assert.equal(run(`${short}; as_account sh -c "sleep 5 &" >/dev/null 2>&1; echo "$?"`).stdout, "0\n");
  });
});

describe("while others wait", () => {
  const slow =
    'hundredths() { cat "$work/clock"; }; runs() { as_account sh -c "$1"; echo "$?"; }; echo 0 >"$work/clock"';
  const takes = (hundredths: number) => `runs 'echo ${hundredths} >"${"$work"}/clock"'`;

  test("the account has one limit of time for all of its calls, and then is asked nothing more", () => {
    const commands = `${slow}; export work
hold() { held=yes; patience 60; }
hold; ${takes(3000)}; ${takes(5999)}; runs 'exit 3'; ${takes(6001)}; runs 'touch "$work/asked"'`;
    const { stdout, work } = run(commands);
    assert.equal(stdout, "0\n0\n3\n0\n124\n");
    assert.ok(!existsSync(join(work, "asked")));
  });

  test("a call gets no more time than is left", () => {
    const { stdout } = run(`timeout() { echo "$*" >>"$work/limits"; }
hurry 5 as_account true; hurry 500 as_account true; grep -o '^-k 5 [0-9]*' "$work/limits"`);
    assert.equal(stdout, "-k 5 6\n-k 5 60\n");
  });

  test("the first call that is not answered in time ends it; a short stop that takes longer does not", () => {
    const late = (code: number) => `runs 'exit ${code}'; runs 'echo asked'`;
    const silent = run(`${slow}; hurry 200 eval "${late(124)}"`);
    assert.equal(silent.stdout, "124\n124\n");
    const killed = run(`${slow}; hurry 200 eval "${late(137)}"`);
    assert.equal(killed.stdout, "137\n124\n");
    const brief = run(`${slow}; within=10; hurry 200 eval "${late(124)}"`);
    assert.equal(brief.stdout, "124\nasked\n0\n");
  });

  test("where nobody waits, each call has its own time", () => {
    assert.equal(run(`${slow}; runs 'exit 124'; runs 'echo asked'`).stdout, "124\nasked\n0\n");
  });

  test("the manager's lock begins with new patience, but not within a rollback", () => {
    const holds = 'lock=$work/lock; : >"$lock"; hold_manager; cat "$work/patience"; release_manager';
    assert.equal(run(`has_account_units() { false; }; ${holds}`, ["paths"]).stdout, "6000\n");
    const back = `go_back() { echo 7 >"$work/patience"; ${holds}; }; has_account_units() { false; }; rollback`;
    assert.equal(run(`${back}`, ["paths", "journal"]).stdout, "7\n");
  });
});

describe("a directory is synced for an account that stops each sync", () => {
  test("and that ends", () => {
    const { stdout, status } = run('as=false; sync_directory "$home/a/b"; echo "$?"', ["paths"]);
    assert.deepEqual([stdout, status], ["1\n", 0]);
  });
});

describe("an account that is gone", () => {
  const gone = `account=- as_account= account_runtime= shared=$state home=$work/root; mkdir "$home"; echo test >"$own/account"`;
  const journal = [
    "file\t1\t~/.config/containers/systemd/app.container",
    "absent\t-\t~/.config/x",
    "staged\t-\t~/.config/containers/systemd/.quadlet-fleet.web.0",
    "lent\t~app-handover.service\t~%t/containers/systemd/app-handover.container",
    "active\t-\t~app.service",
    "disabled\t-\t~app.socket",
    "image\tabc\tdocker.io/library/httpd:2",
    "kept\tabc\tlocalhost/quadlet-fleet/system:web-0",
    "active\t-\tweb.service",
    "absent\t-\t/nonexistent/web.socket",
  ];
  const write = `mkdir "$own/rollback.new"; echo '[Install]' >"$own/rollback.new/1"
printf '%b\n' '${journal.join("' '")}' >"$own/journal"`;

  test("leaves nothing in a rollback that would be done as root in its place", () => {
    const undo = `${gone}; ${write}; recorded() { known=; }; close_inbox() { :; }
add_started() { cat "$work/undo" && restore_files && find "$home" && exit; }; rollback`;
    const { stdout, work } = run(undo, ["paths", "journal-units", "journal"]);
    assert.equal(
      stdout,
      `absent\t-\t/nonexistent/web.socket\nactive\t-\tweb.service\n${join(work, "root")}\n`,
    );
  });

  test("its lines are those of all where it is there", () => {
    const { stdout } = run(`echo test >"$own/account"; ${write}; of_all <"$own/journal" | wc -l`, [
      "journal",
    ]);
    assert.equal(stdout.trim(), String(journal.length));
    const rootful = `${gone}; echo - >"$own/account"; ${write}; of_all <"$own/journal" | wc -l`;
    assert.equal(run(rootful, ["journal"]).stdout.trim(), String(journal.length));
  });

  test("has no paths, and nothing can be made where they would be", () => {
    const paths = `${gone}; for each in "~/x" "~%t/x"; do expand "$each"; echo "$? $path $as"; done
echo text >"$work/text"; expand "~/.config/x"; restore "$work/text" || echo failed; find "$home"`;
    const { stdout, work } = run(paths, ["paths", "journal"]);
    const nowhere = "1 /dev/null/no-account \n";
    assert.equal(
      stdout.replaceAll(/.*cannot create.*\n/g, ""),
      `${nowhere}${nowhere}failed\n${join(work, "root")}\n`,
    );
  });

  test("is still known after the next transaction has begun", () => {
    const begin = `${gone}; set_up() { for each in is_free one_at_a_time install_recovery record; do eval "$each() { :; }"; done; }
set_up; mkdir -p "$work/x"; for each in owner manifest.begin units.begin; do : >"$work/$each"; done; step_begin; cat "$own/account"`;
    assert.equal(run(begin, ["steps"]).stdout, "test\n");
  });

  test("its networks and images are no business of root's podman", () => {
    const podman = 'podman() { echo "podman $*" >>"$work/asked"; }; : >"$work/asked"';
    const commands = `${gone}; ${podman}; printf '%s\\n' "~systemd-web" systemd-own >"$own/networks"
mkdir "$own/former"; printf 'localhost/quadlet-fleet/former/system:web-0\\tx\\n' >"$own/former/kept"
leave_networks /dev/null; forget_former; cat "$work/asked"`;
    assert.equal(
      run(commands, ["networks", "images", "versions"]).stdout,
      "podman network rm -- systemd-own\n",
    );
  });
});

test("what containers still have of root's podman: a list for each account, as only its own sets wait for each other", () => {
  const commands = `podman() { return 2; }; runs() { echo systemd-$account >"$own/networks"; leave_networks /dev/null; }
echo systemd-other >"$state/networks"; runs; account=more; runs; head -n 9 "$state"/networks "$state"/networks.test "$state"/networks.more`;
  const { stdout, work } = run(commands, ["networks"]);
  const list = (name: string, network: string) => `==> ${join(work, "state", name)} <==\n${network}\n`;
  const lists = [
    list("networks", "systemd-other"),
    list("networks.test", "systemd-test"),
    list("networks.more", "systemd-more"),
  ];
  assert.equal(stdout, lists.join("\n"));
});
