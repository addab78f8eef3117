import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { quadletFleet } from "../test/hosts/support/command-line.ts";
import { type Stack, example2, makeStack } from "../test/hosts/support/stack.ts";
import { describeMachine, machineLines, toolVersions } from "./machine.ts";
import type { Part } from "./part.ts";
import { table } from "./table.ts";

const many = 1000;

/** Bytes of `preview --diff` for a change of one line, and of its review. */
const aims = { diff: 1024, review: 6 * 1024 };

type Resource = { urn: string; type: string; provider?: string; inputs: Record<string, unknown> };

/** How a preview of a thousand hosts is, which contacts none of them: the state is as a deploy would have left it. */
export const benchThousand: Part = async ({ work, load }) => {
  await using stack = await makeStack("bench-thousand");
  process.on("exit", () => rmSync(stack.file, { force: true }));
  const hosts = Object.fromEntries(
    Array.from({ length: many }, (_, at) => [`web-${at + 1}`, { address: `10.1.${at >> 8}.${at & 255}` }]),
  );
  const want = (page: string) => {
    const nginx = { "default.conf": `server { listen 80; location / { return 200 "${page}"; } }\n` };
    stack.configure({ hosts, sites: { www: { ...example2, hosts: { labels: {} }, nginx } } });
  };
  const rows: string[][] = [];
  const timed = async (what: string, run: () => Promise<string>) => {
    const began = performance.now();
    const said = await run();
    rows.push([what, ((performance.now() - began) / 1000).toFixed(2), String(Buffer.byteLength(said))]);
    return said;
  };
  const preview = (what: string) => timed(`\`preview --diff\` of ${what}`, () => stack.preview());
  const review = async () => (await quadletFleet(stack, ["review"])).stdout;

  want("one");
  await preview("a first deploy");
  const state = await pretend(stack, hosts, join(work, "state.json"));
  await preview("nothing changed");
  want("two");
  const said = await preview("one line changed");
  const reviewed = await timed("`review` of one line changed", review);
  const problems = [
    ...(/web-\[1-1000\]: reloads www\.service/.test(said)
      ? []
      : [`the preview says something else:\n${said}`]),
    ...(/^\| www \| web-.*1-1000.* \| reloads \|/m.test(reviewed)
      ? []
      : [`the review says something else:\n${reviewed}`]),
    ...((await review()) === reviewed ? [] : ["a second review has other bytes"]),
  ];
  const machine = describeMachine(load, await toolVersions(work));
  const verdict = (said: string, aim: number) =>
    `${Buffer.byteLength(said)} bytes; the aim is less than ${aim}: **${Buffer.byteLength(said) < aim ? "met" : "NOT met"}**`;
  const section = `## A preview of ${many} hosts

Without any host. The state, as after a deploy, has ${state} bytes. For one changed line:

- \`preview --diff\` has ${verdict(said, aims.diff)}.
- \`review\` has ${verdict(reviewed, aims.review)}.

${table([["", "seconds", "bytes"], ...rows])}

${machineLines(machine)}
`;
  return { section, problems };
};

/** Gives the stack the state that a deploy would leave. Returns its bytes. */
async function pretend(stack: Stack, hosts: object, file: string): Promise<number> {
  const { stdout } = await stack.run(["preview", "--json", "--show-secrets"]);
  const { steps } = JSON.parse(stdout) as { steps: { newState: Resource }[] };
  const resources = steps.map(({ newState }) => deployed(newState, hosts));
  const set = resources.find(({ provider }) => provider);
  const [urn] = (set?.provider ?? "").split(`::${unknown}`);
  const id = "00000000-0000-4000-8000-000000000000";
  if (set) set.provider = `${urn}::${id}`;
  resources.splice(1, 0, {
    urn: urn ?? "",
    type: "pulumi:providers:quadlet",
    custom: true,
    id,
    inputs: {},
  } as Resource);
  const state = JSON.parse((await stack.run(["stack", "export"])).stdout) as { deployment: object };
  writeFileSync(file, JSON.stringify({ ...state, deployment: { ...state.deployment, resources } }));
  await stack.run(["stack", "import", "--file", file]);
  return Buffer.byteLength((await stack.run(["stack", "export"])).stdout);
}

/** What the engine writes for an id that a preview does not know (pulumi/pulumi: sdk/go/common/resource/plugin/rpc.go). */
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
/** The signature of a secret (the same file). */
const signature = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };

function deployed(resource: Resource, hosts: object): Resource {
  if (resource.type === "pulumi:pulumi:Stack")
    return { ...resource, outputs: { urls: urlsOf(hosts) } } as Resource;
  if (resource.type !== "quadlet:index:UnitSet") return resource;
  const { inputs, urn } = resource;
  const { where, units, files, services, images, name, manager } = inputs;
  const secret = { ...signature, plaintext: JSON.stringify(hosts) };
  const outputs = { where, units, files, services, images, name, manager, owner: urn, unitStates: {} };
  return { ...resource, custom: true, id: "www", inputs: { ...inputs, hosts: secret }, outputs } as Resource;
}

function urlsOf(hosts: object): object {
  return Object.fromEntries(
    Object.entries(hosts as Record<string, { address: string }>).map(([name, { address }]) => [
      name,
      { www: [`http://${address}/`] },
    ]),
  );
}
