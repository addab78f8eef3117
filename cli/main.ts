#!/usr/bin/env node
// The command line: `npx quadlet-fleet --help`. Exit status: 0 done, 1 not possible, 2 wrong usage, 3 hosts are not as they were deployed,
// were not reached, or have failed.
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { messageOf, printable } from "../host/errors.ts";
import packageJson from "../package.json" with { type: "json" };
import { compare } from "./environments/compare.ts";
import { explain } from "./environments/explain.ts";
import { exec } from "./exec/index.ts";
import { importInventory } from "./import-inventory/index.ts";
import { withJobs } from "./jobs.ts";
import { logs } from "./logs/index.ts";
import { newProject } from "./new.ts";
import { approval, host, limits, moment, text, whole } from "./options.ts";
import { review } from "./review/index.ts";
import { rollback } from "./rollback/index.ts";
import { status } from "./status/index.ts";
import { Stop } from "./stop.ts";
import { up } from "./up/index.ts";

const program = yargs(hideBin(process.argv))
  .scriptName("quadlet-fleet")
  .locale("en")
  .usage(
    "$0 COMMAND\n\nWorks with the hosts and files of a stack. Run it in the directory of the Pulumi project.",
  )
  .parserConfiguration({ "populate--": true })
  .option("stack", { ...text("the stack; default: the selected one"), alias: "s" })
  .option("cwd", {
    ...text("the directory of the project; paths in the stack are relative to it"),
    alias: "C",
  })
  .middleware(({ cwd }) => enter(cwd))
  .command(
    "status [sites..]",
    "what runs on the hosts: version, active units, last deploy, and what differs",
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
    "logs <site>",
    "the logs of a site from all its hosts, in the order of their times",
    (command) =>
      command
        .positional("site", { type: "string", demandOption: true, describe: "a site or a proxy" })
        .option("host", host)
        .option("unit", text("only this unit; default: all of the site"))
        .option("follow", { type: "boolean", default: false, alias: "f", describe: "go on until Ctrl-C" })
        .option("lines", {
          ...whole("lines", 0, "the last lines of each host; default: 100, with --since all"),
          alias: "n",
        })
        .option("since", moment('lines from then on: 1h, "10 min ago", today, "2026-11-29 15:00"'))
        .option("grep", text("only lines that match: a regular expression of PCRE2"))
        .option("json", { type: "boolean", default: false, describe: "lines of JSON: docs/logs.md" })
        .example("$0 logs www", "the last lines of all hosts")
        .example("$0 logs www -f --host web-1", "what one host logs from now on, too")
        .example("$0 logs www --since 1h --grep timeout", "what matches, of the last hour"),
    async ({ site, host: hosts, unit, follow, lines, since, grep, json, stack }) => {
      const query = { lines: lines ?? (since === undefined ? 100 : undefined), since, grep };
      process.exitCode = await logs({ site, hosts, unit, follow, query, json, stack });
    },
  )
  .command(
    "exec <site>",
    "runs a command in the site's container on its hosts: exec SITE -- COMMAND",
    (command) =>
      command
        .usage("$0 exec SITE [OPTIONS] -- COMMAND ARGUMENTS…")
        .positional("site", { type: "string", demandOption: true, describe: "a site or a proxy" })
        .option("host", host)
        .option("unit", text("the container of this unit; default: that of nginx"))
        .option("parallel", whole("parallel", 1, "how many hosts at a time; default: 10"))
        .option("timeout", whole("timeout", 0, "seconds, then the command is stopped; 0: never; default: 60"))
        .example("$0 exec www -- nginx -T", "nginx's configuration on each host")
        .example("$0 exec front --unit app -- date", "in a backend of a proxy"),
    async ({ site, host: hosts, unit, parallel = 10, timeout = 60, stack, "--": command }) => {
      if (!Array.isArray(command) || command.length === 0)
        return wrong('Give a command, after "--".', "exec");
      const words = command.map(String);
      process.exitCode = await exec({ site, hosts, unit, command: words, parallel, timeout, stack });
    },
  )
  .command(
    "rollback <site>",
    "brings the previous version back to all hosts of a site, from what they have kept",
    (command) =>
      command
        .positional("site", { type: "string", demandOption: true, describe: "the site" })
        .option("yes", { type: "boolean", alias: "y", default: false, describe: "do not ask" })
        .example("$0 rollback www", "shows what changes, and asks"),
    async ({ site, yes, stack }) => {
      process.exitCode = await rollback({ site, yes, stack });
    },
  )
  .command(
    "review",
    "one preview as Markdown, for a pull request: what happens where, and each distinct diff once",
    (command) =>
      command
        .option("limit", whole("limit", 1000, "bytes at most; default: 65536, what GitHub takes"))
        .option("link", text("where the whole review is, for one that is cut"))
        .option("max", limits)
        .option("json", { type: "boolean", default: false, describe: "print JSON: docs/review.md" })
        .option("save", text("write the JSON to this file besides"))
        .example("$0 review --stack production --max removed=0", "needs no host and no SSH key"),
    async ({ stack, limit = 65_536, link, max, json, save }) => {
      process.exitCode = await review({ stack, limit, link, max, json, save });
    },
  )
  .command(
    "up",
    "deploys what a review has approved, and refuses if anything differs from it",
    (command) =>
      command
        .option("approved", {
          ...approval("the approval at the end of the review; `pulumi up` deploys without one"),
          demandOption: true,
        })
        .example(
          "$0 up --stack production --approved qf1.…",
          "what was approved, or nothing: docs/review.md",
        ),
    async ({ stack, approved }) => {
      process.exitCode = await up({ stack, approved });
    },
  )
  .command(
    "explain <path>",
    "which file and line set a value of an environment",
    (command) =>
      command
        .positional("path", { type: "string", demandOption: true, describe: "as in sites.www.image" })
        .example("$0 explain sites.www.image --stack production", "one value")
        .example("$0 explain hosts.web-1", "all below it"),
    async ({ path, stack }) => await explain(path, stack),
  )
  .command(
    "compare <one> <other>",
    "how two environments differ, by their files",
    (command) =>
      command
        .positional("one", { type: "string", demandOption: true, describe: "an environment" })
        .positional("other", { type: "string", demandOption: true, describe: "another one" })
        .example("$0 compare staging production", "the files of this project; no stack is read"),
    async ({ one, other }) => {
      process.exitCode = await compare(one, other);
    },
  )
  .command(
    "new <directory>",
    "makes a project of your own: stack files, hosts and a program of two lines",
    (command) =>
      command
        .positional("directory", { type: "string", demandOption: true, describe: "a new directory" })
        .example("$0 new my-fleet", "writes my-fleet/README.md and the rest"),
    ({ directory }) => newProject(directory),
  )
  .command(
    "import-inventory <file>",
    "writes the hosts of an Ansible inventory as an inventory of this project",
    (command) =>
      command
        .positional("file", { type: "string", demandOption: true, describe: "the inventory" })
        .option("listed", {
          type: "boolean",
          default: false,
          describe: "the file is what ansible-inventory --list has printed",
        })
        .option("output", text("the new file; default: standard output"))
        .example("$0 import-inventory inventory.ini --output hosts/production.yaml", "needs Ansible")
        .example("$0 import-inventory printed.json --listed", "without Ansible"),
    async ({ file, listed, output }) => {
      process.exitCode = await importInventory(file, { isListed: listed, output });
    },
  );
