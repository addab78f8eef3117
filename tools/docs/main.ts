// `make docs`: writes the pages of the components' arguments, the schema of stack files, the contract as data, and what pages show of
// docs/shown.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { contractFile } from "../schema/contract.ts";
import { pages, schemaFile, stackFile } from "./pages.ts";
import { pagesWithShown } from "./shown.ts";

const files = {
  ...(await contractFile()),
  ...(await pages()),
  [schemaFile]: await stackFile(),
  ...pagesWithShown(),
};

for (const [path, text] of Object.entries(files)) {
  const file = join(import.meta.dirname, "../..", path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  console.log(path);
}
