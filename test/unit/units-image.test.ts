import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { imageProblem } from "../../units/image.ts";

const sha256 = `sha256:${"0a".repeat(32)}`;

describe("a reference that podman can pull", () => {
  const right = [
    "nginx",
    "docker.io/library/nginx",
    "docker.io/library/nginx:1.29-alpine_x.Y",
    "Registry.Example.COM:5000/a/b_c__d-e---f.g:V1",
    "localhost/x",
    "[2001:db8::1]:5000/x",
    "oci:5000/x",
    `quay.io/x/y@${sha256}`,
    `quay.io/x/y:1@${sha256}`,
    `quay.io/x/y@sha512:${"f".repeat(128)}`,
  ];
  for (const text of right) test(text, () => assert.equal(imageProblem(text), undefined));
});

describe("one that it can't, and what to write", () => {
  const example = 'Write for example "docker.io/library/nginx:1.29".';
  const cases: [string, string][] = [
    [
      "docker://quay.io/x/y:1",
      'has a transport ("docker://"), and must be the name of an image. Write "quay.io/x/y:1".',
    ],
    [
      "https://ghcr.io/x/y",
      'is the address of a page ("https://"), and must be the name of an image. Write "ghcr.io/x/y".',
    ],
    [
      "https://hub.docker.com/_/nginx",
      `is the address of a page ("https://"), and must be the name of an image. ${example}`,
    ],
    [
      "oci-archive:/tmp/x.tar",
      `has a transport ("oci-archive:"), and hosts get their images from a registry. ${example}`,
    ],
    [
      "docker.io/library/Nginx:Latest",
      'has capital letters, which only its registry and its tag may have. Write "docker.io/library/nginx:Latest".',
    ],
    ["docker.io/nginx :1", 'has a blank or a control character. Write "docker.io/nginx:1".'],
    ["quay.io//y", `is not the name of an image. ${example}`],
    ["-x", `is not the name of an image. ${example}`],
    ["", `is not the name of an image. ${example}`],
    ["quay.io/x/y:", 'has "" as its tag, which is not valid. Write "quay.io/x/y".'],
    [
      "quay.io/x/y@sha256:12",
      'has a digest that is not valid: it must be "sha256:" and 64 digits of 0-9 and a-f. Copy the whole digest.',
    ],
  ];
  for (const [text, expected] of cases)
    test(text, () => assert.equal(imageProblem(text), `"${text}" ${expected}`));

  test("one that is too long", () => {
    const registry = "quay.io/";
    assert.equal(imageProblem(`${registry}${"a".repeat(255 - registry.length)}:1`), undefined);
    assert.match(
      imageProblem(`${registry}${"a".repeat(248)}`) ?? "",
      /has 256 characters, .* at most 255\.$/,
    );
  });
});