const parser = withJobs(program)
  .completion("completion", "prints a completion script for bash or zsh")
  .demandCommand(1, "Give a command.")
  .strict()
  .strictCommands()
  .help()
  .alias("help", "h")
  .version(packageJson.version)
  .wrap(100)
  .fail((message: string | null, error?: Error) => {
    // An error that a command throws comes without a message.
    if (!message) throw error ?? new Error("unknown");
    const [, , command = ""] = process.argv;
    const isExec = command === "exec" && !process.argv.includes("--");
    if (isExec) wrong('Put "--" before the command: quadlet-fleet exec SITE -- COMMAND', "exec");
    const isCommand = /^[a-z]/.test(command) && !message.startsWith("Unknown command");
    const words = message.replace(/^Not enough non-option arguments: (.*)/, "Arguments are missing: $1.");
    wrong(words, isCommand ? command : "");
  });

/** @param command whose help is of use; empty for the list of all commands */
function wrong(message: string, command: string): never {
  console.error(`quadlet-fleet: ${message}\nSee: quadlet-fleet ${command === "" ? "" : `${command} `}--help`);
  process.exit(2);
}

function enter(directory: string | undefined): void {
  if (directory === undefined) return;
  try {
    process.chdir(directory);
  } catch (thrown) {
    throw new Stop(`--cwd ${directory}: ${messageOf(thrown)}`);
  }
}

// The reader of the output may stop early, as head(1) does.
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
// Exits as soon as all output is written: a connection to a lost host must not keep the process alive.
process.stdout.write("", () => process.exit());
