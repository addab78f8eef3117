import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { messagesFile, messagesPage, readSources } from "../../tools/docs/messages-page.ts";
import { messagesOfCode, messagesOfShell } from "../../tools/docs/messages.ts";

// docs/messages.md has the messages of the sources, and docs/troubleshooting.md quotes only these.

const root = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

test(`${messagesFile} is what the sources say`, () => {
  assert.ok(
    read(messagesFile) === messagesPage(readSources(root)),
    `${messagesFile} is out of date: make docs`,
  );
});

describe("the messages of a source", () => {
  test("a problem with its cure, and what both fill in", () => {
    const source = [
      "throw new HostError(host, `no answer from ${this.#port} within ${Math.round(limit)} s.`, {",
      '  cure: found ? "Check the port of it." : `Ask ${messageOf(owner)} for the port.`,',
      "});",
    ];
    assert.deepEqual(messagesOfCode(source.join("\n")), [
      ["no answer from {port} within {limit} s.", "Check the port of it.", "Ask {owner} for the port."],
    ]);
  });

  test("each line, and what a hole holds by itself", () => {
    assert.deepEqual(
      messagesOfCode('fail(`The file is wrong.\\nIt has ${many ? "more than one line" : ""}`);'),
      [["The file is wrong.", "It has {…}"], ["more than one line"]],
    );
  });

  test("neither help, nor units, paths, commands and patterns", () => {
    const others = [
      'yargs.option("host", { describe: "only this host of all" }).command("logs <site>", "what a site has logged");',
      'const unit = { description: "Sockets of the site", execStart: "/usr/bin/test -s file of it" };',
      'import { a } from "a path of words";',
      'run("--cap-drop all of them", /a pattern of words/, "two words");',
    ];
    assert.deepEqual(messagesOfCode(others.join("\n")), []);
  });

  test("of shell, also within TypeScript", () => {
    const script =
      'echo "$1 has no room on ${disk##*/}: $(df "$1")" >&2\necho "$path"\nproblem="it did not answer"';
    const said = [["{1} has no room on {disk}: {…}"], ["it did not answer"]];
    assert.deepEqual(messagesOfShell(script), said);
    assert.deepEqual(messagesOfCode("const script = String('{ echo \"$1 has ended\" >&2; exit 1; }');"), [
      ["{1} has ended"],
    ]);
  });
});

/** The messages that a page quotes: the code in the first column of its tables. */
function quoted(page: string): string[] {
  return [...page.matchAll(/^\| (`+) ?(.*?) ?\1 +\|/gm)].map(([, , text = ""]) => text);
}

/** Whether a line of the messages has the parts of a quotation (between its "…") in their order. */
function isSaid(quotation: string, messages: string): boolean {
  return messages.split("\n").some((line) => {
    let at = 0;
    return quotation.split("…").every((part) => {
      const found = line.indexOf(part, at);
      at = found + part.length;
      return found >= 0;
    });
  });
}

describe("docs/troubleshooting.md", () => {
  const [own = "", others = ""] = read("docs/troubleshooting.md").split("## Words of Pulumi, Node and sudo");
  const messages = read(messagesFile);

  for (const quotation of quoted(own))
    test(`quotes a message: ${quotation}`, () => assert.ok(isSaid(quotation, messages)));

  test("has many, and some of other programs", () => {
    assert.ok(quoted(own).length > 40);
    assert.ok(quoted(others).length > 4);
    assert.equal(own.match(/^\| /gm)?.length, quoted(own).length + 2 * (own.match(/^\| -/gm)?.length ?? 0));
  });

  test("a quotation that is no longer said is found", () => {
    assert.ok(!isSaid("the host is on … fire.", messages));
    assert.ok(!isSaid("podman … is too young", messages));
  });
});
