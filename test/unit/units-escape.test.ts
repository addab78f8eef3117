import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  UnquotableTextError,
  environmentFile,
  quoteContainerEnvironment,
  quoteEnvironment,
  quoteExec,
  quoteExecArgumentOnHost,
  quoteWords,
} from "../../units/escape.ts";
import { serialize } from "../../units/serialize.ts";
import { encodable } from "./units-arbitraries.ts";
import {
  readEnvironment,
  readEnvironmentFile,
  readExec,
  readThroughPodman,
  splitWords,
  toRecord,
} from "./units-readers.ts";

const variableName = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,6}$/);
const printable = encodable.filter((text) => !/(?![\t\n])\p{Cc}/u.test(text));
const environment = fc.dictionary(variableName, printable, { noNullPrototype: true });
const program = fc.constantFrom("/usr/bin/podman", "true", "/opt/my programs/100%");

/** For `Environment=` of a service, in which specifiers keep their meaning. */
function escapeSpecifiers(variables: Record<string, string>): Record<string, string> {
  const escaped = Object.entries(variables).map(([name, value]) => [name, value.replaceAll("%", "%%")]);
  return Object.fromEntries(escaped) as Record<string, string>;
}

/** @throws Error if the text can't be written into a unit file */
function writable(value: string): string {
  serialize({ sections: [{ name: "S", entries: [{ key: "K", value }] }] });
  return value;
}

test("nothing is nothing", () => {
  assert.equal(quoteWords([]), "");
  assert.equal(quoteEnvironment({}), "");
  assert.equal(environmentFile({}), "");
});

test("quotes only where it must", () => {
  assert.equal(quoteWords(["--rm", "NGINX=3;", "%n", "$x", "é"]), "--rm NGINX=3; %n $x é");
  assert.equal(
    quoteWords(["", "a b", "it's", 'say "x"', "\\", ";", "a\nb\x01"]),
    String.raw`"" "a b" "it's" "say \"x\"" "\\" ";" "a\nb\x01"`,
  );
});

test("an argument has no specifier and no variable", () => {
  assert.equal(quoteExec(["/bin/sh", "-c", "echo $1; date +%s"]), '/bin/sh -c "echo $$1; date +%%s"');
});

test("what the host fills in stays as it is in the text of others", () => {
  assert.equal(quoteExecArgumentOnHost("@UID@ 5%@HOME@UID@"), '"\\x40UID@ 5%%\\x40HOME\\x40UID@"');
  assert.equal(quoteExecArgumentOnHost("example.com/a@sha256:0"), "example.com/a@sha256:0");
});

test("the podman command of the reference's Example 3", () => {
  const words = [
    "--cidfile=/run/user/1000/web.cid",
    "--cgroups=split",
    "--rm",
    "--env",
    "NGINX=3;",
    "-d",
    "--replace",
  ];
  const argv = ["/usr/bin/podman", "run", ...words, "--sdnotify=conmon", "docker.io/library/nginx"];
  assert.equal(quoteExec(argv), argv.join(" "));
});

for (const bad of ["", "-/bin/true", "@x", ":x", "+x", "!x", "|x", "$SHELL", "/bin/a$b", "a\nb"]) {
  test(`no program of a command line: ${JSON.stringify(bad)}`, () => {
    assert.throws(() => quoteExec([bad, "x"]), UnquotableTextError);
  });
}

test("no command line without a program", () => assert.throws(() => quoteExec([]), UnquotableTextError));

test("what can't be encoded is refused, by its place", () => {
  assert.throws(() => quoteWords(["a", "b\0"]), /word 2 holds a NUL \(U\+0000\)/);
  assert.throws(() => quoteExec(["a", "\ud800"]), /U\+D800/);
});

test("environments: the reader makes the difference", () => {
  const variables = { NGINX: "3;", WHERE: "%h ${HOME}" };
  assert.equal(quoteEnvironment(variables), 'NGINX=3; "WHERE=%h ${HOME}"');
  assert.equal(quoteContainerEnvironment(variables), 'NGINX=3; "WHERE=%%h $${HOME}"');
});

test("a variable whose value looks like a placeholder stays as it is", () => {
  const line = quoteContainerEnvironment({ A: "@HOME@", B: "@UID@HOME@ x", C: "a@b" });
  assert.equal(line, 'A=\\x40HOME@ "B=\\x40UID\\x40HOME@ x" C=a@b');
  assert.deepEqual(toRecord(readThroughPodman(line)), { A: "@HOME@", B: "@UID@HOME@ x", C: "a@b" });
});

for (const name of ["", "1A", "A-B", "A B", "A=B", "É", "A\n"]) {
  test(`no variable: ${JSON.stringify(name)}`, () => {
    for (const write of [quoteEnvironment, quoteContainerEnvironment, environmentFile]) {
      assert.throws(() => write({ [name]: "x" }), UnquotableTextError);
    }
  });
}

test("a variable that systemd would drop is refused, without its value", () => {
  assert.throws(() => quoteEnvironment({ TOKEN: "secret\x1b" }), {
    name: "UnquotableTextError",
    message: "TOKEN holds a control character; systemd would drop the variable.",
  });
});

test("a file of variables has no quotes", () => {
  assert.equal(environmentFile({ A: ' "x" \\ $y #z', B: "" }), 'A= "x" \\ $y #z\nB=\n');
});

for (const value of ["a\nb", "a\r", "a\0", "\udc00", "x".repeat(65_534), "é".repeat(32_767)]) {
  test(`a file of variables can't hold ${JSON.stringify(value.slice(0, 9))} of ${value.length}`, () => {
    assert.throws(() => environmentFile({ A: value }), /^UnquotableTextError: A (holds a|is too long)/);
  });
}

test("a line of podman's longest length is fine", () => {
  assert.equal(environmentFile({ A: "x".repeat(65_533) }).length, 65_536);
});

test("the readers of this test see what would not arrive", () => {
  for (const line of ["a %h", "a $b", "a ; b", 'a "b', "a\\;"]) assert.throws(() => readExec(line), Error);
  assert.throws(() => readEnvironment("A=%n"), /a specifier %n/);
  assert.throws(() => readThroughPodman('a ";"'), /a separator of commands/);
  assert.throws(() => readThroughPodman('a ""'), /loses an empty word/);
  assert.deepEqual(readExec(String.raw`'a b' c\x20d "\u00e9\101" $$x %%`), ["a b", "c d", "éA", "$x", "%"]);
});

test("words are read back", () => {
  fc.assert(
    fc.property(fc.array(encodable), (words) => {
      assert.deepEqual(
        splitWords(writable(quoteWords(words))).map(({ text }) => text),
        words,
      );
    }),
  );
});

test("a command line is read back", () => {
  fc.assert(
    fc.property(program, fc.array(encodable), (first, words) => {
      assert.deepEqual(readExec(writable(quoteExec([first, ...words]))), [first, ...words]);
    }),
  );
});

test("variables are read back: by systemd, through podman, from a file", () => {
  fc.assert(
    fc.property(environment, (variables) => {
      const own = escapeSpecifiers(variables);
      assert.deepEqual(readEnvironment(writable(quoteEnvironment(own))), variables);
      assert.deepEqual(
        toRecord(readThroughPodman(writable(quoteContainerEnvironment(variables)))),
        variables,
      );
    }),
  );
  const oneLine = fc.dictionary(
    variableName,
    encodable.filter((text) => !/\n|\r$/.test(text)),
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(oneLine, (variables) =>
      assert.deepEqual(readEnvironmentFile(environmentFile(variables)), variables),
    ),
  );
});
