import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

// At boot, half-done sets are recovered. start.sh itself runs; what follows it is imitated.

const start = readFileSync(new URL("../../host/transaction/scripts/start.sh", import.meta.url), "utf8");
const root = mkdtempSync(join(tmpdir(), "quadlet-fleet-boot-"));
after(() => rmSync(root, { recursive: true }));

/** "first" waits for the set of the other account, and "second" must not run beside "first". */
const recovers = `echo "$mode $set $account $who $work" >>"$HOME/log"
case $set in
  first)
    tries=100
    until [ -e "$HOME/done.other" ] || [ "$tries" = 0 ]; do tries=$((tries - 1)) && sleep 0.1; done
    [ "$tries" != 0 ] || echo "first has waited for nothing" >>"$HOME/log" ;;
  second) [ -e "$HOME/done.first" ] || echo "second runs beside first" >>"$HOME/log" ;;
esac
: >"$HOME/done.$set"
`;

test("the sets of an account one after the other, and those of another account at the same time", () => {
  const script = join(root, "recovery.sh");
  writeFileSync(script, start + recovers);
  const [runtime, work] = [join(root, "runtime"), join(root, "work")];
  for (const directory of [runtime, work]) mkdirSync(directory);
  for (const [set, account, isLeft] of [
    ["first", "nobody", true],
    ["second", "nobody", true],
    ["other", "root", true],
    ["whole", "root", false],
  ] as const) {
    const own = join(root, ".local/state/quadlet-fleet/sets", set);
    mkdirSync(own, { recursive: true });
    writeFileSync(join(own, "account"), `${account}\n`);
    if (isLeft) writeFileSync(join(own, "journal"), "");
  }
  const env = { ...process.env, HOME: root, XDG_RUNTIME_DIR: runtime, RUNTIME_DIRECTORY: work };
  const { stderr, status } = spawnSync("sh", [script, "boot", "user", "-", "-", "no"], {
    encoding: "utf8",
    env,
  });
  assert.deepEqual([stderr, status], ["", 0]);
  const log = readFileSync(join(root, "log"), "utf8").split("\n").filter(Boolean);
  assert.deepEqual(log.sort(), [
    `recover first nobody boot ${work}/set.first`,
    `recover other root boot ${work}/set.other`,
    `recover second nobody boot ${work}/set.second`,
  ]);
});
