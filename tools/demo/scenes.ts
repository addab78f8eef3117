import { readFileSync, writeFileSync } from "node:fs";
import { underLoad } from "../load/index.ts";
import { type LoadReport, failures } from "../load/report.ts";
import { engine } from "./engine.ts";
import { answer, changes, versionOf, withChange } from "./examples.ts";
import { type DemoHost, showPage } from "./host.ts";
import { say } from "./say.ts";
import { stackFile, whileChanged } from "./stack-file.ts";

const port = 8080;
/** Options: the output shows only what differs from one change to the next. */
const short = ["--suppress-outputs", "--suppress-progress"];

/** Three changes of Example 1: one that is deployed, one that the preview refuses, and one that the host rolls back. */
export async function showChanges(host: DemoHost): Promise<void> {
  const version = versionOf(readFileSync(stackFile, "utf8"), host.account);
  if (version === undefined) {
    say(
      "example1 of stacks/Pulumi.demo.yaml is not as the demo wrote it: the three changes of it are left out",
    );
    return;
  }
  await deploy(host, version + 1);
  await refuse(host);
  await takeBack(host, version + 1);
}

async function deploy(host: DemoHost, version: number): Promise<void> {
  say(`1. A change of one line: the page of example1 is to say version ${version}`);
  writeFileSync(stackFile, changed(changes.version(version)));
  say("pulumi preview --diff, which does not contact the host", "3 s");
  await engine(["preview", "--diff", ...short], { show: true });
  say("pulumi up, while six clients send requests", "5 s");
  const report = await requests(host, async () => {
    await engine(["up", "--yes", "--skip-preview", ...short], { show: true });
  });
  console.log(sentence(report));
  if (!report.bodies[`/ version ${version}`]) throw new Error(`No client got version ${version}.`);
}

async function refuse(host: DemoHost): Promise<void> {
  say("2. A change that is refused: listen says port 8081, but the nginx configuration still says 8080");
  await whileChanged(changed(changes.refused), async () => {
    say("pulumi preview", "3 s");
    await fails(["preview", ...short], "which no socket passes on");
  });
  console.log("Refused, without contact to the host. It still serves:");
  await showPage(host, port);
}

async function takeBack(host: DemoHost, version: number): Promise<void> {
  say(
    `3. A change that is rolled back: version ${version + 1} is served, and then a check of your own fails`,
  );
  const before = await showPage(host, port);
  await whileChanged(changed(changes.broken(version + 1)), async () => {
    say(
      "pulumi up, while six clients send requests. The check is a command of the stack file (commands.after), which runs on the host",
      "5 s",
    );
    const report = await requests(host, () =>
      fails(["up", "--yes", ...short], "the host is as it was before"),
    );
    console.log(sentence(report));
  });
  console.log("Rolled back. The page is that of before:");
  if ((await showPage(host, port)) !== before) throw new Error("The page is not that of before.");
  console.log("stacks/Pulumi.demo.yaml is put back.");
}

/** The stack file with a change of Example 1. */
const changed = (change: object) => withChange(readFileSync(stackFile, "utf8"), change);

/** Runs a command of Pulumi that has to fail for this reason. */
async function fails(argv: readonly string[], reason: string): Promise<void> {
  const { code, stdout, stderr } = await engine(argv, { show: true, check: false });
  if (code === 0) throw new Error(`pulumi ${argv.join(" ")} should have failed.`);
  if (!`${stdout}${stderr}`.includes(reason))
    throw new Error(`pulumi ${argv.join(" ")} failed, but not for the reason that the demo shows.`);
}

/** @throws Error if a request failed */
async function requests(host: DemoHost, action: () => Promise<void>): Promise<LoadReport> {
  const hosts = [host.connection.address];
  const paths = { "/": answer.source };
  const report = await underLoad(host, { hosts, port, paths, fresh: 4, kept: 2, pauseMs: 25 }, action);
  if (failures(report) > 0) throw new Error(`${sentence(report)}\n${report.examples.join("\n")}`);
  return report;
}

function sentence(report: LoadReport): string {
  const sent = report.fresh.requests + report.kept.requests;
  const got = Object.entries(report.bodies).map(([body, count]) => `${count} got ${body.replace("/ ", "")}`);
  return `${sent} requests were sent, ${failures(report)} failed: ${got.join(", ")}.`;
}
