import { Document, isMap } from "yaml";
import { type ArgumentProblem, parseArguments } from "../components/arguments/problems.ts";
import { placeFleet } from "./fleet.ts";
import { type HostConfiguration, fleetSchema } from "./schema.ts";
import { parseYaml } from "./yaml-file.ts";

export type { HostConfiguration } from "./schema.ts";

/** What is wrong with the entry of a host, or with its name. */
export function hostProblems(name: string, entry: HostConfiguration): ArgumentProblem[] {
  const { problems = [] } = parseArguments(fleetSchema.shape.hosts, Object.fromEntries([[name, entry]]));
  // The report already names the host.
  const above = problems.some(({ path }) => path.startsWith(`["`)) ? `["${name}"]` : name;
  return problems.map(({ path, message }) => ({
    path: path.slice(above.length).replace(/^\./, ""),
    message,
  }));
}

/**
 * The text of an inventory file (docs/environments.md), a host in each line.
 *
 * @param comment the first line, without "#"
 * @throws ArgumentError when a stack would refuse these hosts: for example a circle of jump hosts
 */
export function inventoryText(comment: string, hosts: Readonly<Record<string, HostConfiguration>>): string {
  const document = new Document(hosts);
  document.commentBefore = ` ${comment}`;
  if (isMap(document.contents))
    for (const { value } of document.contents.items) if (isMap(value)) value.flow = true;
  const text = document.toString({ lineWidth: 0 });
  placeFleet({ hosts: parseYaml(text, "the new inventory").content });
  return text;
}
