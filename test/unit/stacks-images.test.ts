import assert from "node:assert/strict";
import { test } from "node:test";
import { withImages } from "../../stacks/images.ts";

// How a promotion writes images into a stack file without changing anything else.

const digest = `sha256:${"a".repeat(64)}`;
const image = `docker.io/library/nginx@${digest}`;
const file = `# Production.
encryptionsalt: v1:abc

config:
  quadlet-fleet:extends:   stacks/base.yaml  # below
  quadlet-fleet:sites:
    www:
      # Promoted from staging.
      image: docker.io/library/nginx:1.28 # not yet 1.29
      environment: { image: untouched }
    api: { image: 'docker.io/library/api:1', listen: ["0.0.0.0:81"] }
    "a.b": {image: docker.io/library/nginx:1.28}
  quadlet-fleet:proxies:
    front:
        image:    "docker.io/library/nginx:1.28"
        backends:
        -   nothing
`;

const change = (text: string, images: Record<string, string>) =>
  withImages(text, new Map(Object.entries(images)));

test("each image in its place, with its quotes, and all else to the byte", () => {
  assert.deepEqual(
    change(file, {
      "sites.www.image": image,
      "sites.api.image": image,
      'sites["a.b"].image': image,
      "proxies.front.image": "[2001:db8::1]:5000/nginx:2",
    }),
    {
      text: file
        .replace("image: docker.io/library/nginx:1.28 #", `image: ${image} #`)
        .replace("'docker.io/library/api:1'", JSON.stringify(image))
        .replace("{image: docker.io/library/nginx:1.28}", `{image: ${image}}`)
        .replace('"docker.io/library/nginx:1.28"', '"[2001:db8::1]:5000/nginx:2"'),
    },
  );
});

test("an image that needs quotes gets them", () => {
  const text = "config:\n  quadlet-fleet:sites: { www: { image: a:1 } }\n";
  assert.deepEqual(change(text, { "sites.www.image": "[::1]:5000/a:2" }), {
    text: text.replace("a:1", '"[::1]:5000/a:2"'),
  });
});

test("no images: the same text", () => assert.deepEqual(change(file, {}), { text: file }));

for (const [title, value, why] of [
  ["not in this file", undefined, /is not set there/],
  ["an alias", "*nginx", /is not written there as text/],
  ["an anchor that others use", "&nginx docker.io/library/nginx:1", /has the anchor "&nginx"/],
  ["a reference", "{ env: IMAGE }", /is not written there as text/],
  ["several lines", "|\n        docker.io/library/nginx:1", /is text of several lines/],
] as const)
  test(`refused, and nothing is written: ${title}`, () => {
    const text = `x: &nginx docker.io/library/nginx:1\nconfig:\n  quadlet-fleet:sites:\n    www:\n      ${value === undefined ? "manager: user" : `image: ${value}`}\n    api: { image: api:1 }\n`;
    const found = change(text, { "sites.api.image": "api:2", "sites.www.image": image });
    assert.ok("problems" in found);
    assert.deepEqual(
      found.problems.map(({ path }) => path),
      ["sites.www.image"],
    );
    assert.match(found.problems[0]?.why ?? "", why);
  });
