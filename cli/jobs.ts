import type { Argv } from "yargs";
import { drift } from "./drift/index.ts";
import { text } from "./options.ts";
import { kinds, post } from "./post/index.ts";
import { promote } from "./promote/index.ts";

/** Adds the commands that the workflows of a project use (template/.github, template/.gitlab-ci.yml). */
export function withJobs<T extends { stack: string | undefined }>(parser: Argv<T>): Argv<T> {
  return parser
    .command(
      "drift",
      "looks at all hosts of a stack, and prints what differs from what was deployed, as Markdown",
      (command) => command.example("$0 drift --stack production", "changes neither hosts nor the state"),
      async ({ stack }) => {
        process.exitCode = await drift(stack);
      },
    )
    .command(
      "promote <from> <to>",
      "writes the images that one environment has proved into the stack file of another one",
      (command) =>
        command
          .positional("from", { type: "string", demandOption: true, describe: "an environment" })
          .positional("to", { type: "string", demandOption: true, describe: "another one" })
          .example("$0 promote staging production", "what staging runs, if no host of it is pending"),
      async ({ from, to }) => {
        process.exitCode = await promote(from, to);
      },
    )
    .command(
      "post <what>",
      "for a CI job: posts a comment, an issue or a pull request, or updates the one that it posted before",
      (command) =>
        command
          .positional("what", { choices: kinds, demandOption: true, describe: "what to post" })
          .option("marker", { ...text("what it is found again by"), demandOption: true })
          .option("title", text("the title of an issue or a pull request"))
          .option("file", text("the text, as Markdown; default: standard input"))
          .option("close", { type: "boolean", default: false, describe: "close the issue, if there is one" })
          .option("branch", text("the branch that the pull request merges"))
          .option("base", text("the branch that it is merged into; default: that of the job"))
          .option("author", text("whose posts are looked for; default: those of the token's account"))
          .example('$0 post comment --marker "review of staging" <review.md', "on the job's pull request")
          .example('$0 post issue --marker "drift of staging" --close', "when nothing differs any more"),
      async ({ what, marker, title, file, close, branch, base, author }) => {
        await post({ what, marker: marker ?? "", title, file, close, branch, base, author }, process.env);
      },
    );
}
