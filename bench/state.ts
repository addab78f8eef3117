import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Backend, postgres, s3 } from "../test/hosts/support/backends.ts";
import { example2, hostEntry, makeStack } from "../test/hosts/support/stack.ts";
import { type TestHost, createFleet } from "../tools/fleet/index.ts";
import { dataDirectory } from "../tools/fleet/layout.ts";
import { longWay } from "./distance/way.ts";
import { controller, legend, seconds, spread } from "./figures.ts";
import { configuration, warm } from "./job.ts";
import { describeMachine, machineLines, toolVersions } from "./machine.ts";
import { type Kind, type Run, timed } from "./measure.ts";
import type { Part } from "./part.ts";
import { table } from "./table.ts";
import { quietly } from "./this-project.ts";

const fleetName = "bench";
/** Milliseconds there and back. */
const distance = 40;
const measured = ["unchanged up", "one-file change"] as const;

/** How long an `up` takes with the state in files, in S3 and in PostgreSQL, and how often it asks the server. */
export const benchState: Part = async ({ repeats, work, load }) => {
  await using fleet = await createFleet({ name: fleetName, hosts: 1 });
  const [host] = fleet.hosts as [TestHost];
  // PostgreSQL's account can't reach the directory of the bench.
  const database = mkdtempSync("/tmp/quadlet-fleet-bench-postgres-");
  process.on("exit", () => rmSync(database, { recursive: true, force: true }));
  await warm(fleet);
  const near = { s3: await s3(fleet, fleetName), postgres: await postgres(fleet, fleetName, database) };
  const far = async (backend: Backend, port: number): Promise<Backend> => {
    const at = await longWay(fleet.clientAddress, port, distance);
    const { PULUMI_BACKEND_URL: url = "" } = backend;
    const address = new RegExp(`${fleet.clientAddress}(:\\d+)?`);
    return { ...backend, PULUMI_BACKEND_URL: url.replace(address, `127.0.0.1:${at}`) };
  };
  const backends: [string, Backend][] = [
    ["file", {}],
    ["S3-compatible", near.s3],
    ["PostgreSQL", near.postgres],
    [`S3-compatible, ${distance} ms away`, await far(near.s3, 7070)],
    [`PostgreSQL, ${distance} ms away`, await far(near.postgres, 5432)],
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
  for (const one of kept.filter(({ name }) => name in logs)) {
    // Only now, because logging each statement takes time.
    one.stack.variables.PGOPTIONS = "-c log_statement=all";
    for (const kind of measured) {
      const before = requests(one.name);
      await up(one, kind);
      asked[`${one.name}, ${kind}`] = requests(one.name) - before;
    }
  }
  for (const { stack } of kept) await stack[Symbol.asyncDispose]();

  const of = (name: string, kind: Kind) => runs.filter((run) => run.contestant === name && run.kind === kind);
  const rows = kept.flatMap(({ name }) =>
    measured.map((kind) => [
      `${name}, ${kind}`,
      spread(seconds(of(name, kind))),
      spread(controller(of(name, kind))),
      String(asked[`${name}, ${kind}`] ?? "–"),
    ]),
  );
  const section = `## Where the state is

A site as Example 2 on one host, and its state on a server of this machine: versitygw, or Debian's PostgreSQL. "Away" is through a relay
that answers so much later. Seconds, and seconds of processor time of the controller: ${legend}. Requests
are those of S3, and statements of SQL.

${table([["", "seconds", "processor time", "requests"], ...rows])}

${machineLines(describeMachine(load, await toolVersions(work)))}
`;
  return { section, problems: [] };
};

/** The log of each server, and a pattern for a request in it. */
const logs: Record<string, readonly [string, RegExp]> = {
  "S3-compatible": ["s3.log", / (GET|HEAD|PUT|POST|DELETE) /g],
  PostgreSQL: ["postgres.log", /LOG: {2}(statement|execute)/g],
};

function requests(name: string): number {
  const [file, pattern] = logs[name] ?? ["", /^$/g];
  return readFileSync(join(dataDirectory(fleetName), file), "utf8").match(pattern)?.length ?? 0;
}
