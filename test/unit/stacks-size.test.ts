import assert from "node:assert/strict";
import { test } from "node:test";
import { sizeWarning } from "../../stacks/size.ts";

/** A configuration, and the variable that holds it. */
function handedOver(configuration: Record<string, unknown>): [string, Record<string, string>] {
  const all = Object.fromEntries(
    Object.entries(configuration).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
  return [JSON.stringify(all), all];
}

test("nothing is said where there is room", () => {
  assert.equal(sizeWarning(...handedOver({})), undefined);
  const [text, all] = handedOver({ "quadlet-fleet:sites": { www: { nginx: { a: "x".repeat(97_000) } } } });
  assert.equal(sizeWarning(text, all), undefined);
});

test("from 96 KiB on: how much, the limit, the cure and what is largest", () => {
  const certificate = "line\n".repeat(2048);
  const [text, all] = handedOver({
    "quadlet-fleet:sites": {
      "a b": { nginx: { "default.conf": "x".repeat(40 * 1024) }, listen: ["0.0.0.0:80"] },
      ...Object.fromEntries([1, 2, 3, 4, 5].map((at) => [`s${at}`, { tls: { certificate } }])),
    },
    "quadlet-fleet:hosts": { a: { address: "192.0.2.11" } },
    "aws:region": "eu-north-1",
  });
  assert.equal(
    sizeWarning(text, all),
    [
      "The stack's configuration has 111 KiB: quadlet-fleet:sites (111 KiB), quadlet-fleet:hosts (1 KiB), aws:region (1 KiB).",
      'Linux can\'t start this program with more than 128 KiB ("argument list too long").',
      "Move long texts to files, and write { file: PATH } instead (docs/limits.md):",
      'sites["a b"].nginx["default.conf"] (41 KiB), sites.s1.tls.certificate (15 KiB), sites.s2.tls.certificate (15 KiB),',
      "sites.s3.tls.certificate (15 KiB), sites.s4.tls.certificate (15 KiB).",
    ].join(" "),
  );
});
