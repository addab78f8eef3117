import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { isIP } from "node:net";
import { join } from "node:path";
import { type TestContext, after, before, test } from "node:test";
import { parse } from "yaml";
import { type Fleet, type TestHost, createFleet } from "../../tools/fleet/index.ts";
import { makeCertificate } from "../certificates.ts";
import { quadletFleet } from "./support/command-line.ts";
import { makeProgram } from "./support/program.ts";
import { assertShown } from "./support/shown.ts";
import { type FleetConfiguration, type Stack, get, hostEntry, makeStack } from "./support/stack.ts";

// Every stack file that people copy, with only the hosts replaced: an up, a request to each address that it gives, and a destroy.
// package.test.ts runs examples/typescript, and ten.test.ts the stack file of README.md.

const root = join(import.meta.dirname, "../..");
let fleet: Fleet;
/** By the names that the files use for them. */
const hosts = new Map<string, TestHost>();
const pair = makeCertificate(["www.example.com"]);
const local: Record<string, string> = { "fullchain.pem": pair.certificate, "privkey.pem": pair.key };

before(async () => {
  fleet = await createFleet({ name: "documented", hosts: 2 });
  fleet.hosts.forEach((host, index) => hosts.set(`web-${index + 1}`, host));
});

after(() => fleet.dispose());

const pages = readdirSync(join(root, "docs"))
  .filter((file) => file.endsWith(".md"))
  .map((file) => readFileSync(join(root, "docs", file), "utf8"));
/** The blocks of code in docs/ of one language. */
const blocks = (language: string) =>
  pages.flatMap((page) =>
    [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
      .filter(([, its]) => its === language)
      .map(([, , block = ""]) => block),
  );
const files = [
  "stacks/Pulumi.example.yaml",
  ...readdirSync(join(root, "examples/stacks")).map((file) => `examples/stacks/${file}`),
];
const texts = new Map(files.map((file) => [file, readFileSync(join(root, file), "utf8")]));

test("what docs/ shows is these files", () => {
  // A file that extends others is not complete: cli-environments.test.ts has them together.
  const documented = blocks("yaml").filter(
    (block) => block.includes("quadlet-fleet:") && !block.includes("quadlet-fleet:extends"),
  );
  assert.deepEqual(new Set(documented), new Set(texts.values()));
});

/** File → address that the stack gives → status and body of the answer. */
const answers: Record<string, Record<string, RegExp>> = {
  "stacks/Pulumi.example.yaml": {
    "http://web-1:8080/": /^200 .*Welcome to nginx!/s,
    "http://web-1/": /^200 .*Welcome to nginx!/s,
    "http://web-1:81/": /^200 .*Welcome to nginx!/s,
    "http://apache.example.com:82/": /^200 .*It works!/s,
    "http://caddy.example.com:82/": /^200 .*Caddy works!/s,
  },
  "examples/stacks/fleet.yaml": {
    "http://web-1:8080/": /^200 .*Welcome to nginx!/s,
    "http://web-2:8080/": /^200 .*Welcome to nginx!/s,
  },
  "examples/stacks/hardened.yaml": { "http://web-1:8080/": /^200 hardened\n$/ },
  "examples/stacks/tls.yaml": {
    "http://web-1/": /^301 /,
    "https://web-1/": /^200 .*Welcome to nginx!/s,
  },
  "examples/stacks/unix.yaml": {
    "http://page.example.com:8080/": /^200 page\n$/,
    "http://app.example.com:8080/": /^200 app\n$/,
  },
};

for (const [file, text] of texts) {
  test(`${file}: up, a request to each address, destroy`, async (t: TestContext) => {
    const began = performance.now();
    await using stack = await makeStack("test-documented");
    const { config } = parse(text) as { config: Record<string, Record<string, object>> };
    const given = Object.fromEntries(
      Object.entries(config).map(([key, value]) => [key.replace("quadlet-fleet:", ""), value]),
    ) as unknown as FleetConfiguration;
    for (const [name, entry] of Object.entries(given.hosts)) {
      const { address, hostKey, identityFile } = hostEntry(fleet, hostOf(name)) as Record<string, string>;
      given.hosts[name] = { ...entry, address, hostKey, identityFile };
    }
    stack.configure(given);
    await prepare(text, stack, hostOf("web-1"));
    await stack.up();
    const { stdout } = await stack.run(["stack", "output", "urls", "--json"]);
    const urls = Object.values(JSON.parse(stdout) as Record<string, Record<string, string[]>>)
      .flatMap((there) => Object.values(there))
      .flat();
    const expected = answers[file] ?? {};
    assert.deepEqual(new Set(urls.map(withName)), new Set(Object.keys(expected)));
    for (const url of urls) await answered(url, expected[withName(url)] as RegExp);
    if (file === "examples/stacks/hardened.yaml") {
      const status = ["grep", "-E", "NoNewPrivs|CapEff", "/proc/1/status"];
      const { stdout } = await quadletFleet(stack, ["exec", "www", "--", ...status]);
      assertShown(t, "hardened.txt", stdout);
    }
    await stack.run(["destroy", "--yes", "--skip-preview"]);
    t.diagnostic(`${((performance.now() - began) / 1000).toFixed(1)} s`);
  });
}

test("the TypeScript of docs/, as one program: up, a request to each address, destroy", async (t: TestContext) => {
  const began = performance.now();
  const { address, ...login } = hostEntry(fleet, hostOf("web-1")) as Record<string, string>;
  const source = blocks("ts").map((block) =>
    block.replace(/connection: \{.*\}/, () => `connection: ${JSON.stringify({ address, ...login })}`),
  );
  assert.equal(source.length, 2);
  const directory = await makeProgram(source.join("\n"));
  t.after(() => rm(directory, { recursive: true }));
  await using stack = await makeStack("test-documented", directory);
  await stack.up();
  await answered(`http://${address}:8080/`, /^200 .*Welcome to nginx!/s);
  await answered("http://apache.example.com:82/", /^200 .*It works!/s);
  await answered("http://caddy.example.com:82/", /^200 .*Caddy works!/s);
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  t.diagnostic(`${((performance.now() - began) / 1000).toFixed(1)} s`);
});

async function answered(url: string, page: RegExp): Promise<void> {
  const { status, body } = await get(fleet, url, options(url));
  assert.match(`${status} ${body}`, page, url);
}

/** Does what the comments of a file tell its reader: runs the commands that read a file, and writes the files on the host. */
async function prepare(text: string, stack: Stack, host: TestHost): Promise<void> {
  for (const [, command = "", from = ""] of text.matchAll(/^# +pulumi (config set .*) <(\S+)$/gm)) {
    const words = command.split(" ").map((word) => word.replaceAll("'", ""));
    await stack.run(words, { input: local[from] as string });
  }
  for (const [, path = "", content = ""] of text.matchAll(/# .* (\/\S+) on the host:\n *# +(.*)$/gm))
    await host.write(path, `${content}\n`);
}

function hostOf(name: string): TestHost {
  return hosts.get(name) as TestHost;
}

/** An address with the host's name in it, as `answers` has it. */
function withName(url: string): string {
  return [...hosts].reduce((text, [name, { address }]) => text.replace(`//${address}`, `//${name}`), url);
}

/** The name of a server leads to the first host. A request by address accepts a certificate that no CA has signed. */
function options(url: string): string[] {
  const { hostname, port } = new URL(url);
  if (isIP(hostname) > 0) return ["--insecure"];
  return ["--resolve", `${hostname}:${port}:${hostOf("web-1").address}`];
}
