import { readFileSync } from "node:fs";

const read = (name: string) => readFileSync(new URL(`./scripts/${name}`, import.meta.url), "utf8");

/** Gets from a login to the service manager: the argument of `sh -c`. */
export const enterScript = read("enter.sh");

/** The transaction: one script, of which start.sh has the header and frames.sh the main loop. */
export const transactionScript = Buffer.from(
  [
    "start",
    "account",
    "managers",
    "paths",
    "format",
    "query",
    "query-units",
    "boot",
    "halt",
    "journal",
    "journal-units",
    "images",
    "versions",
    "networks",
    "claims",
    "validate",
    "request",
    "stand-ins",
    "steps",
    "hold",
    "frames",
  ]
    .map((part) => read(`${part}.sh`))
    .join("\n"),
);
