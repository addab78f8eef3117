import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import type { SocketActivatedNginxArgs } from "../../components/site/arguments.ts";
import { checkArguments } from "../../components/site/check.ts";
import { render } from "../../components/site/render.ts";

// Example 3: rootless podman in a system service.

const example3: SocketActivatedNginxArgs = {
  connection: { address: "192.0.2.11" },
  manager: "system",
  user: "test",
  image: "docker.io/library/nginx:latest",
  listen: ["0.0.0.0:81"],
};

/** The lines of NAME.service with one of these keys. */
function lines(change: Partial<SocketActivatedNginxArgs>, ...keys: string[]): string[] {
  const text = render("web", { ...example3, ...change }).units["web.service"] as string;
  return text.split("\n").filter((line) => keys.includes(line.split("=")[0] ?? ""));
}

test("podman's own network waits for the host's", () => {
  assert.deepEqual(lines({}, "Wants", "After"), [
    "Wants=network-online.target",
    "After=web.socket user@@UID@.service network-online.target",
  ]);
  assert.doesNotMatch(lines({}, "ExecStart")[0] ?? "", /--network/);
});

test("several sockets: all of them, and their descriptors", () => {
  const listen = ["0.0.0.0:80", "0.0.0.0:81"];
  assert.deepEqual(lines({ listen, network: "none" }, "Requires", "Sockets"), [
    "Requires=web.socket web-81.socket user@@UID@.service",
    "Sockets=web.socket web-81.socket",
  ]);
  assert.match(lines({ listen }, "ExecStart")[0] ?? "", / --env NGINX=3:4; /);
});

test("an image that is not known yet", async () => {
  const { units } = render("web", { ...example3, image: pulumi.output("example.com/nginx:1") });
  const text = await new Promise((resolve) => pulumi.output(units["web.service"]).apply(resolve));
  assert.match(String(text), / --pull=never example\.com\/nginx:1\n/);
});

describe("what others have written arrives as it is", () => {
  test("variables: no specifier, no variable, no placeholder, no second command", () => {
    const environment = { A: "5% of $HOME", B: "@UID@ @HOME@ @uid@", C: 'a\n" ; b' };
    assert.match(
      lines({ environment }, "ExecStart")[0] ?? "",
      / --env "A=5%% of \$\$HOME" --env "B=\\x40UID@ \\x40HOME@ @uid@" --env "C=a\\n\\" ; b" /,
    );
  });

  test("secret ones are in a file of the account's", () => {
    const environment = { TOKEN: pulumi.secret("s3cret") };
    assert.match(
      lines({ environment }, "ExecStart")[0] ?? "",
      / --env-file @HOME@\/\.config\/quadlet-fleet\/web\/environment /,
    );
    const { files } = render("web", { ...example3, environment });
    assert.equal(files["~/.config/quadlet-fleet/web/environment"]?.mode, "0600");
  });

  test("volumes: %h is the account's home, and not root's", () => {
    const volumes = ["%h/100%%:/a", "/srv/my site:/b:ro", "/srv/@UID@:/c"];
    assert.match(
      lines({ volumes }, "ExecStart")[0] ?? "",
      / --volume @HOME@\/100%%:\/a --volume "\/srv\/my site:\/b:ro" --volume \/srv\/\\x40UID@:\/c /,
    );
    const home = lines({ volumes: ["%h/my site:/a"] }, "ExecStart")[0] ?? "";
    assert.match(home, / --volume "@HOME@\/my site:\/a" /);
  });
});

describe("what is wrong, and where", () => {
  const cases: [string, Partial<SocketActivatedNginxArgs>, string[]][] = [
    ["nothing", { configurationDirectory: "~/conf", network: "systemd-a", createUser: true }, []],
    [
      "root, who has a podman of his own",
      { user: "root" },
      ["user: root's podman is not rootless: remove user for the rootful mode"],
    ],
    [
      "an account to make, without its name",
      { user: undefined, createUser: true },
      ["createUser: needs user: the account to create"],
    ],
    [
      "a directory of root's",
      { configurationDirectory: "/srv/conf" },
      [
        `configurationDirectory: must begin with "~/" in this mode: the files belong to the account that runs nginx`,
      ],
    ],
    [
      "names of quadlets",
      { network: "a.network:ip=10.0.0.2", volumes: ["data.volume:/data", "data:/more"] },
      [
        'network: "a.network:ip=10.0.0.2" names a quadlet, which a service of this mode can\'t use. Write the network\'s own name: "systemd-a", if no NetworkName= is set.',
        "volumes[0]: \"data.volume:/data\" names a quadlet, which a service of this mode can't use. Write the volume's own name.",
      ],
    ],
    [
      "specifiers, which would be root's",
      { volumes: ["%t/x:/x", "/a%h:/b", "%%h/x:/c"] },
      [0, 1].map(
        (index) =>
          `volumes[${index}]: has a specifier that this mode does not support: only "%h" at the start, and "%%" for a "%"`,
      ),
    ],
  ];
  for (const [what, change, expected] of cases) {
    test(what, () => {
      const { problems } = checkArguments("web", { ...example3, ...change });
      assert.deepEqual(
        problems.map(({ path, message }) => `${path}: ${message}`),
        expected,
      );
    });
  }
});
