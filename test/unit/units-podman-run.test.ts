import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { quoteWords } from "../../units/escape.ts";
import { optionValues, podmanArgs, podmanRuns } from "../../units/podman-run.ts";
import { splitWords } from "../../units/words.ts";
import { encodable } from "./units-arbitraries.ts";

describe("words", () => {
  const cases: [string, string[]][] = [
    ["", []],
    ["  a\tb  ", ["a", "b"]],
    ["--label 'two words' --net\"work\"=none", ["--label", "two words", "--network=none"]],
    ['a "" b', ["a", "", "b"]],
    ["\"it's\" '\"'", ["it's", '"']],
    ["a\\x20b \\u00e9 \\101 \\s. \\\\", ["a b", "é", "A", " .", "\\"]],
    ["'a\\'b'", ["a'b"]],
    ['a "never closed b', ["a", "never closed b"]],
    ["a\\", ["a"]],
    ["a \\q", []],
    ["a \\x4", []],
    ["a \\000", []],
  ];
  for (const [line, words] of cases)
    test(JSON.stringify(line), () => assert.deepEqual(splitWords(line), words));

  test("any words, as this project writes them", () => {
    fc.assert(
      fc.property(fc.array(encodable), (words) => assert.deepEqual(splitWords(quoteWords(words)), words)),
    );
  });
});

describe("what a service runs with podman", () => {
  const runs = (...commands: string[]) =>
    podmanRuns("web.service", `[Service]\n${commands.map((one) => `ExecStart=${one}\n`).join("")}`);
  test("nothing, where it does not", () => {
    assert.deepEqual(runs("/usr/sbin/nginx run", "/usr/bin/podman stop run-1", "/opt/podman-run run"), []);
    assert.deepEqual(podmanRuns("web.container", "[Service]\nExecStart=/usr/bin/podman run a\n"), []);
    assert.deepEqual(podmanRuns("web.service", "nonsense"), []);
  });
  test("words after run", () => {
    assert.deepEqual(runs("-/usr/bin/podman --log-level=debug run --rm nginx"), [["--rm", "nginx"]]);
    assert.deepEqual(runs("podman container run 'my image'"), [["my image"]]);
    assert.deepEqual(runs("/usr/bin/flock /run/x /usr/bin/podman run a"), [["a"]]);
    assert.deepEqual(runs("/bin/sh -c 'exec podman run -p 80:80 a'"), [["-p", "80:80", "a"]]);
  });
  test("of several commands, those after an empty one", () => {
    assert.deepEqual(runs("podman run a", "", "podman run b", "podman run c"), [["b"], ["c"]]);
    assert.deepEqual(runs("podman run a", ""), []);
  });
});

test("PodmanArgs= of several lines are one command line", () => {
  const args = (...lines: string[]) =>
    podmanArgs("web.container", `[Container]\n${lines.map((line) => `PodmanArgs=${line}\n`).join("")}`);
  assert.deepEqual(args("--network", '"host" --rm'), ["--network", "host", "--rm"]);
  assert.deepEqual(args("--network=host", ""), []);
  assert.deepEqual(args("\\q", "--rm"), ["--rm"]);
});

test("the values of an option", () => {
  const values = (line: string) => optionValues(line.split(" "), "-p", "--publish", "--pod");
  assert.deepEqual(values("-p 80:80 --publish=81:81 --publish 82:82 -p83:83 -p=84:84 -dp 85:85"), [
    "80:80",
    "81:81",
    "82:82",
    "83:83",
    "84:84",
    "85:85",
  ]);
  assert.deepEqual(values("-P -it -d --publish-all --podman --pod"), []);
});
