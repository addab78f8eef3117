// `make docs`: writes the pages of the components' arguments, the schema of stack files, and the contract as data.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { contractFile } from "../schema/contract.ts";
import { messagesFile, messagesPage, readSources } from "./messages-page.ts";
import { pages, schemaFile, stackFile } from "./pages.ts";

const root = join(import.meta.dirname, "../..");
const files = {
  ...(await contractFile()),
  ...(await pages()),
  [schemaFile]: await stackFile(),
  [messagesFile]: messagesPage(readSources(root)),
};

for (const [path, text] of Object.entries(files)) {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  console.log(path);
}
