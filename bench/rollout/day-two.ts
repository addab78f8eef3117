import { rmSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { quadletFleet } from "../../test/hosts/support/command-line.ts";
import { makeStack } from "../../test/hosts/support/stack.ts";
import { execute } from "../../tools/execute.ts";
import { type Fleet, type TestHost, createFleet } from "../../tools/fleet/index.ts";
import { describeMachine, hostVersions, toolVersions } from "../machine.ts";
import type { Part } from "../part.ts";
import { dayTwoReport } from "./report.ts";
import { Scene } from "./scene.ts";

/** The command line on a fleet: `status` of many hosts, two of them dead and one drifted, and a `rollback` of all. */
export const benchDayTwo: Part = async ({ hosts: many, work, load }) => {
  await using fleet = await createFleet({ name: "bench", hosts: many });
  await using stack = await makeStack("bench-day-two");
  process.on("exit", () => rmSync(stack.file, { force: true }));
  const scene = new Scene(fleet, stack);
  const [refusing, hole, drifted] = fleet.hosts.slice(-3) as [TestHost, TestHost, TestHost];
  const conf = "/etc/quadlet-fleet/www/conf.d/default.conf";
  const status = async (expected: Record<string, number>) => {
    const { code, stdout } = await quadletFleet(stack, ["status", "--json"]);
    const states = Map.groupBy(JSON.parse(stdout) as { state: string }[], ({ state }) => state);
    const found = Object.fromEntries([...states].map(([state, rows]) => [state, rows.length]));
    if (!isDeepStrictEqual(found, expected)) scene.problems.push(`status: ${JSON.stringify(found)}`);
    return code;
  };

  scene.want("one");
  await scene.step("first up", () => scene.up());
  await scene.step("status", () => status({ "as deployed": many }));
  await scene.step("plain ssh to each host, for the state of one unit", () => plainSsh(fleet));
  await refusing.run(["systemctl", "stop", "ssh.socket", "ssh.service"], { check: false });
  await hole.run(["ip", "route", "add", "blackhole", `${fleet.gateway}/32`]);
  const text = await drifted.read(conf);
  await drifted.write(conf, `${text}# edited\n`);
  const dead = { "as deployed": many - 3, differs: 1, "not seen": 2 };
  await scene.step("status, two hosts dead and one drifted", () => status(dead), "fails");
  await refusing.run(["systemctl", "start", "ssh.service"]);
  await hole.run(["ip", "route", "del", "blackhole", `${fleet.gateway}/32`]);
  await drifted.write(conf, text);

  scene.want("two");
  await scene.step("one-file change", () => scene.up());
  const requesting = await scene.startLoad();
  const rollback = async () => (await quadletFleet(stack, ["rollback", "www", "--yes"])).code;
  await scene.step("rollback", rollback);
  await scene.expect("rollback", ["one"]);
  const preview = await stack.preview();
  if (!preview.includes("- drift:")) scene.problems.push("the preview after the rollback finds nothing");
  await scene.step("up goes forward again", () => scene.up());
  await scene.expect("up", ["two"]);
  const answered = await requesting.stop();

  await stack.run(["destroy", "--yes", "--skip-preview"]);
  const versions = await hostVersions(drifted, ["podman", "--version"], ["systemctl", "--version"]);
  const machine = describeMachine(load, [...(await toolVersions(work)), ...versions]);
  const { rows, problems } = scene;
  return { section: dayTwoReport({ many, rows, ...answered, problems }, machine), problems };
};

/** The lower limit for a status: a login to each host at once, and a question. */
async function plainSsh({ hosts, identityFile, knownHostsFile }: Fleet): Promise<number> {
  const ssh = ["ssh", "-F", "none", "-i", identityFile, "-o", "BatchMode=yes"];
  const known = ["-o", `UserKnownHostsFile=${knownHostsFile}`];
  const question = ["systemctl", "is-active", "--quiet", "www.service"];
  await Promise.all(hosts.map(({ address }) => execute([...ssh, ...known, `root@${address}`, ...question])));
  return 0;
}
