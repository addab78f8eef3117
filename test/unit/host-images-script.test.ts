import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { imageProblem } from "../../units/image.ts";

// The tag of an image stays with the running version until the new one is activated. podman is imitated: its storage is a file with a
// line for each name and its image, and a line for each image.

const scripts = join(import.meta.dirname, "../../host/transaction/scripts");
const reference = "registry.example:5000/library/nginx:1.2";
const kept = "localhost/quadlet-fleet/user:web-0";
const [old, fresh] = ["0".repeat(64), "f".repeat(64)] as const;
const before = [`${reference} ${old}`, old];

const root = mkdtempSync(join(tmpdir(), "quadlet-fleet-images-"));
after(() => rmSync(root, { recursive: true }));

const podman = `podman() {
  printf '%s\\n' "$*" >>"$work/calls"
  # Killed right before this call.
  if [ "$(wc -l <"$work/calls")" = "$crash" ]; then kill -9 $$ && exit; fi
  case "$1 $2" in
    "image exists") grep -Fq -e "$3 " "$work/storage" ;;
    "image inspect")
      case $4 in *User*) echo "user of $6" && return ;; esac
      sed -n "s|^$6 ||p" "$work/storage"
      ;;
    pull*) named "$3" "$registry" && printf '%s\\n' "$registry" >>"$work/storage" && printf '%s\\n' "$registry" ;;
    tag*)
      id=$(sed -n "s|^$2 ||p" "$work/storage")
      named "$3" "\${id:-$2}"
      ;;
    untag*) grep -Fq -e "$3 " "$work/storage" && unnamed "$3" ;;
    images*) grep -v ' ' "$work/storage" | while read -r id; do grep -Fq -e " $id" "$work/storage" || echo "sha256:$id"; done ;;
    rmi*) sed -i "/^$2\\$/d" "$work/storage" ;;
  esac
}
unnamed() { sed -i "\\|^$1 |d" "$work/storage"; }
named() { unnamed "$1" && printf '%s %s\\n' "$1" "$2" >>"$work/storage"; }`;

/** A host with the old image, on which commands of the script run. Each run goes on where the last one ended. */
function host(registry: string) {
  const work = mkdtempSync(join(root, "host-"));
  const lines = (name: string) => readFileSync(join(work, name), "utf8").split("\n").filter(Boolean);
  const write = (name: string, content: string) => writeFileSync(join(work, name), content);
  write("storage", before.map((line) => `${line}\n`).join(""));
  for (const name of ["journal", "kept", "kept.sed", "started-with"]) write(name, "");
  const run = (commands: string, crash = 0): { stdout: string; signal: string | null } => {
    write("calls", "");
    const script = `set -u; . "$1/account.sh"; . "$1/journal.sh"; . "$1/stand-ins.sh"; . "$1/validate.sh"; . "$1/images.sh"; . "$1/versions.sh"
work=$2 own=$2 registry=$3 crash=$4 manager=user set=web as_account= failed= tab=$(printf '\\t')
one_at_a_time() { "$@"; }
own_storage() { :; }
stage_files() { stage=/stage; }
expand() { path=$1 as=; }
timeout() { shift && "$@"; }
${podman}
${commands}`;
    const argv = ["-c", script, "sh", scripts, work, registry, String(crash)];
    const { stdout, stderr, signal } = spawnSync("sh", argv, { encoding: "utf8", timeout: 20_000 });
    assert.equal(stderr, "");
    return { stdout, signal };
  };
  return { run, write, work, calls: () => lines("calls"), storage: () => lines("storage").sort() };
}

const pull = `step_pull always ${reference} - >/dev/null || echo failed`;
const tag = `step_tag ${reference} || echo failed`;
const rollback = `tac "$own/journal" >"$work/undo"; restore_images
while read -r id; do remove_nameless "$id"; done <"$work/nameless"; printf %s "$failed"`;

describe("a pull brings the same image", () => {
  const { run, calls, storage } = host(old);

  test("podman is asked for nothing more than the pull needs", () => {
    assert.equal(run(pull).stdout, "");
    assert.deepEqual(
      calls().map((call) => call.replace(/ .*/, "")),
      ["image", "pull"],
    );
    assert.equal(run(`image_of ${reference}`).stdout, reference);
  });

  test("the activation has no tag to move", () => {
    assert.equal(run(tag).stdout, "");
    assert.deepEqual([calls(), [...new Set(storage())]], [[], [old, `${reference} ${old}`].sort()]);
  });
});

