import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { madeContainer, madeNetwork, madeUnit } from "../../units/made.ts";

const container = (lines: string) => `[Container]\nImage=registry.example/nginx:1\n${lines}`;
const run = (options: string) => `[Service]\nExecStart=/usr/bin/podman ${options} -d image\n`;

describe("the unit of a file", () => {
  const cases: [string, string, string][] = [
    ["web.container", container(""), "web.service"],
    ["web.container", container("ServiceName=other\nServiceName=nginx\n"), "nginx.service"],
    ["web.container", container("ServiceName=\n"), "web.service"],
    ["web.network", "[Network]\nServiceName=net\n", "net.service"],
    ["web.pod", "[Pod]\n", "web-pod.service"],
    ["web@.container", container(""), "web@.service"],
    ["web.service", "[Service]\nServiceName=other\n", "web.service"],
    ["web.socket", "[Socket]\nService=other.service\n", "web.socket"],
    ["web.container", "[Container\nServiceName=other\n", "web.service"],
  ];
  for (const [file, text, expected] of cases)
    test(`${file}, ${JSON.stringify(text)}: ${expected}`, () => assert.equal(madeUnit(file, text), expected));
});

describe("the container of a file", () => {
  const cases: [string, string, string | undefined][] = [
    ["web.container", container(""), "systemd-web"],
    ["web.container", container("ServiceName=nginx\n"), "systemd-nginx"],
    ["web.container", container("ContainerName=a\nContainerName=apache\n"), "apache"],
    ["web.container", container("ContainerName=my-%N-1\n"), "my-web-1"],
    ["web.container", container("ContainerName=%p\n"), undefined],
    ["web@.container", container(""), undefined],
    ["web@1.container", container(""), undefined],
    ["web.container", "[Container\n", "systemd-web"],
    ["web.service", "[Service\nExecStart=/usr/bin/podman run --name web", undefined],
    ["web.service", run("run --name systemd-%N --replace"), "systemd-web"],
    ["web.service", run('--runtime=runc run --rm --name="web"'), "web"],
    ["web.service", run("run --name web-%i"), undefined],
    ["web.service", run("run --rm"), undefined],
    ["web.service", run("rm --name web"), undefined],
    ["web.service", "[Service]\nExecStart=/usr/bin/true run --name web\n", undefined],
    ["web.socket", "[Socket]\nListenStream=80\n", undefined],
    ["web.network", "[Network]\nNetworkName=web\n", undefined],
    ["web.pod", "[Pod]\nPodName=web\n", undefined],
  ];
  for (const [file, text, expected] of cases)
    test(`${file}, ${JSON.stringify(text)}: ${expected ?? "none"}`, () =>
      assert.equal(madeContainer(file, text), expected));
});

test("the network of a file", () => {
  assert.equal(madeNetwork("web.network", "[Network]\nInternal=true\n"), "systemd-web");
  assert.equal(madeNetwork("web.network", "[Network]\nNetworkName=a\nNetworkName=lan\n"), "lan");
  assert.equal(madeNetwork("web.container", "[Network]\nNetworkName=lan\n"), undefined);
});
