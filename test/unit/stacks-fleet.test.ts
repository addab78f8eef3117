import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { ArgumentError } from "../../components/arguments/problems.ts";
import { placeFleet } from "../../stacks/fleet.ts";
import { fleetSchema } from "../../stacks/schema.ts";

const site = {
  manager: "system",
  image: "docker.io/library/nginx:latest",
  listen: ["0.0.0.0:80"],
};
const hosts = {
  "web-1": { address: "192.0.2.11", labels: { role: "web", zone: "a" } },
  "web-2": { address: "192.0.2.12", labels: { role: "web", zone: "b" } },
  "db-1": { address: "192.0.2.13" },
};

const known = (kind: "sites" | "proxies") =>
  `Known: ${Object.keys(fleetSchema.shape[kind].valueType.shape).join(", ")}.`;

/** "site on host" of each placement. */
function places(sites: object): string[] {
  return placeFleet({ hosts, sites }).sites.flatMap(({ name, hosts: on }) =>
    on.map((host) => `${name} on ${host}`),
  );
}

function problems(configuration: object): string[] {
  try {
    placeFleet(configuration);
  } catch (thrown) {
    if (!(thrown instanceof ArgumentError)) throw thrown;
    assert.match(thrown.message, /^the stack's configuration:\n/);
    return thrown.problems.map(({ path, message }) => `${path}: ${message}`);
  }
  return [];
}

describe("a site is placed on", () => {
  const selections: [string, unknown, string[]][] = [
    ["the hosts that are named", ["web-2", "db-1"], ["s on web-2", "s on db-1"]],
    ["each of them once", ["web-1", "web-1"], ["s on web-1"]],
    ["the hosts with a label", { labels: { role: "web" } }, ["s on web-1", "s on web-2"]],
    ["the hosts with all of the labels", { labels: { role: "web", zone: "b" } }, ["s on web-2"]],
    ["all, without a label", { labels: {} }, ["s on web-1", "s on web-2", "s on db-1"]],
  ];
  for (const [what, selection, expected] of selections)
    test(what, () => assert.deepEqual(places({ s: { ...site, hosts: selection } }), expected));

  test("its own hosts only", () => {
    const sites = { one: { ...site, hosts: ["web-1"] }, two: { ...site, hosts: ["web-2"] } };
    assert.deepEqual(places(sites), ["one on web-1", "two on web-2"]);
  });
});

describe("the component's arguments", () => {
  test("the site's, its name, and its hosts without their labels", () => {
    const environment = { A: pulumi.secret("a") };
    const [placement] = placeFleet({ hosts, sites: { s: { ...site, environment, hosts: ["web-1"] } } }).sites;
    assert.deepEqual(placement?.args, {
      ...site,
      environment,
      name: "s",
      hosts: { "web-1": { address: "192.0.2.11" } },
    });
    assert.equal(placement.args.environment?.A, environment.A);
  });
});

describe("a proxy", () => {
  const web = { image: "docker.io/library/httpd:latest", serverName: "www.example.com", port: 80 };
  const proxy = { user: "test", image: site.image, listen: ["0.0.0.0:82"], backends: { web } };

  test("is placed as a site is, with its name and its hosts", () => {
    const { sites, proxies } = placeFleet({
      hosts,
      proxies: { p: { ...proxy, network: { internal: true }, hosts: { labels: { zone: "b" } } } },
    });
    assert.deepEqual(sites, []);
    assert.deepEqual(proxies, [
      {
        name: "p",
        hosts: ["web-2"],
        args: {
          ...proxy,
          network: { internal: true },
          name: "p",
          hosts: { "web-2": { address: "192.0.2.12" } },
        },
      },
    ]);
  });

  test("what is wrong, by its path", () => {
    const backends = { web: { ...web, serverNme: "x" } };
    assert.deepEqual(
      problems({ hosts, proxies: { p: { ...proxy, backends, hosts: ["web-1"], name: "x" } } }),
      [
        'proxies.p.backends.web.serverNme: is not known. Did you mean "serverName"?',
        `proxies.p.name: is not known. ${known("proxies")}`,
      ],
    );
    const configuration = {
      hosts,
      sites: { r: { ...site, hosts: ["web-1"] } },
      proxies: {
        p: { ...proxy, user: "test", image: "nginx", hosts: ["web-3"] },
        r: { ...proxy, hosts: ["db-1", "web-1"] },
        q: { ...proxy, image: "nginx", hosts: ["web-1"] },
      },
    };
    assert.deepEqual(
      problems(configuration).map((line) => line.split(": ").slice(0, 2).join(": ").slice(0, 60)),
      [
        'proxies.p.hosts[0]: "web-3" is not a host of this stack. Did',
        'proxies.q.image: "nginx" names no registry, so each host wou',
        "proxies.r: is also the name of a site. Choose another name.",
      ],
    );
  });
});

describe("a host that is not there", () => {
  test("keeps its place in its sites, which are told", () => {
    const fleet = { ...hosts, "db-1": { ...hosts["db-1"], state: "offline" } };
    const [entry] = placeFleet({ hosts: fleet, sites: { s: { ...site, hosts: ["web-1", "db-1"] } } }).sites;
    assert.deepEqual(entry?.hosts, ["web-1", "db-1"]);
    assert.deepEqual(entry.args.hosts?.["db-1"], { address: "192.0.2.13", state: "offline" });
  });

  test("what its state can't be", () => {
    const fleet = { "web-1": { address: "a", state: "gone" } };
    assert.deepEqual(problems({ hosts: fleet }), [
      'hosts.web-1.state: must be "present" or "offline" or "retired"',
    ]);
  });
});

describe("what is wrong, by its path in the stack file", () => {
  test("what the fleet has to do with each other, all at once, each once", () => {
    const configuration = {
      hosts: {
        web: { address: "a", jump: "gat" },
        gate: { address: "b", jump: "gate2" },
        gate2: { address: "c", jump: { address: "d" } },
      },
      sites: {
        one: { ...site, hosts: ["web", "web", "wbe"] },
        two: { ...site, hosts: ["web"], image: "nginx", linger: true },
        three: { ...site, hosts: { labels: { role: "web" } } },
        "four.example": { ...site, hosts: ["gate2"], listen: ["80", "x"] },
      },
    };
    const found = problems(configuration);
    assert.deepEqual(found.slice(0, 2), [
      'hosts.web.jump: "gat" is not a host of this stack. Did you mean "gate"?',
      'sites.one.hosts[2]: "wbe" is not a host of this stack. Did you mean "web"?',
    ]);
    assert.deepEqual(
      found.slice(2).map((line) => line.split(": ")[0]),
      ["sites.three.hosts.labels", "sites.two.linger", "sites.two.image", 'sites["four.example"].listen[1]'],
    );
  });

  describe("a selection of hosts", () => {
    const have = "The hosts have: role: web; zone: a, b.";
    const cases: [string, unknown, string[]][] = [
      [
        "labels that no host has",
        { labels: { role: "db" } },
        [`labels: no host has all of these labels. ${have}`],
      ],
      [
        "labels that no host has together",
        { labels: { role: "web", zone: "c" } },
        [`labels: no host has all of these labels. ${have}`],
      ],
      [
        "labels without `labels`",
        { role: "web" },
        [
          `labels: is missing: the labels that the hosts have, as in { role: web }. ${have}`,
          "role: is not known. Known: labels.",
        ],
      ],
      [
        "one text",
        { labels: "web" },
        [`labels: must be the labels that the hosts have, as in { role: web }. ${have}`],
      ],
      [
        "a number",
        { labels: { zone: 1 } },
        [`labels.zone: must be text, and is a number. Put it in quotes. ${have}`],
      ],
    ];
    for (const [what, selection, expected] of cases)
      test(what, () => {
        const found = problems({ hosts, sites: { s: { ...site, hosts: selection } } });
        assert.deepEqual(
          found,
          expected.map((line) => `sites.s.hosts.${line}`),
        );
      });

    test("none is not told of labels where it needs none", () => {
      assert.deepEqual(problems({ hosts, sites: { s: { ...site, hosts: [] }, t: site } }), [
        "sites.s.hosts: needs one host at least",
        "sites.t.hosts: is missing: a list of host names, or { labels: { … } }, as in [web-1]",
      ]);
    });
  });

  test("what is a secret as a whole, in a line each", () => {
    const web = { image: site.image, serverName: "a", port: 80, extra: pulumi.secret("x") };
    const configuration = {
      hosts: { a: pulumi.secret({ address: "a" }), b: { address: "b" } },
      sites: { s: pulumi.secret(site), t: { ...site, hosts: pulumi.secret(["b"]) } },
      proxies: { p: { hosts: ["b"], user: "test", image: site.image, listen: ["80"], backends: { web } } },
    };
    assert.deepEqual(problems(configuration).sort(), [
      "hosts.a: can't be a secret or an Output as a whole. In it, these may be one or hold one: hostKey, knownHostsFile, identityFile, privateKey, passphrase, agent, sshConfig, address, port, user, jump, sudo, connectTimeout, commandTimeout, state.",
      "proxies.p.backends.web.extra: can't be a secret or an Output. Give a plain value.",
      "sites.s: can't be a secret or an Output as a whole. In it, these may be one or hold one: image, registries, tls, nginx, smokeTest, commands, environment.",
      "sites.t.hosts: can't be a secret or an Output. Give a plain value. No host of this stack has labels.",
    ]);
    assert.deepEqual(problems({ hosts: {}, sites: pulumi.secret({}), proxies: {} }), [
      "sites: can't be a secret or an Output as a whole. In it, these may be one or hold one: *.image, *.registries, *.tls, *.nginx, *.smokeTest, *.commands, *.environment.",
    ]);
  });

  test("the shape: unknown keys at every depth name the nearest, all at once", () => {
    const configuration = {
      hosts: {
        a: { address: "a", labls: {} },
        b: { adress: "a" },
        c: { address: "a", jump: { address: "b", prot: 1 } },
        d: { address: "a", port: 0, jump: 5 },
      },
      sites: {
        e: { ...site, hosts: ["a"], imgae: "x" },
        f: { ...site, hosts: { lables: { role: "web" } } },
        g: { ...site, hosts: "a" },
        h: { ...site, hosts: [] },
        i: { ...site, hosts: ["a"], name: "other", connection: {} },
        "two words": { ...site, hosts: ["a"] },
      },
      prxies: {},
    };
    assert.deepEqual(problems(configuration).sort(), [
      'hosts.a.labls: is not known. Did you mean "labels"?',
      'hosts.b.adress: is not known. Did you mean "address"?',
      'hosts.c.jump.prot: is not known. Did you mean "port"?',
      "hosts.d.jump: must be the name of a host, or a connection",
      "hosts.d.port: must be a whole number from 1 to 65535, and is 0",
      'prxies: is not known. Did you mean "proxies"?',
      'sites.e.imgae: is not known. Did you mean "image"?',
      'sites.f.hosts.lables: is not known. Did you mean "labels"? No host of this stack has labels.',
      "sites.g.hosts: must be a list of host names, or { labels: { … } }, as in [web-1]. No host of this stack has labels.",
      "sites.h.hosts: needs one host at least",
      `sites.i.connection: is not known. ${known("sites")}`,
      "sites.i.name: is not known.",
      'sites["two words"]: a name is letters, digits, "-", "_" and "."',
    ]);
  });
});
