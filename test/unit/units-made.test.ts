import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { madeContainer, madeNetwork, madeUnit } from "../../units/made.ts";
import { madeNames } from "./units-quadlets.ts";

const run = (options: string) => `[Service]\nExecStart=/usr/bin/podman ${options} -d image\n`;

describe("the unit of a file", () => {
  const cases: [string, string, string][] = [
    ...madeNames.map(([file, text, unit]): [string, string, string] => [file, text, unit]),
    ["web.pod", "[Pod]\n", "web-pod.service"],
    ["web.container", "[Container]\nServiceName=\n", "web.service"],
    ["web.service", "[Service]\nServiceName=other\n", "web.service"],
    ["web.socket", "[Socket]\nService=other.service\n", "web.socket"],
    ["web.container", "[Container\nServiceName=other\n", "web.service"],
  ];
  for (const [file, text, expected] of cases)
    test(`${file}, ${JSON.stringify(text)}: ${expected}`, () => assert.equal(madeUnit(file, text), expected));
});

describe("the container of a file", () => {
  const cases: [string, string, string | undefined][] = [
    ...madeNames.map(([file, text, , name]): [string, string, string | undefined] => [
      file,
      text,
      file.endsWith(".container") ? name : undefined,
    ]),
    ["web.container", "[Container\n", "systemd-web"],
    ["web.container", `[Container]\nContainerName=${"%N".repeat(1000)}\n`, undefined],
    ["web.container", `[Container]\nServiceName=${"x".repeat(300)}\n`, undefined],
    ["web.service", "[Service\nExecStart=/usr/bin/podman run --name web", undefined],
    ["web.service", run("run --name systemd-%N --replace"), "systemd-web"],
    ["web.service", run('--runtime=runc run --rm --name="web"'), "web"],
    ["web.service", run('run --rm "--name=web"'), "web"],
    ["web.service", run("run --name web-%i"), undefined],
    ["web.service", run("run --rm"), undefined],
    ["web.service", run("rm --name web"), undefined],
    ["web.service", `${run("run --name web")}ExecStart=\n`, undefined],
    ["web@.service", run("run --name web-%N"), undefined],
    ["web.service", "[Service]\nExecStart=/usr/bin/true run --name web\n", undefined],
    ["web.socket", "[Socket]\nListenStream=80\n", undefined],
    ["web.pod", "[Pod]\nPodName=web\n", undefined],
  ];
  for (const [file, text, expected] of cases)
    test(`${file}, ${JSON.stringify(text).slice(0, 80)}: ${expected ?? "none"}`, () =>
      assert.equal(madeContainer(file, text), expected));
});

describe("the network of a file", () => {
  for (const [file, text, , name] of madeNames)
    test(`${file}, ${JSON.stringify(text)}: ${name ?? "none"}`, () =>
      assert.equal(madeNetwork(file, text), file.endsWith(".network") ? name : undefined));
});
