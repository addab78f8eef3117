#!/usr/bin/env node
// The command line: `npx quadlet-fleet --help`. Exit status: 0 done, 1 it could not be done, 2 it was called in a wrong way, 3 hosts are
// not as they were deployed.
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { messageOf, printable } from "../host/errors.ts";
import packageJson from "../package.json" with { type: "json" };
import { rollback } from "./rollback/index.ts";
import { status } from "./status/index.ts";
import { Stop } from "./stop.ts";

/** Of an option that is given twice, the last one counts. */
const last = (given: string | string[] | undefined) => [given].flat().at(-1);

const parser = yargs(hideBin(process.argv))
  .scriptName("quadlet-fleet")
  .locale("en")
  .usage("$0 COMMAND\n\nAsks the hosts of a stack. Run it in the directory of the Pulumi project.")
  .option("stack", {
    ...{ type: "string", alias: "s", requiresArg: true, coerce: last },
    describe: "the stack; default: the selected one",
  } as const)
  .option("cwd", {
    ...{ type: "string", alias: "C", requiresArg: true, coerce: last },
    describe: "the directory of the project; paths in the stack are relative to it",
  } as const)
  .middleware(({ cwd }) => enter(cwd))
  .command(
    "status [sites..]",
    "what the hosts say of the sites: version, active units, last deploy, what differs",
    (command) =>
      command
        .positional("sites", { type: "string", array: true, default: [], describe: "only these sites" })
        .option("json", { type: "boolean", default: false, describe: "print JSON: docs/status.md" })
        .example("$0 status", "all sites of the selected stack")
        .example("$0 status www --stack production --json", "one site, for a program"),
    async ({ sites, json, stack }) => {
      process.exitCode = await status({ sites, json, stack });
    },
  )
  .command(
    "rollback <site>",
    "bring the previous version back to all hosts of a site, from what they have kept of it",
    (command) =>
      command
        .positional("site", { type: "string", demandOption: true, describe: "the site" })
        .option("yes", { type: "boolean", alias: "y", default: false, describe: "do not ask" })
        .example("$0 rollback www", "shows what changes, and asks"),
    async ({ site, yes, stack }) => {
      process.exitCode = await rollback({ site, yes, stack });
    },
  )
  .completion("completion", "prints a completion script for bash or zsh")
  .demandCommand(1, "Give a command.")
  .strict()
  .help()
  .alias("help", "h")
  .version(packageJson.version)
  .wrap(100)
  .fail((message: string | null, error?: Error) => {
    // A command's own error comes without a message.
    if (!message) throw error ?? new Error("unknown");
    console.error(`quadlet-fleet: ${message}\nSee: quadlet-fleet --help`);
    process.exit(2);
  });

function enter(directory: string | undefined): void {
  if (directory === undefined) return;
  try {
    process.chdir(directory);
  } catch (thrown) {
    throw new Stop(`--cwd ${directory}: ${messageOf(thrown)}`);
  }
}

// Whoever reads the output may have had enough, as head(1).
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});
try {
  await parser.parseAsync();
} catch (thrown) {
  console.error(`quadlet-fleet: ${printable(messageOf(thrown))}`);
  if (!(thrown instanceof Stop)) console.error("This is a bug. Please report it with the line above.");
  process.exitCode = 1;
}
