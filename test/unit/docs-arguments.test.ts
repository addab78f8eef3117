import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { runInNewContext } from "node:vm";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { checkArguments } from "../../components/site/check.ts";
import type { ArgumentProblem } from "../../components/arguments/problems.ts";
import { checkProxy } from "../../components/proxy/check.ts";
import { type Component, argumentsOf, components, docstringOf, pages } from "../../tools/docs/pages.ts";
import { anchor } from "../../tools/docs/prose.ts";
import { type Argument, flatten } from "../../tools/docs/tree.ts";
import { makeCertificate } from "../certificates.ts";

// docs/ has the texts of the docstrings, the docstrings are complete, and each of their examples is valid.

const root = join(import.meta.dirname, "../..");
const names = Object.keys(components) as Component[];
const written = await pages();
type Args = Record<string, unknown>;

describe("a page", () => {
  for (const [path, text] of Object.entries(written)) {
    test(`${path} is what the docstrings and examples say`, () => {
      // assert.equal would print both long texts.
      assert.ok(readFileSync(join(root, path), "utf8") === text, `${path} is out of date: make docs`);
    });

    test(`${path} has no link that leads nowhere`, () => {
      const anchors = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => anchor(heading));
      assert.equal(new Set(anchors).size, anchors.length, "two headings have one anchor");
      const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
      const lost = links.filter((link) =>
        link.startsWith("#")
          ? !anchors.includes(link)
          : !link.startsWith("https:") && !existsSync(join(root, dirname(path), link)),
      );
      assert.ok(links.length > 50);
      assert.deepEqual(lost, []);
      assert.doesNotMatch(text, /\{@link/);
    });
  }
});

const pair = makeCertificate(["www.example.com"]);
const digest = `sha256:${"0".repeat(64)}`;

/** Stands for an Output. */
const anOutput = "an Output";

/** An example, with real values in place of "…". */
function complete(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, inner: unknown) => {
    if (typeof inner !== "string") return inner;
    if (inner === anOutput) return pulumi.secret("…");
    if (inner === "-----BEGIN CERTIFICATE-----\n…") return pair.certificate;
    if (/^-----BEGIN (OPENSSH )?PRIVATE KEY-----\n…$/.test(inner)) return pair.key;
    return inner.replace("AAAA…", "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl");
  });
}

function check(component: Component, args: Args): ArgumentProblem[] {
  const whole = complete(args);
  return component === "SocketActivatedNginx"
    ? checkArguments("example", whole as Parameters<typeof checkArguments>[1]).problems
    : checkProxy("example", whole as Parameters<typeof checkProxy>[1]).problems;
}

/** The fewest arguments that a component needs: the examples of the required ones, and the account of its manager "user". */
function least(component: Component): Args {
  const required = argumentsOf(component).filter(({ member }) => !member.optional);
  return {
    connection: { address: "192.0.2.11" },
    user: "test",
    ...Object.fromEntries(required.map(({ path, member: { doc } }) => [path, parse(doc.examples[0] ?? "")])),
  };
}

interface Case {
  argument: Argument;
  /** The complete arguments with this value for the argument, in each example of the arguments around it. */
  put: (value: unknown) => Args[];
}

function casesOf(component: Component): Case[] {
  const base = least(component);
  const top = argumentsOf(component).map((argument) => ({
    argument,
    put: (value: unknown): Args[] => [
      // `hosts` replaces `connection`.
      { ...base, ...(argument.path === "hosts" ? { connection: undefined } : {}), [argument.path]: value },
    ],
  }));
  const inside = ({ argument, put }: Case): Case[] =>
    argument.shapes
      .flatMap((shape) => shape.arguments)
      .filter(({ as }) => as === undefined)
      .flatMap((inner) => {
        const way = inner.path.slice(argument.path.length).replace("[]", ".0").split(".").slice(1);
        const one: Case = {
          argument: inner,
          put: (value) =>
            argument.member.doc.examples
              .map((example) => parse(example) as unknown)
              .filter((example) => typeof example === "object")
              .flatMap((example) => put(replaced(example, way, value))),
        };
        return [one, ...inside(one)];
      });
  return top.flatMap((one) => [one, ...inside(one)]);
}

/** A copy with another value; "*" is the first name in it. */
function replaced(within: unknown, [step, ...rest]: string[], value: unknown): unknown {
  if (step === undefined) return value;
  const copy = structuredClone(within) as Record<string, unknown>;
  const key = step === "*" ? (Object.keys(copy)[0] ?? "") : step;
  copy[key] = replaced(copy[key], rest, value);
  return copy;
}

/** The problems of the case that has the fewest. */
function problemsOf(component: Component, { put }: Case, value: unknown): string[] {
  const found = put(value).map((args) =>
    check(component, args).map(({ path, message }) => `${path}: ${message}`),
  );
  return found.sort((a, b) => a.length - b.length)[0] ?? ["is inside of nothing"];
}

