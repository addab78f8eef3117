import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { readText } from "../../stacks/files.ts";

const project = mkdtempSync(join(tmpdir(), "stacks-files-"));
after(() => rmSync(project, { recursive: true }));

function write(name: string, content: string | Uint8Array): string {
  const path = join(project, name);
  writeFileSync(path, content);
  return path;
}

describe("readText: the text as it is", () => {
  mkdirSync(join(project, "nginx"));
  const text = "server {\r\n  # å ☃\n}\n\n";
  const path = write("nginx/default.conf", text);

  test("relative to the project, wherever this process is", () =>
    assert.deepEqual(readText("nginx/default.conf", project), { text }));
  test("out of the project", () =>
    assert.deepEqual(readText("../nginx/default.conf", join(project, "stacks")), { text }));
  test("absolute", () => assert.deepEqual(readText(path, "/nowhere"), { text }));
  test("a link, as those of certbot are", () => {
    symlinkSync("nginx/default.conf", join(project, "link.conf"));
    assert.deepEqual(readText("link.conf", project), { text });
  });
  test("with a byte order mark, of which nginx's own check speaks", () => {
    write("mark.conf", "\uFEFFserver {}\n");
    assert.deepEqual(readText("mark.conf", project), { text: "\uFEFFserver {}\n" });
  });
  test("an empty one", () => {
    write("empty", "");
    assert.deepEqual(readText("empty", project), { text: "" });
  });
  test("of 1 MiB", () => {
    write("most", "x".repeat(1024 * 1024));
    assert.deepEqual(readText("most", project), { text: "x".repeat(1024 * 1024) });
  });
});

describe("readText: which file, relative to what, and why not", () => {
  const secret = "hunter2";
  write("large", "x".repeat(1024 * 1024 + 1));
  write("latin1", Buffer.from(`${secret} \xe5`, "latin1"));
  write("utf16", Buffer.from(`\uFEFF${secret}`, "utf16le"));
  write("binary", `${secret}\0`);
  symlinkSync("gone", join(project, "dangling"));
  execFileSync("mkfifo", [join(project, "pipe")]);
  const relative = (name: string) =>
    `the file ${JSON.stringify(name)}, relative to the project's directory ${project},`;
  const cases: [string, string, string][] = [
    ["none", "none.pem", `${relative("none.pem")} does not exist`],
    ["none, absolute", "/nowhere/a.pem", 'the file "/nowhere/a.pem" does not exist'],
    ["none, at home", "~/none.pem", `the file "~/none.pem" (${join(homedir(), "none.pem")}) does not exist`],
    ["a link to nothing", "dangling", `${relative("dangling")} does not exist`],
    ["below a file", "large/a.pem", `${relative("large/a.pem")} can't be read: ENOTDIR`],
    ["a directory", ".", `${relative(".")} is a directory. Name a file in it.`],
    ["a pipe", "pipe", `${relative("pipe")} is not a regular file`],
    [
      "more than 1 MiB",
      "large",
      `${relative("large")} has 1048577 bytes, and a text can have at most 1048576 (1 MiB)`,
    ],
    ["another encoding", "latin1", `${relative("latin1")} is not text in UTF-8`],
    ["UTF-16", "utf16", `${relative("utf16")} is not text in UTF-8`],
    ["NUL", "binary", `${relative("binary")} holds a NUL byte, so it is not text`],
    ["a path that can't be one", "a\0b", `${relative("a\0b")} can't be read: `],
  ];
  for (const [what, given, expected] of cases) {
    test(what, () => {
      const found = readText(given, project);
      assert.ok("problem" in found);
      assert.equal(found.problem.slice(0, expected.length), expected);
      assert.doesNotMatch(found.problem, new RegExp(secret));
    });
  }
});
