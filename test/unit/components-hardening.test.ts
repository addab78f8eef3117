import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SocketActivatedNginxArgs } from "../../components/site/arguments.ts";
import { checkArguments } from "../../components/site/check.ts";
import type { ReverseProxyStackArgs } from "../../components/proxy/arguments.ts";
import { renderBackends } from "../../components/proxy/backend-set.ts";
import { checkProxy } from "../../components/proxy/check.ts";
import { nginxOf, proxyAdditions } from "../../components/proxy/render.ts";
import { render } from "../../components/site/render.ts";
import { proxy, rootOwnedSocket, rootful, rootless } from "./shapes.ts";

const example1 = { ...rootless, hardened: true };
const example2 = { ...rootful, network: "none", hardened: true };
const example3 = { ...rootOwnedSocket, hardened: true };
const example4: ReverseProxyStackArgs = {
  ...proxy,
  backends: { web: { image: "docker.io/library/httpd:latest", serverName: "www.example.com", port: 80 } },
  hardened: true,
};

test("Example 2: root needs no user namespace", () => {
  const { units } = render("web", example2);
  assert.deepEqual(Object.keys(units), ["web.container", "web.socket"]);
  const text = units["web.container"] as string;
  assert.match(text, /\nRequires=web\.socket\n/);
  assert.match(text, /\nRestrictAddressFamilies=AF_UNIX AF_NETLINK\n/);
});

test("Example 3: by options of podman", () => {
  const { units } = render("web", example3);
  const text = units["web.service"] as string;
  assert.match(text, /\nRequires=web\.socket user@@UID@\.service web-usernamespace\.service\n/);
  assert.match(text, /\nExecStart=\/usr\/bin\/podman --runtime=runc run --name /);
  assert.match(
    text,
    / --read-only --tmpfs \/var\/cache\/nginx --security-opt=no-new-privileges --cap-drop all --cap-add CHOWN --cap-add KILL --cap-add SETGID --cap-add SETUID --volume /,
  );
  assert.match(text, /\nNoNewPrivileges=true\nRestrictAddressFamilies=AF_UNIX AF_NETLINK\n$/);
});

test("Example 4: nginx as Example 3 but for its sockets; backends without new privileges", () => {
  const { units } = render("web", nginxOf("web", example4), proxyAdditions("web", example4));
  const text = units["web.service"] as string;
  assert.match(text, /\nExecStart=\/usr\/bin\/podman run .* --read-only /);
  assert.match(text, /\nNoNewPrivileges=true\n$/);
  const backend = renderBackends("web", example4).units["web.container"] as string;
  assert.match(backend, /\nPull=never\n[^[]*\nNoNewPrivileges=true\n/);
  assert.doesNotMatch(backend, /ReadOnly|GlobalArgs/);
});

describe("the runtime", () => {
  const line = (args: Partial<SocketActivatedNginxArgs>) =>
    /GlobalArgs=.*/.exec(render("web", { ...example1, ...args }).units["web.container"] as string)?.[0];
  test("is podman's own where nothing is restricted", () => {
    assert.equal(line({ hardened: false }), undefined);
    assert.equal(line({ network: "bridge" }), undefined);
  });
  test("is the one that is given", () => {
    assert.equal(line({ runtime: "crun" }), "GlobalArgs=--runtime=crun");
    const args = { ...example4, runtime: "runc" as const };
    assert.match(
      renderBackends("web", args).units["web.container"] as string,
      /\nGlobalArgs=--runtime=runc\n/,
    );
  });
});

describe("a preview", () => {
  test("says nothing where all of it holds", () => {
    for (const args of [example1, example2, example3])
      assert.deepEqual(checkArguments("web", args), { problems: [], warnings: [] });
  });

  test("says which part does not hold, and why", () => {
    const warning =
      'hardened: RestrictAddressFamilies=AF_UNIX AF_NETLINK does not apply, because the container has a network. With network: "none" it would. The rest of hardened applies.';
    for (const network of [{}, { network: "bridge" }]) {
      const args = { ...rootful, ...network, hardened: true };
      assert.deepEqual(checkArguments("web", args), { problems: [], warnings: [warning] });
      assert.doesNotMatch(render("web", args).units["web.container"] as string, /RestrictAddressFamilies/);
    }
    const { problems, warnings } = checkProxy("front", example4);
    assert.deepEqual([problems, warnings.length], [[], 2]);
    assert.match(
      warnings[0] ?? "",
      /^hardened: RestrictAddressFamilies=.* does not apply, because the proxy/,
    );
    assert.match(warnings[1] ?? "", /^hardened: these backends only get no new privileges.* \(web/);
  });

  test("says it beside nginx text of one's own", () => {
    const nginx = { "default.conf": "server { listen 8080; }" };
    const { warnings } = checkArguments("web", { ...example1, network: "bridge", nginx });
    assert.equal(warnings.length, 1);
  });
});
