import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import {
  ArgumentError,
  SocketActivatedNginx,
  type SocketActivatedNginxArgs,
} from "../../components/index.ts";
import { reveal, secret } from "../../provider/wire.ts";
import type { Wire, WireObject } from "../../provider/wire.ts";
import { makeCertificate } from "../certificates.ts";

interface Registration {
  type: string;
  inputs: WireObject;
}

/** What was registered: resource name → the resource. The mocks see a secret part as a secret property. */
const registered = new Map<string, Registration>();
await pulumi.runtime.setMocks({
  newResource: ({ type, name, inputs }) => {
    registered.set(`${type} ${name}`, { type, inputs: inputs as WireObject });
    return { id: name, state: { ...(inputs as object), unitStates: { seen: true } } };
  },
  call: () => ({}),
});

const args: SocketActivatedNginxArgs = {
  connection: { address: "192.0.2.11" },
  manager: "user",
  user: "test",
  image: "docker.io/library/nginx:latest",
  listen: ["0.0.0.0:8080"],
};

function value<T>(output: pulumi.Output<T>): Promise<unknown> {
  return new Promise((resolve) => output.apply(resolve));
}

/** The inputs of the UnitSet that a component makes. */
async function inputsOf(name: string, change: Partial<SocketActivatedNginxArgs>): Promise<WireObject> {
  const component = new SocketActivatedNginx(name, { ...args, ...change });
  await value(component.unitStates);
  const set = registered.get(`quadlet:index:UnitSet ${name}`);
  assert.ok(set, "no UnitSet was registered");
  return set.inputs;
}

function part(of: Wire | undefined, ...path: string[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], reveal(of));
}

describe("the UnitSet that is made", () => {
  test("Example 1: a user manager that lingers", async () => {
    const inputs = await inputsOf("example1", {});
    assert.deepEqual(Object.keys(inputs).sort(), [
      "checks",
      "files",
      "hosts",
      "images",
      "linger",
      "manager",
      "name",
      "probes",
      "services",
      "units",
      "user",
    ]);
    assert.deepEqual(
      [inputs.hosts, inputs.name, inputs.manager, inputs.user, inputs.linger],
      [{ host: { address: "192.0.2.11" } }, "example1", "user", "test", true],
    );
    assert.deepEqual(Object.keys(inputs.units as object).sort(), ["example1.container", "example1.socket"]);
  });

  test("Example 2: no account, and no linger", async () => {
    const inputs = await inputsOf("example2", { manager: "system", user: undefined });
    assert.deepEqual([inputs.manager, inputs.user, inputs.linger], ["system", undefined, undefined]);
  });

  test("Example 3: the account, which is made if need be, and lingers", async () => {
    const inputs = await inputsOf("example3", { manager: "system", createUser: true });
    assert.deepEqual([inputs.manager, inputs.user, inputs.linger], ["system", "test", true]);
    assert.equal(inputs.createUser, true);
    assert.deepEqual(Object.keys(inputs.units as object).sort(), ["example3.service", "example3.socket"]);
  });

  test("name, linger, adopt and registries as they are given", async () => {
    const registries = { "registry.example.com": { username: "u", password: pulumi.secret("p") } };
    const inputs = await inputsOf("given", { name: "web", linger: false, adopt: true, registries });
    assert.deepEqual([inputs.name, inputs.linger, inputs.adopt], ["web", false, true]);
    assert.deepEqual(Object.keys(inputs.units as object).sort(), ["web.container", "web.socket"]);
    assert.deepEqual(inputs.registries, secret({ "registry.example.com": { username: "u", password: "p" } }));
  });

  test("a secret environment value stays secret, and does not hide the units", async () => {
    const inputs = await inputsOf("secret", { environment: { TOKEN: pulumi.secret("canary") } });
    const files = inputs.files as WireObject;
    assert.deepEqual(files, secret(reveal(files) as Wire));
    assert.equal(part(files, "~/.config/quadlet-fleet/secret/environment", "content"), "TOKEN=canary\n");
    assert.equal(JSON.stringify({ ...inputs, files: {} }).includes("canary"), false);
    assert.equal(typeof part(inputs.units, "secret.container"), "string");
  });

  test("secret nginx text is checked as soon as it is known, and stays secret", async () => {
    const nginx = { "default.conf": pulumi.secret("server { listen 8080; }") };
    const { files } = await inputsOf("late", { nginx });
    assert.deepEqual(files, secret(reveal(files) as Wire));
    assert.deepEqual(part(files, "~/.config/quadlet-fleet/late/conf.d/default.conf"), {
      content: "server { listen 8080; }",
      mode: "0600",
    });
  });

  test("a secret key is checked as soon as it is known, and the certificate can still be read", async () => {
    const { certificate, key } = makeCertificate(["www.example.com"]);
    const inputs = await inputsOf("tls", { tls: { certificate, key: pulumi.secret(key) } });
    const directory = "~/.config/quadlet-fleet/tls/tls";
    assert.deepEqual(part(inputs.files, `${directory}/key.pem`), { content: key, mode: "0600" });
    assert.deepEqual(part(inputs.files, `${directory}/certificate.pem`), {
      content: certificate,
      mode: "0600",
    });
    assert.equal(JSON.stringify({ ...inputs, files: {} }).includes("PRIVATE"), false);
  });

  test("its outputs are the component's", async () => {
    const component = new SocketActivatedNginx("outputs", {
      ...args,
      listen: ["0.0.0.0:8080", "[::]:8080", "/run/a"],
    });
    assert.deepEqual(await value(component.urls), ["http://192.0.2.11:8080/"]);
    assert.deepEqual(await value(component.unitStates), { seen: true });
  });
});