/** The parts that docstrings lack, by the path of the argument. */
function gaps(tree: readonly Argument[]): string[] {
  return flatten(tree)
    .filter(({ as }) => as === undefined)
    .flatMap(({ path, member: { doc, optional, type, shapes } }) => {
      const open = /string|number|Record|\[\]/.test(type.replaceAll(/"[^"]*"/g, "")) && shapes.length === 0;
      return [
        ...(doc.text === "" ? ["meaning"] : []),
        ...(optional && doc.default === undefined ? ["@default"] : []),
        ...(open && doc.range === undefined ? ["@range"] : []),
        ...(doc.examples.length === 0 ? ["@example"] : []),
      ].map((missing) => `${path}: ${missing}`);
    });
}

for (const component of names) {
  const cases = casesOf(component);

  describe(component, () => {
    test("each argument has a meaning, a default, a range and an example", () => {
      assert.ok(cases.length > 50);
      assert.deepEqual(gaps(argumentsOf(component)), []);
    });

    test("each example is right, and the same in YAML and in TypeScript", () => {
      for (const one of cases) {
        for (const example of one.argument.member.doc.examples) {
          const { path } = one.argument;
          const value: unknown = parse(example);
          assert.deepEqual(JSON.parse(JSON.stringify(runInNewContext(`(${example})`))), value, path);
          const digested = {
            ...one,
            put: (given: unknown) =>
              one
                .put(given)
                .map((args) =>
                  path === "requireDigest"
                    ? (JSON.parse(JSON.stringify(args).replace(/:(latest|1)"/g, `@${digest}"`)) as Args)
                    : args,
                ),
          };
          assert.deepEqual(problemsOf(component, digested, value), [], `${path}: ${example}`);
        }
      }
    });

    test("each range of numbers is the one that is checked", () => {
      const ranges = cases.flatMap((one) => {
        const [, first, last] = /^(\d+) to (\d+)$/.exec(one.argument.member.doc.range ?? "") ?? [];
        return first === undefined ? [] : [{ one, first: Number(first), last: Number(last) }];
      });
      assert.deepEqual(
        cases
          .filter(({ argument: { member } }) => member.type === "number")
          .map(({ argument }) => argument.path),
        ranges.map(({ one }) => one.argument.path),
      );
      for (const { one, first, last } of ranges) {
        const { path } = one.argument;
        for (const value of [first, last])
          assert.deepEqual(problemsOf(component, one, value), [], `${path}: ${value}`);
        for (const value of [first - 1, last + 1])
          assert.notDeepEqual(problemsOf(component, one, value), [], `${path}: ${value}`);
      }
    });

    test("what may be an Output is what it is said of", () => {
      const isTaken = (one: Case, value: unknown) =>
        !problemsOf(component, one, value).some((problem) => problem.includes("can't be a secret"));
      const each = (value: object) =>
        Object.fromEntries(Object.keys(value).map((key) => [key, anOutput] as const));
      for (const one of cases) {
        const { path, output, member } = one.argument;
        assert.equal(isTaken(one, anOutput), output === "itself", path);
        if (!member.type.startsWith("Record<") || member.shapes.length > 0) continue;
        const example = parse(member.doc.examples[0] ?? "") as object;
        assert.equal(isTaken(one, each(example)), output === "each", `each value of ${path}`);
      }
      const counts = (kind: string) => cases.filter(({ argument }) => argument.output === kind).length;
      assert.ok(counts("itself") > 10 && counts("each") > 1);
    });

    test("the examples of its own docstring are right", () => {
      const blocks = [...docstringOf(component).matchAll(/^```ts\n([\s\S]*?)^```$/gm)];
      assert.ok(blocks.length > 0);
      for (const [, code = ""] of blocks) {
        const made: Args[] = [];
        const stand = class {
          constructor(_: string, args: Args) {
            made.push(args);
          }
        };
        runInNewContext(code, { [component]: stand });
        assert.equal(made.length, 1);
        for (const args of made) assert.deepEqual(check(component, args), []);
      }
    });
  });
}

test("an example that is wrong is found, where it is", () => {
  const [socketPath] = casesOf("ReverseProxyStack").filter(
    ({ argument }) => argument.path === "backends.*.socketPath",
  );
  assert.ok(socketPath);
  assert.deepEqual(problemsOf("ReverseProxyStack", socketPath, "relative.sock"), [
    'backends.caddy-container.socketPath: is not the path of a file in a directory, such as "/run/backend/http.sock"',
  ]);
});

test("a docstring with gaps is found", () => {
  const [adopt] = argumentsOf("SocketActivatedNginx").filter(({ path }) => path === "adopt");
  assert.ok(adopt);
  const doc = { text: "", examples: [], sources: [] };
  assert.deepEqual(gaps([{ ...adopt, member: { ...adopt.member, type: "number", doc } }]), [
    "adopt: meaning",
    "adopt: @default",
    "adopt: @range",
    "adopt: @example",
  ]);
});
