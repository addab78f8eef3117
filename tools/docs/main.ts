// `make docs`: writes the pages of the components' arguments, the schema of stack files, the contract as data, and the outputs of
// docs/shown that pages show.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { contractFile } from "../schema/contract.ts";
import { messagesFile, messagesPage, readSources } from "./messages-page.ts";
import { pages, schemaFile, stackFile } from "./pages.ts";
import { pagesWithShown } from "./shown.ts";

const root = join(import.meta.dirname, "../..");
const files = {
  ...(await contractFile()),
  ...(await pages()),
  [schemaFile]: await stackFile(),
  [messagesFile]: messagesPage(readSources(root)),
  ...pagesWithShown(),
};

for (const [path, text] of Object.entries(files)) {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  console.log(path);
}
