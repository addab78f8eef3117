import { writeFileSync } from "node:fs";
import { type Stack, example2 } from "../test/hosts/support/stack.ts";

type Resource = { urn: string; type: string; provider?: string; inputs: Record<string, unknown> };

/** Hosts that don't exist. A command that does not contact its hosts works with them. */
function pretendedHosts(count: number): Record<string, { address: string }> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, at) => [`web-${at + 1}`, { address: `10.1.${at >> 8}.${at & 255}` }]),
  );
}

/** A site `www` as Example 2 on that many hosts. */
export function configurePretended(stack: Stack, count: number, page: string): void {
  const nginx = { "default.conf": `server { listen 80; location / { return 200 "${page}"; } }\n` };
  const www = { ...example2, hosts: { labels: {} }, nginx };
  stack.configure({ hosts: pretendedHosts(count), sites: { www } });
}

/** Gives the stack the state that a deploy would leave. Returns its bytes. */
export async function pretend(stack: Stack, count: number, file: string): Promise<number> {
  const hosts = pretendedHosts(count);
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