test("bad arguments are thrown, and no UnitSet is made", () => {
  assert.throws(
    () => new SocketActivatedNginx("bad", { ...args, user: undefined, image: "nginx" }),
    (error: unknown) => {
      assert.ok(error instanceof ArgumentError);
      assert.deepEqual(
        error.problems.map(({ path }) => path),
        ["user", "image"],
      );
      assert.match(error.message, /^SocketActivatedNginx "bad":\n {2}user: is missing/);
      return true;
    },
  );
  assert.equal(registered.has("quadlet:index:UnitSet bad"), false);
});

describe("late checks fail the program", () => {
  // A rejected Output ends a program, and so would end this one.
  const fails = async (change: string): Promise<string> => {
    const program = `
      import * as pulumi from "@pulumi/pulumi";
      import { SocketActivatedNginx } from "./components/index.ts";
      await pulumi.runtime.setMocks({ newResource: ({ name, inputs }) => ({ id: name, state: inputs }), call: () => ({}) });
      new SocketActivatedNginx("web", { ...${JSON.stringify(args)}, ${change} });`;
    const run = promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], {
      cwd: join(import.meta.dirname, "../.."),
      timeout: 300_000,
    });
    const error = await run.then(
      () => assert.fail("the program succeeded"),
      (error: unknown) => error as { code: number; stderr: string },
    );
    assert.equal(error.code, 1);
    return error.stderr;
  };

  test("nginx text that listens elsewhere", async () => {
    const nginx = `nginx: { "default.conf": pulumi.output("server { listen 80; }") }`;
    assert.match(
      await fails(nginx),
      /SocketActivatedNginx "web":\n\s+nginx: default\.conf:1: "listen 80" binds 0\.0\.0\.0:80/,
    );
  });

  test("an image without a registry", async () => {
    assert.match(
      await fails(`image: pulumi.output("nginx")`),
      /SocketActivatedNginx "web":\n\s+image: "nginx" names no/,
    );
  });

  test("a secret key that does not belong to the certificate, without a word of it", async () => {
    const [one, two] = [makeCertificate(["a.example.com"]), makeCertificate(["b.example.com"])];
    const tls = `tls: { certificate: ${JSON.stringify(one.certificate)}, key: pulumi.secret(${JSON.stringify(two.key)}) }`;
    const said = await fails(tls);
    assert.match(
      said,
      /SocketActivatedNginx "web":\n\s+tls\.key: does not belong to tls\.certificate: CN=a\.ex/,
    );
    assert.equal(said.includes("PRIVATE"), false);
  });
});
