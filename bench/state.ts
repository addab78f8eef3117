import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Backend, postgres, s3 } from "../test/hosts/support/backends.ts";
import { example2, hostEntry, makeStack } from "../test/hosts/support/stack.ts";
import { type TestHost, createFleet } from "../tools/fleet/index.ts";
import { dataDirectory } from "../tools/fleet/layout.ts";
import { controller, legend, seconds, spread } from "./figures.ts";
import { configuration, warm } from "./job.ts";
import { describeMachine, machineLines, toolVersions } from "./machine.ts";
import { type Kind, type Run, timed } from "./measure.ts";
import type { Part } from "./part.ts";
import { table } from "./table.ts";
import { quietly } from "./this-project.ts";

const fleetName = "bench";
const measured = ["unchanged up", "one-file change"] as const;

/** What an `up` takes with the state in files, in S3 and in PostgreSQL, and how often it asks the server. */
export const benchState: Part = async ({ repeats, work, load }) => {
  await using fleet = await createFleet({ name: fleetName, hosts: 1 });
  const [host] = fleet.hosts as [TestHost];
  // PostgreSQL's account can't reach the directory of the bench.
  const database = mkdtempSync("/tmp/quadlet-fleet-bench-postgres-");
  process.on("exit", () => rmSync(database, { recursive: true, force: true }));
  await warm(fleet);
  const backends: [string, Backend][] = [
    ["file", {}],
    ["S3-compatible", await s3(fleet, fleetName)],
    ["PostgreSQL", await postgres(fleet, fleetName, database)],
  ];
  const runs: Run[] = [];
  const asked: Record<string, number> = {};
  let page = 0;

  const kept = await Promise.all(
    backends.map(async ([name, backend], at) => {
      const stack = await makeStack(`bench-state-${at}`, undefined, backend);
      process.on("exit", () => rmSync(stack.file, { force: true }));
      return { name, stack, port: 8001 + at };
    }),
  );

  async function up({ stack, port }: (typeof kept)[number], kind: Kind): Promise<void> {
    if (kind !== "unchanged up") {
      page += 1;
      const nginx = { "default.conf": configuration(`page ${page}`, port) };
      const site = { ...example2, listen: [`0.0.0.0:${port}`], nginx };
      stack.configure({ hosts: { "web-1": hostEntry(fleet, host) }, sites: { [`site${port}`]: site } });
    }
    await stack.run(["up", ...quietly]);
  }

  for (const one of kept) await up(one, "first up");
  for (let repeat = 0; repeat < repeats * 2; repeat += 1)
    for (const kind of measured)
      for (const one of repeat % 2 === 0 ? kept : kept.toReversed())
        runs.push(await timed(fleet, one.name, kind, () => up(one, kind)));
  for (const one of kept) {
    // Each statement in the log takes time.
    one.stack.env.PGOPTIONS = "-c log_statement=all";
    for (const kind of measured) {
      const before = requests(one.name);
      await up(one, kind);
      asked[`${one.name}, ${kind}`] = requests(one.name) - before;
    }
    await one.stack[Symbol.asyncDispose]();
  }

  const of = (name: string, kind: Kind) => runs.filter((run) => run.contestant === name && run.kind === kind);
  const rows = kept.flatMap(({ name }) =>
    measured.map((kind) => [
      `${name}, ${kind}`,
      spread(seconds(of(name, kind))),
      spread(controller(of(name, kind))),
      name === "file" ? "–" : String(asked[`${name}, ${kind}`]),
    ]),
  );
  const section = `## Where the state is

A site as Example 2 on one host, and its state on a server of this machine: versitygw, or Debian's PostgreSQL. Seconds, and seconds of
processor time of the controller: ${legend}. Requests are those of S3, and statements of SQL.

${table([["", "seconds", "processor time", "requests"], ...rows])}

${machineLines(describeMachine(load, await toolVersions(work)))}
`;
  return { section, problems: [] };
};

/** How often a server was asked, in its log. */
function requests(name: string): number {
  const logs: Record<string, [string, RegExp]> = {
    "S3-compatible": ["s3.log", / (GET|HEAD|PUT|POST|DELETE) /g],
    PostgreSQL: ["postgres.log", /LOG: {2}(statement|execute)/g],
  };
  const [file, pattern] = logs[name] ?? [];
  if (file === undefined || pattern === undefined) return 0;
  return readFileSync(join(dataDirectory(fleetName), file), "utf8").match(pattern)?.length ?? 0;
}
