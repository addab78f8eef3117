// `make docs`: writes the pages of the components' arguments, the schema of stack files, and the contract as data.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { contractFile } from "../schema/contract.ts";
import { pages, schemaFile, stackFile } from "./pages.ts";

const files = { ...(await contractFile()), ...(await pages()), [schemaFile]: await stackFile() };

for (const [path, text] of Object.entries(files)) {
  const file = join(import.meta.dirname, "../..", path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  console.log(path);
}
