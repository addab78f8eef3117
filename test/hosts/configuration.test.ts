import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { after, before, test } from "node:test";
import { makeCertificate } from "../certificates.ts";
import { type FleetConfiguration, type Stack, image, makeStack } from "./support/stack.ts";

// How much configuration the engine can hand over, and what is in files instead. Previews only: no host.

const root = join(import.meta.dirname, "../..");
const limits = readFileSync(join(root, "docs/limits.md"), "utf8");
/** The directory of the stack's files. They are not in the project, which is this checkout. */
const files = mkdtempSync(join(tmpdir(), "quadlet-fleet-files-"));
const { certificate, key } = makeCertificate(["www.example.com"]);
/** A certificate as large as those with a long chain. */
const chain = certificate.repeat(10);
const sites = 25;
let stack: Stack;

before(async () => {
  stack = await makeStack("test-configuration");
  for (const [file, text] of Object.entries({
    "fullchain.pem": chain,
    "privkey.pem": key,
    token: "hunter2\n",
  }))
    writeFileSync(join(files, file), text);
});

after(async () => {
  await stack[Symbol.asyncDispose]();
  rmSync(files, { recursive: true });
});

function configuration(
  tls: object,
  count = sites,
  more: object = {},
  login: object = {},
): FleetConfiguration {
  const site = (at: number) => ({
    hosts: ["web-1"],
    manager: "system",
    image,
    listen: [],
    network: "none",
    tls: { ...tls, listen: [`0.0.0.0:${8000 + at}`] },
    ...more,
  });
  return {
    hosts: { "web-1": { address: "192.0.2.11", ...login } },
    sites: Object.fromEntries(Array.from({ length: count }, (_, at) => [`www-${at}`, site(at)])),
  };
}

test("over 128 KiB the engine itself fails, in the words of docs/limits.md", async () => {
  stack.configure(configuration({ certificate: chain, key }));
  const { code, stdout, stderr } = await stack.run(["preview"], { check: false });
  assert.notEqual(code, 0);
  const said = /error: an unhandled error.*/.exec(stdout + stderr)?.[0] ?? stdout + stderr;
  assert.ok(limits.includes(said.replace(/(?<=fork\/exec )\S+(?=\/node)/, "…")), said);
});

test("from 96 KiB on a warning says what is large, once", async () => {
  stack.configure(configuration({ certificate: chain, key }, 18));
  const said = await stack.preview();
  assert.equal(said.split("Linux can't start this program with more than 128 KiB").length, 2, said);
  assert.match(said, /quadlet-fleet:sites \(1\d\d KiB\).*sites\.www-0\.tls\.certificate \(\d KiB\)/);
});

test("the same in files is a preview without that warning; the key is a secret, the certificate is not", async () => {
  const at = relative(root, files);
  const privateKey = { file: join(files, "privkey.pem") };
  const tls = { certificate: { file: join(at, "fullchain.pem") }, key: privateKey };
  const token = { file: join(at, "token") };
  const environment = { TOKEN: { ...token, secret: true }, PLAIN: token };
  stack.configure(configuration(tls, sites, { environment }, { privateKey }));
  // The project's directory is that of Pulumi.yaml, not the one in which pulumi is run.
  const { stdout, stderr } = await stack.run(["-C", root, "preview", "--diff", "--show-full-output"], {
    cwd: files,
  });
  const said = stdout + stderr;
  assert.match(said, new RegExp(`\\+ ${2 * sites + 1} to create`));
  assert.doesNotMatch(said, /128 KiB/);
  assert.ok(said.includes(certificate.split("\n")[1] ?? ""), said);
  assert.match(said, /hosts\s*: \[secret\]/);
  assert.match(said, /Environment=PLAIN=hunter2/);
  for (const line of key.split("\n").filter((one) => one !== "" && !one.startsWith("-----")))
    assert.ok(!said.includes(line), "the key is shown");
  assert.equal(said.split("hunter2").length, 1 + sites);
});

test("a file that is not there: by its path, and no stack trace", async () => {
  stack.configure(configuration({ certificate: { file: "certificates/gone.pem" }, key }, 1));
  const { code, stdout, stderr } = await stack.run(["preview"], { check: false });
  assert.notEqual(code, 0);
  const said = stdout + stderr;
  assert.ok(
    said.includes(
      `sites.www-0.tls.certificate: the file "certificates/gone.pem", relative to the project's directory ${root}, does not exist`,
    ),
    said,
  );
  assert.doesNotMatch(said, /\n\s+at .*\.ts:\d+/, "a stack trace is no message");
});
