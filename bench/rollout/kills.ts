import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { killEngine } from "../../test/hosts/support/engine.ts";
import { makeStack } from "../../test/hosts/support/stack.ts";
import { type TestHost, createFleet } from "../../tools/fleet/index.ts";
import { describeMachine, hostVersions, toolVersions } from "../machine.ts";
import type { Part } from "../part.ts";
import { killsReport } from "./report.ts";
import { Scene } from "./scene.ts";

const kills = 50;

/** Kills engine and plugin in the middle of rollouts, each time at another moment. */
export const benchKills: Part = async ({ hosts: many, work, load }) => {
  await using fleet = await createFleet({ name: "bench", hosts: many });
  await using stack = await makeStack("bench-kills");
  process.on("exit", () => rmSync(stack.file, { force: true }));
  const scene = new Scene(fleet, stack);
  scene.want("0");
  await scene.up();
  const began = performance.now();
  scene.want("1");
  await scene.up();
  const usual = performance.now() - began;

  const requesting = await scene.startLoad();
  const seconds: number[] = [];
  let page = 1;
  for (let kill = 0; kill < kills; kill += 1) {
    const [old, wanted] = [String(page), String(page + 1)];
    scene.want(wanted);
    const moment = Math.random() * usual;
    const what = `killed after ${(moment / 1000).toFixed(1)} s`;
    const running = scene.up();
    await sleep(moment);
    killEngine(stack.name);
    await running;
    await scene.expect(what, [old, wanted]);
    await stack.run(["cancel", "--yes"], { check: false });
    // If the program is as it was before, it has no difference. Then only a refresh finds what the killed rollout has left.
    const next = kill % 2 === 0 ? wanted : old;
    scene.want(next);
    const again = performance.now();
    const refreshed = next === old ? await scene.refresh() : 0;
    const code = await scene.up();
    seconds.push((performance.now() - again) / 1000);
    console.error(`bench: ${what}: page ${next} after ${seconds.at(-1)?.toFixed(1)} s`);
    if (refreshed !== 0 || code !== 0) scene.problems.push(`${what}: refresh ${refreshed}, up ${code}`);
    await scene.expect(`${what}, and up`, [next]);
    page = Number(next);
  }
  const answered = await requesting.stop();
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  const [first] = fleet.hosts as [TestHost];
  const versions = await hostVersions(first, ["podman", "--version"], ["systemctl", "--version"]);
  const machine = describeMachine(load, [...(await toolVersions(work)), ...versions]);
  const { problems } = scene;
  const results = { many, kills, ...answered, problems };
  const sorted = seconds.toSorted((one, other) => one - other);
  return { section: killsReport({ ...results, seconds: sorted }, machine), problems };
};
