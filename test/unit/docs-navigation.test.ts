import assert from "node:assert/strict";
import { test } from "node:test";
import { navigation, pagesOf } from "../../tools/docs/navigation.ts";

const files: Record<string, string> = {
  "docs/README.md": `# Documentation

Start with the [README](../README.md).

## Start

- [Get started](start.md): a first page, then [TLS](tls.md)
- [How it works, with
  diagrams](how.md)
- [The schema](schema.json), for editors

## Empty

Only [prose](prose.md).

## Reference of \`sites\`

| you want to             | read                                                    |
| ----------------------- | ------------------------------------------------------- |
| serve TLS               | [TLS](tls.md#keys), [\`acme\`](acme.md), [TLS](tls.md)  |
| know the reasons        | [Decisions](decisions/README.md)                        |
| work on it              | [Contributing](../CONTRIBUTING.md), [README](../README.md) |
| read [more](start.md)   | [Pulumi](https://www.pulumi.com/a.md)                   |
`,
  "docs/decisions/README.md":
    "# Decisions\n\n[Back](../README.md)\n\n- [Index](../README.md)\n- [0001](0001-a.md)\n",
};

test("the navigation is the groups of the index, each page once, with the pages of an index below", () => {
  const groups = navigation("docs/README.md", (path) => files[path] ?? "");
  assert.deepEqual(groups, [
    {
      text: "Start",
      entries: [
        { text: "Get started", path: "docs/start.md" },
        { text: "How it works, with diagrams", path: "docs/how.md" },
      ],
    },
    {
      text: "Reference of sites",
      entries: [
        { text: "TLS", path: "docs/tls.md" },
        { text: "acme", path: "docs/acme.md" },
        {
          text: "Decisions",
          path: "docs/decisions/README.md",
          entries: [{ text: "0001", path: "docs/decisions/0001-a.md" }],
        },
        { text: "Contributing", path: "CONTRIBUTING.md" },
        { text: "README", path: "README.md" },
      ],
    },
  ]);
  assert.deepEqual(pagesOf(groups[1]?.entries ?? []).slice(2, 4), [
    "docs/decisions/README.md",
    "docs/decisions/0001-a.md",
  ]);
});

test("an index without links has no navigation", () => {
  assert.deepEqual(
    navigation("docs/README.md", () => "# Documentation\n"),
    [],
  );
});
