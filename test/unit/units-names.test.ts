import assert from "node:assert/strict";
import { test } from "node:test";
import { isQuadlet } from "../../units/kinds.ts";
import { madeUnit } from "../../units/made.ts";
import { unitName } from "../../units/names.ts";

const services: Record<string, string> = {
  "web.container": "web.service",
  "web.kube": "web.service",
  "web.network": "web-network.service",
  "web.volume": "web-volume.service",
  "web.image": "web-image.service",
  "web.build": "web-build.service",
  "web.pod": "web-pod.service",
  "web.artifact": "web-artifact.service",
  "a.b.container": "a.b.service",
  "web@.container": "web@.service",
  "web@1.container": "web@1.service",
  "web@.volume": "web-volume@.service",
};

for (const [file, service] of Object.entries(services)) {
  test(`${file} becomes ${service}`, () => {
    assert.equal(madeUnit(file, undefined), service);
    assert.equal(unitName(service), service);
    assert.equal(isQuadlet(file), true);
  });
}

for (const file of [
  "web.socket",
  "web.service",
  "web.timer",
  "dev-disk\\x2dby.mount",
  "web",
  ".container",
  "",
  "web.toString",
]) {
  test(`"${file}" is no quadlet`, () => {
    assert.equal(madeUnit(file, undefined), file);
    assert.equal(isQuadlet(file), false);
  });
}

for (const name of [
  "web.container",
  "web-1.socket",
  "a:b_c.d\\x2d.service",
  "web@.service",
  "web@a@b.service",
  "x.target",
]) {
  test(`${name} is a name`, () => assert.equal(unitName(name), name));
}

for (const [name, problem] of [
  ["", "must end in one of"],
  ["web", "must end in one of"],
  ["web.conf", "must end in one of"],
  ["web.Container", "must end in one of"],
  [".service", "must end in one of"],
  ["web.constructor", "must end in one of"],
  ["@x.service", "ASCII letters"],
  ["a/b.service", "ASCII letters"],
  ["../web.service", "ASCII letters"],
  ["a b.service", "ASCII letters"],
  ["wéb.service", "ASCII letters"],
  ["web\n.service", "ASCII letters"],
  [`${"x".repeat(248)}.service`, "256 characters"],
  [`${"x".repeat(240)}.network`, "256 characters"],
] as const) {
  test(`no name: ${JSON.stringify(name.slice(0, 20))} of ${name.length}`, () => {
    assert.throws(
      () => unitName(name),
      (error) => error instanceof Error && error.message.includes(problem),
    );
  });
}

test("the longest names", () => {
  for (const name of [`${"x".repeat(247)}.service`, `${"x".repeat(239)}.network`])
    assert.equal(unitName(name), name);
});
