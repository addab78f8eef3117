import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";

// What a host keeps of the previous version at a commit, and of its images. podman is imitated: its storage is a file with a line for
// each name of an image, and a line with "-" as long as the image is there.

const scripts = join(import.meta.dirname, "../../host/transaction/scripts");
const reference = "docker.io/library/nginx:1";
const former = "localhost/quadlet-fleet/former/system:web-0";
const [one, two, three] = ["1".repeat(64), "2".repeat(64), "3".repeat(64)] as const;

const root = mkdtempSync(join(tmpdir(), "quadlet-fleet-versions-"));
after(() => rmSync(root, { recursive: true }));

const imitations = `
# Killed right before this call.
counted() {
  count=$((count + 1))
  [ "$count" != "$crash" ] || { kill -9 $$ && exit; }
}
mv() { counted && command mv "$@"; }
podman() {
  counted
  case "$1 $2" in
    "image exists") grep -Fq -e "$3 " "$work/storage" ;;
    "image inspect")
      found=$(sed -n "s|^$6 ||p" "$work/storage")
      [ -n "$found" ] || found=$(grep -Fx -e "- $6" "$work/storage" | cut -c 3-)
      [ -n "$found" ] && echo "$found"
      ;;
    tag*)
      id=$(sed -n "s|^$2 ||p" "$work/storage")
      unnamed "$3"
      echo "$3 \${id:-$2}" >>"$work/storage"
      ;;
    untag*) grep -Fq -e "$3 " "$work/storage" && unnamed "$3" ;;
    images*) sed -n 's/^- //p' "$work/storage" | while read -r id; do grep -v '^-' "$work/storage" | grep -Fq -e " $id" || echo "sha256:$id"; done ;;
    rmi*) sed -i "/ $2\\$/d" "$work/storage" ;;
  esac
}
unnamed() { sed -i "\\|^$1 |d" "$work/storage"; }`;

/** A host on which versions are committed. */
function host() {
  const work = mkdtempSync(join(root, "host-"));
  const read = (name: string) => {
    const path = join(work, name);
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  };
  const run = (commands: string, crash = 0) => {
    const script = `set -u; . "$1/account.sh"; . "$1/journal.sh"; . "$1/images.sh"; . "$1/steps.sh"; . "$1/versions.sh"
work=$2 own=$2 shared=$2/shared manager=system set=web account=- as_account= failed= crash=$3 count=0 tab=$(printf '\\t')
one_at_a_time() { "$@"; }
${imitations}
${commands}`;
    const argv = ["-c", script, "sh", scripts, work, String(crash)];
    const { stdout, stderr, signal } = spawnSync("sh", argv, { encoding: "utf8" });
    assert.equal(stderr, "");
    return { stdout, signal };
  };
  writeFileSync(join(work, "storage"), `${reference} ${one}\n- ${one}\n- ${two}\n- ${three}\n`);
  /** Runs up to the rename of the journal. `started`: the image that the reference stands for from now on. */
  const decide = (text: string, started?: string): void => {
    const start =
      started === undefined ? "" : `podman tag ${started} ${reference}; started_with ${started} ${reference}`;
    run(`own=$work/set; mkdir -p "$own"; : >"$work/started-with"; ${start}
printf %s '${text}' >"$work/version"; echo ${reference} >"$work/images"
stage_version && offer_version && : >"$own/committed"`);
  };
  /** Runs what follows, also after a crash. */
  const settle = (crash = 0) => run(`own=$work/set; settle_version`, crash);
  const commit = (text: string, started?: string): void => {
    decide(text, started);
    settle();
  };
  const state = () => ({
    version: read("set/version/text"),
    former: read("set/former/text"),
    kept: read("set/former/kept"),
    images: read("set/version/images"),
    storage: read("storage").split("\n").filter(Boolean).sort(),
    isOpen: existsSync(join(work, "set/version.new")),
  });
  return { run, commit, decide, settle, state };
}

describe("texts", () => {
  const { commit, state, run } = host();
  const is = (version: string, former: string) =>
    assert.deepEqual([state().version, state().former, state().isOpen], [version, former, false]);

  test("the first version has none before it", () => {
    commit("A");
    is("A", "");
  });
  test("the next one has", () => {
    commit("B");
    is("B", "A");
  });
  test("a repair is no other version", () => {
    commit("B");
    is("B", "A");
  });
  test("one version before is kept", () => {
    commit("C");
    is("C", "B");
  });
  test("one that has a secret in clear is not kept", () => {
    run(`echo yes >"$work/alone"`);
    commit("D");
    run(`: >"$work/alone"`);
    is("D", "");
    commit("E");
    is("E", "D");
  });
});

