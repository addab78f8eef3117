import { readFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "prettier";
import { contractInterfaces } from "../schema/contract.ts";
import { type PageParts, renderPage } from "./page.ts";
import { readProgram, readShapes } from "./shapes.ts";
import { stackFileSchema } from "./stack-file.ts";
import { type Argument, argumentTree } from "./tree.ts";

const root = join(import.meta.dirname, "../..");

/** Where arguments are declared. */
const sources = [
  "components/site/arguments.ts",
  "components/commands/arguments.ts",
  "components/arguments/connection.ts",
  "components/proxy/arguments.ts",
  "components/reverse-proxy-stack.ts",
  "components/socket-activated-nginx.ts",
  "components/tls/tls.ts",
  "components/tls/acme.ts",
].map((path) => join(root, path));

/** Not a file on the disk: the types of the contract with their names, which its schemas do not keep. */
const contract = join(root, "resources/contract.interfaces.ts");

const shapes = readShapes(readProgram(root, sources, new Map([[contract, contractInterfaces()]])), [
  ...sources,
  contract,
]);

/** The components, each with its page, its key in a stack file, and the files that show it. */
export const components = {
  SocketActivatedNginx: {
    page: "docs/socket-activated-nginx.md",
    key: "sites",
    examples: [
      "stacks/Pulumi.example.yaml",
      "examples/stacks/fleet.yaml",
      "examples/stacks/hardened.yaml",
      "examples/stacks/tls.yaml",
    ],
  },
  ReverseProxyStack: {
    page: "docs/reverse-proxy-stack.md",
    key: "proxies",
    examples: ["stacks/Pulumi.example.yaml", "examples/stacks/unix.yaml"],
  },
} as const;

/** The schema that tells editors what a stack file may hold. */
export const schemaFile = "docs/stack-file.schema.json";

export type Component = keyof typeof components;

/** The arguments of a component, with their docstrings. */
export function argumentsOf(component: Component): Argument[] {
  return argumentTree(shapes, `${component}Args`);
}

/** The docstring of a component. */
export function docstringOf(component: Component): string {
  return classOf(component).doc.text;
}

/** The text of {@link schemaFile}. */
export async function stackFile(): Promise<string> {
  const schema = stackFileSchema(argumentsOf("SocketActivatedNginx"), argumentsOf("ReverseProxyStack"));
  return format(schema, { parser: "json", printWidth: 110 });
}

/** Path → text of each page. */
export async function pages(): Promise<Record<string, string>> {
  const rendered: Record<string, string> = {};
  for (const component of Object.keys(components) as Component[]) {
    const { page, key, examples } = components[component];
    const parts: PageParts = {
      component: classOf(component),
      tree: argumentsOf(component),
      notation: notation(component, key),
      examples: examples.map((path) => ({
        path: `../${path}`,
        text: readFileSync(join(root, path), "utf8"),
      })),
    };
    rendered[page] = await format(renderPage(parts), { parser: "markdown", printWidth: 110 });
  }
  return rendered;
}

function classOf(component: Component) {
  const shape = shapes.get(component);
  if (!shape) throw new Error(`${component} is in none of the documented files`);
  return shape;
}

function notation(component: Component, key: string): string {
  return [
    "The arguments have the same names and values in a stack file and in TypeScript; the examples are of stack files. [Whole stack files](#examples) are at the end.",
    `- In a stack file: below \`quadlet-fleet:${key}\`, by its name. \`hosts\` says where, by names or by labels (\`[web-1]\`, \`{ labels: { role: web } }\`), in place of \`name\` and \`connection\`, whose fields are those of a host in \`quadlet-fleet:hosts\`. A secret, where the argument may be one: \`pulumi config set --path --secret 'quadlet-fleet:${key}.NAME.environment.TOKEN'\`.`,
    `- In TypeScript: \`new ${component}("NAME", { … })\`, with \`import { ${component} } from "quadlet-fleet"\` ([examples/typescript](../examples/typescript/index.ts)). Where the argument may be an Output, that may be a secret: \`config.requireSecret("token")\`.`,
  ].join("\n\n");
}