test("another set pulls it between two looks: it is there", () => {
  const { run, write, calls } = host(fresh);
  write("storage", "");
  const later = `podman() {
  printf '%s\\n' "$*" >>"$work/calls"
  case "$1 $2" in
    "image exists") echo "${reference} ${fresh}" >"$work/storage" ;;
    "image inspect") sed -n "s|^$6 ||p" "$work/storage" ;;
  esac
}`;
  assert.equal(
    run(`${later}\nstep_pull missing ${reference} - || echo failed; cat "$work/started-with"`).stdout,
    `${fresh}\t${reference}\n`,
  );
  assert.ok(!calls().some((call) => call.startsWith("pull")));
});

describe("a pull brings another image", () => {
  const { run, write, work, calls, storage } = host(fresh);

  test("the old one gets its tag back first, and the new one waits under another name", () => {
    assert.equal(run(pull).stdout, "");
    assert.deepEqual(calls().slice(1), [
      `pull --quiet ${reference}`,
      `tag ${old} ${reference}`,
      `tag ${fresh} ${kept}`,
    ]);
    assert.deepEqual(storage(), [...before, `${kept} ${fresh}`, fresh].sort());
  });

  test("checks are about the new one", () => {
    write("check.0", `entrypoint\tnginx\nimage\t${reference}\nword\t-t\n`);
    assert.equal(run("step_try 0").stdout, "");
    assert.match(calls()[0] ?? "", new RegExp(` --entrypoint nginx ${kept} -t$`));
    const said = run(`step_readers ${reference} /secret`).stdout;
    assert.match(said, new RegExp(`^The image ${reference} starts nginx as "user of ${kept}"`));
  });

  test("stand-ins have the new one", () => {
    assert.equal(run(`image_of ${reference}`).stdout, kept);
    for (const other of [`x${reference}`, `${reference}-x`, reference.replace(".", "x")])
      assert.equal(run(`image_of ${other}`).stdout, other);
    const unit = (image: string, word: string) =>
      [
        `Image=${image}`,
        `Environment=IMAGE=${reference}`,
        `ExecStart=/usr/bin/podman run --env IMAGE=${reference} ${word}`,
        `ExecStart=/usr/bin/podman run "${word}" nginx`,
        `ExecStart=/usr/bin/podman run ${reference}-x`,
        `ExecStart=/usr/bin/podman run ${reference.replace(".", "x")}`,
        `Image=${reference}-x`,
        "",
      ].join("\n");
    write("0", `${unit(reference, reference)}Volume=@STAGE@/a:/b\n`);
    run(`step_lend 0 ${work}/lent web-rehearsal.service`);
    assert.equal(readFileSync(join(work, "lent"), "utf8"), `${unit(kept, kept)}Volume=/stage/a:/b\n`);
  });

  test("the activation moves the tag", () => {
    assert.equal(run(tag).stdout, "");
    assert.deepEqual(calls(), [`tag ${kept} ${reference}`]);
    assert.deepEqual(storage(), [`${reference} ${fresh}`, `${kept} ${fresh}`, old, fresh].sort());
  });

  test("the commit leaves nothing by the other name", () => {
    run("leave_kept");
    assert.deepEqual(storage(), [`${reference} ${fresh}`, old, fresh].sort());
  });

  test("before the journal is gone, a rollback gives it back, and removes the new one", () => {
    assert.equal(run(rollback).stdout, "");
    assert.deepEqual(storage(), [...before].sort());
  });
});

test("killed before any call of podman: a rollback leaves what was there before", () => {
  const { run, calls } = host(fresh);
  const all = `${pull}; ${tag}; leave_kept`;
  run(all);
  const total = calls().length;
  assert.ok(total > 4);
  for (let crash = 1; crash <= total; crash += 1) {
    const { run, storage } = host(fresh);
    assert.equal(run(all, crash).signal, "SIGKILL");
    assert.equal(run(rollback).stdout, "");
    assert.deepEqual(storage(), [...before].sort(), `before call ${crash}`);
  }
});

test("two references of one image: each has a name of its own", () => {
  const { run, write, storage } = host(fresh);
  const other = "registry.example/other:1";
  write("storage", [...before, `${other} ${old}`].map((line) => `${line}\n`).join(""));
  run(`${pull}; step_pull always ${other} - >/dev/null; ${tag}; step_tag ${other}; leave_kept`);
  assert.deepEqual(
    [...new Set(storage())],
    [`${other} ${fresh}`, `${reference} ${fresh}`, old, fresh].sort(),
  );
});

test("each name of a set makes a name that an image can have", () => {
  for (const set of ["web", "A.b_c-", "_".repeat(100)])
    for (const manager of ["user", "system"])
      assert.equal(imageProblem(kept.replace("user:web", `${manager}:${set}`)), undefined);
});
