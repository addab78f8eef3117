import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { missingNetworkTools } from "../../host/plan/network-tools.ts";
import { desired, settled, unit } from "./host-plan-facts.ts";

const rootless = { account: "test", manager: "user" as const };

/** The tools that a set of one unit needs, and that a host with all other tools lacks. */
function missing(
  name: string,
  text: string,
  has: string[] = [],
  set: object = rootless,
  version = "5.8.2",
): string[] {
  const state = desired({ ...set, files: [unit(name, text)] });
  const podman = { installed: true, version };
  return missingNetworkTools({ ...settled(state), podman, tools: new Set(has) }, state);
}
const container = (lines: string) => `[Container]\nImage=registry.example/nginx:1\n${lines}`;
const service = (network: string) =>
  `[Service]\nExecStart=/usr/bin/podman run --name systemd-%N ${network} -d image\n`;

describe("nothing is missing", () => {
  const fine: [string, string, string, string[]?, object?][] = [
    ["for a container without a network", "a.container", container("Network=none\n")],
    [
      "for one with the host's, or another container's",
      "a.container",
      container("Network=host\nNetwork=b.container\n"),
    ],
    ["for a pod's, which the pod has", "a.container", container("Pod=a.pod\n")],
    ["where a network is taken back", "a.container", container("Network=web\nNetwork=\nNetwork=none\n")],
    ["for a pod without a network", "a.pod", "[Pod]\nNetwork=none\n"],
    ["for a pod in PodmanArgs=", "a.pod", "[Pod]\nPodmanArgs=--network=host\n"],
    ["for a .kube without Network=: its YAML may have the host's", "a.kube", "[Kube]\nYaml=a.yaml\n"],
    ["in PodmanArgs=", "a.container", container('PodmanArgs=--network "none"\n')],
    ["with slirp4netns by name", "a.container", container("Network=slirp4netns\n"), ["slirp4netns"]],
    ["with pasta", "a.container", container(""), ["pasta"]],
    ["with slirp4netns in its place", "a.container", container("Network=web.network\n"), ["slirp4netns"]],
    ["for a rootful one", "a.container", container(""), [], {}],
    ["for a service with network none", "a.service", service("--network none")],
    [
      "for a service that runs no container",
      "a.service",
      "[Service]\nExecStart=/usr/bin/podman ps --network x\n",
    ],
    ["for a network without DNS", "a.network", "[Network]\nDisableDNS=true\n"],
    ["for a socket", "a.socket", "[Socket]\nListenStream=80\n"],
  ];
  for (const [what, ...given] of fine) test(what, () => assert.deepEqual(missing(...given), []));

  test("where nobody has looked, as nothing is to be written", () => {
    const state = desired({ ...rootless, files: [unit("a.container", container(""))] });
    assert.deepEqual(missingNetworkTools(settled(state), state), []);
  });
});

const cure = 'which the host does not have. Install it (package passt), or choose network "none".';
const cases: [string, string[], string[]][] = [
  [
    "podman's default, as its only network has been taken back",
    missing("a.container", container("Network=none\nNetwork=\n")),
    [`a.container: a rootless container with a network needs pasta (or slirp4netns), ${cure}`],
  ],
  [
    "podman's default of a pod",
    missing("a.pod", "[Pod]\nPodName=a\n"),
    [`a.pod: a rootless pod with a network needs pasta (or slirp4netns), ${cure}`],
  ],
  [
    "that of a .kube",
    missing("a.kube", "[Kube]\nYaml=a.yaml\nNetwork=web.network\n"),
    [`a.kube: a rootless pod with network "web.network" needs pasta (or slirp4netns), ${cure}`],
  ],
  [
    "slirp4netns of a pod, which is gone in podman 6",
    missing("a.pod", "[Pod]\nNetwork=slirp4netns\n", [], rootless, "6.0.0"),
    [
      `a.pod: network "slirp4netns" was removed in podman 6, and the host has 6.0.0. Choose network "pasta", or remove the argument for podman's default.`,
    ],
  ],
  [
    "podman's default in podman 6, which has no other way",
    missing("a.container", container(""), ["slirp4netns"], rootless, "6.1.1"),
    [`a.container: a rootless container with a network needs pasta, ${cure}`],
  ],
  [
    "slirp4netns in podman 6, also of root's",
    missing("a.container", container("Network=slirp4netns:mtu=1500\n"), ["slirp4netns"], {}, "6.1.1"),
    [
      'a.container: network "slirp4netns:mtu=1500" was removed in podman 6, and the host has 6.1.1. Choose network "pasta", or remove the argument for podman\'s default.',
    ],
  ],
  [
    "names on a network, as podman knows no such yes",
    missing("a.network", '[Network]\nDisableDNS="y"\n', ["pasta"], {}),
    [
      'a.network: a network whose containers find each other by name needs aardvark-dns, which the host does not have. Install it (package aardvark-dns), or choose network "none".',
    ],
  ],
  [
    "podman's default",
    missing("a.container", container("")),
    [`a.container: a rootless container with a network needs pasta (or slirp4netns), ${cure}`],
  ],
  [
    "a bridge",
    missing("a.container", container("Network=web.network:ip=10.0.0.1\n")),
    [
      `a.container: a rootless container with network "web.network:ip=10.0.0.1" needs pasta (or slirp4netns), ${cure}`,
    ],
  ],
  [
    "one that is named, which no other can stand in for",
    missing("a.container", container("Network=pasta:-t,8080\n"), ["slirp4netns"]),
    [`a.container: a rootless container with network "pasta:-t,8080" needs pasta, ${cure}`],
  ],
  [
    "a service of an account (Example 3)",
    missing("a.service", service("--network=web"), [], { account: "test" }),
    [`a.service: a rootless container with network "web" needs pasta (or slirp4netns), ${cure}`],
  ],
  [
    "a service without a word about it",
    missing("a.service", service(""), [], { account: "test" }),
    [`a.service: a rootless container with a network needs pasta (or slirp4netns), ${cure}`],
  ],
  [
    "names on a network, also of root's",
    missing("a.network", "[Network]\nInternal=true\n", ["pasta"], {}),
    [
      'a.network: a network whose containers find each other by name needs aardvark-dns, which the host does not have. Install it (package aardvark-dns), or choose network "none".',
    ],
  ],
];
describe("what is missing, for whom, and what to do", () => {
  for (const [what, found, expected] of cases) test(what, () => assert.deepEqual(found, expected));
});
