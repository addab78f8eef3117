import { rmSync } from "node:fs";
import { makeStack } from "../../test/hosts/support/stack.ts";
import { type TestHost, createFleet } from "../../tools/fleet/index.ts";
import { expectPage, images, urls } from "../job.ts";
import { describeMachine, hostVersions, toolVersions } from "../machine.ts";
import type { Part } from "../part.ts";
import { type Row, rolloutReport } from "./report.ts";
import { Scene } from "./scene.ts";

const [, other] = images;

/**
 * A site on many hosts: how long a rollout takes, and what is left when hosts fail in the middle of it. Requests go to every host all the
 * time, and none may fail.
 */
export const benchRollout: Part = async ({ hosts: many, work, load }) => {
  await using fleet = await createFleet({ name: "bench", hosts: many });
  await using stack = await makeStack("bench-rollout");
  process.on("exit", () => rmSync(stack.file, { force: true }));
  const scene = new Scene(fleet, stack);
  const rows: Row[] = [];
  const problems: string[] = [];
  const step = async (
    what: string,
    action: () => Promise<number>,
    end: "succeeds" | "fails" = "succeeds",
  ) => {
    const [began, before] = [performance.now(), await scene.logins()];
    const code = await action();
    const seconds = (performance.now() - began) / 1000;
    rows.push({ what, seconds, logins: ((await scene.logins()) - before) / many });
    console.error(`bench: ${what}: ${seconds.toFixed(1)} s`);
    if ((code === 0) !== (end === "succeeds")) problems.push(`${what}: exit status ${code}`);
  };
  const answers = async (what: string, page: string, among = fleet.hosts) => {
    const wrong = await scene.others([page], among);
    if (wrong.length > 0) problems.push(`${what}: not "page ${page}": ${wrong.join(", ")}`);
  };

  scene.want("one");
  await step("first up", () => scene.up());
  await expectPage(fleet, urls(fleet), "one");
  await step("unchanged up", () => scene.up());
  scene.want("two");
  await step("one-file change", () => scene.up());
  scene.want("three", { rollout: { canary: 0, minHealthyTime: 0 } });
  await step("one-file change, all hosts at once", () => scene.up());
  await step("refresh", () => scene.refresh());

  const loads = await scene.startLoads();
  const [bad, second] = [Math.ceil(many * 0.6), Math.ceil(many * 0.8)].map(
    (at) => fleet.hosts[at - 1],
  ) as TestHost[];
  const failing = [bad, second].filter((host) => host !== undefined);

  scene.want("four", { image: other, commands: scene.refusing(failing.slice(0, 1)) });
  await step("image change that fails on one host: all go back", () => scene.up(), "fails");
  await answers("all go back", "three");
  scene.want("three");
  await step("a preview finds nothing afterwards", () => scene.up());

  scene.want("five", { image: other, commands: scene.refusing(failing), rollout: { maxFailures: 2 } });
  await step("image change that fails on two hosts, maxFailures: 2", () => scene.up(), "fails");
  await answers(
    "within the budget",
    "five",
    fleet.hosts.filter((host) => !failing.includes(host)),
  );
  await answers("the failed hosts", "three", failing);
  scene.want("five", { image: other });
  await step("the next up: the two hosts", () => scene.up());
  await answers("the next up", "five");

  const { requests, failed } = await loads.stop();
  if (failed > 0) problems.push(`${failed} of ${requests} requests failed`);
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  const [first] = fleet.hosts as [TestHost];
  const versions = await hostVersions(first, ["podman", "--version"], ["systemctl", "--version"]);
  const machine = describeMachine(load, [...(await toolVersions(work)), ...versions]);
  return { section: rolloutReport({ many, rows, requests, failed, problems }, machine), problems };
};
