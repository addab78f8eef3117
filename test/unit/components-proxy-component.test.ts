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

describe("the two sets", () => {
  test("the account's before the system's, with one account, and right for the provider", async () => {
    const registries = { "registry.example.com": { username: "u", password: "p" } };
    const stack = new ReverseProxyStack("example4", { ...args, createUser: true, adopt: true, registries });
    assert.deepEqual(await value(stack.unitStates), {
      "example4-backends.service": "seen",
      "example4.service": "seen",
    });
    assert.deepEqual([...registered.keys()], ["example4-backends", "example4"]);
    for (const inputs of registered.values()) {
      const { hosts, user, createUser, adopt } = inputs;
      assert.deepEqual(
        [hosts, user, createUser, adopt],
        [{ host: { address: "192.0.2.11" } }, "test", true, true],
      );
      assert.deepEqual(inputs.registries, registries);
      assert.deepEqual(checkUnitSet(revealObject(inputs)), []);
    }
    const [user, system] = [...registered.values()];
    assert.deepEqual(
      [user?.manager, user?.name, user?.linger, system?.manager, system?.name, system?.linger],
      ["user", "example4-backends", true, "system", "example4", undefined],
    );
  });

  test("their names, where the resource's is another", async () => {
    const stack = new ReverseProxyStack("named@web-1", { ...args, name: "front" });
    await value(stack.unitStates);
    const names = ["named@web-1-backends", "named@web-1"].map((name) => registered.get(name)?.name);
    assert.deepEqual(names, ["front-backends", "front"]);
  });

  test("a secret variable of a backend does not hide its unit", async () => {
    const environment = { TOKEN: pulumi.secret("canary") };
    const stack = new ReverseProxyStack("hidden", {
      ...args,
      backends: { web: { ...backends.web, environment } },
    });
    await value(stack.unitStates);
    const inputs = registered.get("hidden-backends") ?? {};
    assert.equal(JSON.stringify({ ...inputs, files: {} }).includes("canary"), false);
    assert.equal(JSON.stringify(inputs.files).includes("canary"), true);
    assert.equal(typeof (inputs.units as WireObject)["web.container"], "string");
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