describe("images", () => {
  const { commit, state, run } = host();
  const names = () => state().storage.filter((line) => !line.startsWith("-"));
  const there = () => state().storage.flatMap((line) => /^- (.)/.exec(line)?.[1] ?? []);

  test("a reference that stands for another one now: the replaced image gets a name", () => {
    commit("A", one);
    commit("B", two);
    assert.equal(state().kept, `${former}\t${reference}\n`);
    assert.deepEqual(names(), [`${reference} ${two}`, `${former} ${one}`]);
  });
  test("so does the next, and the one before that goes", () => {
    commit("C", three);
    assert.deepEqual(names(), [`${reference} ${three}`, `${former} ${two}`]);
    assert.deepEqual(there(), ["2", "3"]);
  });
  const back = (text: string, now: string) =>
    `own=$work/set; note_pulled() { echo pulled; }; : >"$own/journal"; : >"$work/kept"; : >"$work/kept.sed"; : >"$work/started-with"
printf %s ${text} >"$work/version"; bring_back_image ${reference} "${now}" || echo failed; cat "$work/started-with" "$work/kept" "$own/journal"`;

  test("going back gives the reference its image, which waits for its tag as after a pull", () => {
    const name = "localhost/quadlet-fleet/system:web-0";
    assert.equal(
      run(back("B", three)).stdout,
      `${two}\t${reference}\n${name}\t${reference}\nimage\t${three}\t${reference}\nkept\t${two}\t${name}\n`,
    );
    run(`podman untag ${name} ${name}`);
  });
  test("a host that has that version already keeps its image", () => {
    assert.equal(run(back("C", three)).stdout, `${three}\t${reference}\n`);
  });
  test("another version since the host was asked: it fails", () => {
    assert.match(run(back("X", three)).stdout, /^another version was deployed here a moment ago\nfailed\n/);
  });
  test("a reference that stands for nothing gets it at once", () => {
    run(`podman untag ${reference} ${reference}`);
    assert.equal(run(back("B", "")).stdout, `pulled\n${two}\t${reference}\n`);
    assert.ok(names().includes(`${reference} ${two}`));
    run(`podman tag ${three} ${reference}`);
  });
  test("the image is gone, or not known: it fails", () => {
    run(
      `grep -v "^- ${two}" "$work/storage" >"$work/rest"; cp "$work/storage" "$work/whole"; cp "$work/rest" "$work/storage"`,
    );
    assert.match(run(back("B", three)).stdout, /is not on the host any more[^]*failed/);
    run(
      `cp "$work/whole" "$work/storage"; own=$work/set; cp "$own/former/images" "$work/list"; : >"$own/former/images"`,
    );
    assert.match(run(back("B", three)).stdout, /does not know which image it was[^]*failed/);
    run(`own=$work/set; cp "$work/list" "$own/former/images"`);
  });
  test("a repair may start with another image: the version before stays what it is", () => {
    commit("C", one);
    assert.deepEqual([state().version, state().former, state().images], ["C", "B", `${one}\t${reference}\n`]);
    commit("C", three);
  });
  test("a version with the same image: nothing is kept by another name", () => {
    commit("D");
    assert.deepEqual([state().kept, names(), there()], ["", [`${reference} ${three}`], ["3"]]);
  });
  test("the set goes: so does what was kept", () => {
    commit("E", one);
    run(`own=$work/set; forget_former`);
    assert.deepEqual(names(), [`${reference} ${one}`]);
  });
});

test("killed at any moment after the decision: the next who comes ends it the same", () => {
  const whole = host();
  whole.commit("A", one);
  whole.commit("B", two);
  whole.commit("C", three);
  let wasKilled = true;
  let crash = 0;
  while (wasKilled) {
    crash += 1;
    const { commit, decide, settle, state } = host();
    commit("A", one);
    commit("B", two);
    decide("C", three);
    wasKilled = settle(crash).signal === "SIGKILL";
    settle();
    const { storage, ...rest } = state();
    const { storage: expected, ...others } = whole.state();
    assert.deepEqual(rest, others, `killed before call ${crash}`);
    // An image may be left without a name, which `podman image prune` removes.
    const named = (lines: readonly string[]) => lines.filter((line) => !line.startsWith("-"));
    assert.deepEqual(named(storage), named(expected), `killed before call ${crash}`);
  }
  assert.ok(crash > 4, `only ${crash} moments`);
});
