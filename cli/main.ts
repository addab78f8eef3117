#!/usr/bin/env node
// The command line: `npx quadlet-fleet --help`. Exit status: 0 done, 1 it could not be done, 2 it was called in a wrong way, 3 hosts are
// not as they were deployed.
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { messageOf } from "../host/errors.ts";
import packageJson from "../package.json" with { type: "json" };
import { status } from "./status/index.ts";
import { Stop } from "./stop.ts";

const parser = yargs(hideBin(process.argv))
  .scriptName("quadlet-fleet")
  .parserConfiguration({ "duplicate-arguments-array": false })
  .usage("$0 COMMAND\n\nAsks the hosts of a stack. Run it in the directory of the Pulumi project.")
  .option("stack", {
    type: "string",
    alias: "s",
    requiresArg: true,
    describe: "the stack; default: the selected one",
  })
  .option("cwd", { type: "string", alias: "C", requiresArg: true, describe: "the directory of the project" })
  .command(
    "status [sites..]",
    "what the hosts say of the sites: version, active units, last deploy, what differs",
    (command) =>
      command
        .positional("sites", { type: "string", array: true, default: [], describe: "only these sites" })
        .option("json", { type: "boolean", default: false, describe: "print JSON: docs/status.md" })
        .example("$0 status", "all sites of the selected stack")
        .example("$0 status www --stack production --json", "one site, for a program"),
    async ({ sites, json, stack, cwd }) => {
      process.exitCode = await status({ sites, json, stack, cwd });
    },
  )
  .completion("completion", "prints a completion script for bash or zsh")
  .demandCommand(1, "Give a command.")
  .strict()
  .help()
  .alias("help", "h")
  .version(packageJson.version)
  .wrap(100)
  .fail((message, error) => {
    if (error instanceof Error) throw error;
    console.error(`quadlet-fleet: ${message}\nSee: quadlet-fleet --help`);
    process.exit(2);
  });

try {
  await parser.parseAsync();
} catch (thrown) {
  console.error(`quadlet-fleet: ${messageOf(thrown)}`);
  if (!(thrown instanceof Stop)) console.error("This is a bug. Please report it with the line above.");
  process.exitCode = 1;
}
