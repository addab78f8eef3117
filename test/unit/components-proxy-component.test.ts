import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { ArgumentError, ReverseProxyStack, type ReverseProxyStackArgs } from "../../components/index.ts";
import { checkUnitSet } from "../../provider/check.ts";
import { type WireObject, revealObject } from "../../provider/wire.ts";

/** Resource name → the inputs of its UnitSet, in the order of registration. */
const registered = new Map<string, WireObject>();
await pulumi.runtime.setMocks({
  newResource: ({ type, name, inputs }) => {
    if (type === "quadlet:index:UnitSet") registered.set(name, inputs as WireObject);
    return { id: name, state: { ...(inputs as object), unitStates: { [`${name}.service`]: "seen" } } };
  },
  call: () => ({}),
});

const backends = {
  web: {
    image: "docker.io/library/httpd:latest",
    serverName: "www.example.com",
    serverNames: ["*.example.com"],
    port: 80,
  },
};
const args: ReverseProxyStackArgs = {
  connection: { address: "192.0.2.11" },
  user: "test",
  image: "docker.io/library/nginx:latest",
  listen: ["0.0.0.0:82", "[::]:82", "0.0.0.0:80"],
  backends,
};

function value<T>(output: pulumi.Output<T>): Promise<unknown> {
  return new Promise((resolve) => output.apply(resolve));
}

describe("the set", () => {
  test("of the host's manager: the backends are units of the account's, and all is right for the provider", async () => {
    const registries = { "registry.example.com": { username: "u", password: "p" } };
    const stack = new ReverseProxyStack("example4", { ...args, createUser: true, adopt: true, registries });
    assert.deepEqual(await value(stack.unitStates), { "example4.service": "seen" });
    assert.deepEqual([...registered.keys()], ["example4"]);
    const inputs = registered.get("example4") ?? {};
    const { hosts, user, createUser, adopt, manager, name, linger } = inputs;
    assert.deepEqual(
      [hosts, user, createUser, adopt, manager, name, linger],
      [{ host: { address: "192.0.2.11" } }, "test", true, true, "system", "example4", true],
    );
    assert.deepEqual(inputs.registries, registries);
    assert.deepEqual(checkUnitSet(revealObject(inputs)), []);
    const keys = (part: string) => Object.keys(inputs[part] as WireObject).sort();
    const sockets = ["example4-80.socket", "example4-ipv6-82.socket"];
    assert.deepEqual(keys("units"), [...sockets, "example4.service", "example4.socket"]);
    assert.deepEqual(keys("services"), [...sockets, "example4.service", "example4.socket"]);
    assert.deepEqual(keys("userUnits"), [
      "example4-backends.target",
      "example4-net.network",
      "web.container",
    ]);
    assert.deepEqual(keys("userServices"), [
      "example4-backends.target",
      "example4-net-network.service",
      "web.service",
    ]);
    assert.deepEqual(keys("images"), ["docker.io/library/httpd:latest", "docker.io/library/nginx:latest"]);
  });

  test("of the account's own manager: all are units of that", async () => {
    const stack = new ReverseProxyStack("own", { ...args, manager: "user" });
    await value(stack.unitStates);
    const inputs = registered.get("own") ?? {};
    assert.deepEqual(checkUnitSet(revealObject(inputs)), []);
    assert.deepEqual([inputs.manager, inputs.linger, inputs.userUnits], ["user", true, undefined]);
    assert.deepEqual(Object.keys(inputs.services as WireObject).sort(), [
      ...["own-80.socket", "own-backends.target", "own-ipv6-82.socket", "own-net-network.service"],
      ...["own.service", "own.socket", "web.service"],
    ]);
  });

  test("its name, where the resource's is another", async () => {
    const stack = new ReverseProxyStack("named@web-1", { ...args, name: "front" });
    await value(stack.unitStates);
    assert.equal(registered.get("named@web-1")?.name, "front");
  });

  test("a secret variable of a backend does not hide its unit", async () => {
    const environment = { TOKEN: pulumi.secret("canary") };
    const stack = new ReverseProxyStack("hidden", {
      ...args,
      backends: { web: { ...backends.web, environment } },
    });
    await value(stack.unitStates);
    const inputs = registered.get("hidden") ?? {};
    assert.equal(JSON.stringify({ ...inputs, files: {} }).includes("canary"), false);
    assert.equal(JSON.stringify(inputs.files).includes("canary"), true);
    assert.equal(typeof (inputs.userUnits as WireObject)["web.container"], "string");
  });

  test("the pages: a pattern has none", async () => {
    const stack = new ReverseProxyStack("urls", args);
    assert.deepEqual(await value(stack.urls), ["http://www.example.com:82/", "http://www.example.com/"]);
  });
});

test("bad arguments are thrown, and no set is made", () => {
  assert.throws(
    () => new ReverseProxyStack("bad", { ...args, user: "root" }),
    (error: unknown) => {
      assert.ok(error instanceof ArgumentError);
      assert.match(error.message, /^ReverseProxyStack "bad":\n {2}user: root has no rootless podman/);
      return true;
    },
  );
  assert.equal(registered.has("bad"), false);
});
