import { rmSync } from "node:fs";
import { makeStack } from "../../test/hosts/support/stack.ts";
import { type TestHost, createFleet } from "../../tools/fleet/index.ts";
import { expectPage, images, urls } from "../job.ts";
import { describeMachine, hostVersions, toolVersions } from "../machine.ts";
import type { Part } from "../part.ts";
import { rolloutReport } from "./report.ts";
import { Scene } from "./scene.ts";

const [, other] = images;

/**
 * A site on many hosts: how long a rollout takes, and what is left when hosts fail in the middle of it. Requests go to every host all the
 * time, and none of them may fail.
 */
export const benchRollout: Part = async ({ hosts: many, work, load }) => {
  await using fleet = await createFleet({ name: "bench", hosts: many });
  await using stack = await makeStack("bench-rollout");
  process.on("exit", () => rmSync(stack.file, { force: true }));
  const scene = new Scene(fleet, stack);

  scene.want("one");
  await scene.step("first up", () => scene.up());
  await expectPage(fleet, urls(fleet), "one");
  await scene.step("unchanged up", () => scene.up());
  scene.want("two");
  await scene.step("one-file change", () => scene.up());
  scene.want("three", { rollout: { canary: 0, minHealthyTime: 0 } });
  await scene.step("one-file change, all hosts at once", () => scene.up());
  await scene.step("refresh", () => scene.refresh());

  const requesting = await scene.startLoad();
  const [bad, second] = [Math.ceil(many * 0.6), Math.ceil(many * 0.8)].map(
    (at) => fleet.hosts[at - 1],
  ) as TestHost[];
  const failing = [bad, second].filter((host) => host !== undefined);

  scene.want("four", { image: other, commands: scene.refusing(failing.slice(0, 1)) });
  await scene.step("image change that fails on one host: all go back", () => scene.up(), "fails");
  await scene.expect("all go back", ["three"]);
  scene.want("three");
  await scene.step("a preview finds nothing afterwards", () => scene.up());

  scene.want("five", { image: other, commands: scene.refusing(failing), rollout: { maxFailures: 2 } });
  await scene.step("image change that fails on two hosts, maxFailures: 2", () => scene.up(), "fails");
  const others = fleet.hosts.filter((host) => !failing.includes(host));
  await scene.expect("within the budget", ["five"], others);
  await scene.expect("the failed hosts", ["three"], failing);
  scene.want("five", { image: other });
  await scene.step("the next up: the two hosts", () => scene.up());
  await scene.expect("the next up", ["five"]);

  const answered = await requesting.stop();
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  const [first] = fleet.hosts as [TestHost];
  const versions = await hostVersions(first, ["podman", "--version"], ["systemctl", "--version"]);
  const machine = describeMachine(load, [...(await toolVersions(work)), ...versions]);
  const { rows, problems } = scene;
  return { section: rolloutReport({ many, rows, ...answered, problems }, machine), problems };
};
