// `make docs`: writes the pages of the components' arguments from their docstrings, and the contract as data.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { contractFile } from "../schema/contract.ts";
import { pages } from "./pages.ts";

for (const [path, text] of Object.entries({ ...(await contractFile()), ...(await pages()) })) {
  const file = join(import.meta.dirname, "../..", path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  console.log(path);
}
