import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import { cached } from "../../tools/cache.ts";
import { execute } from "../../tools/execute.ts";
import { factsOf, quadletKinds } from "../../units/kinds.ts";
import { UnitSyntaxError, parse } from "../../units/parse.ts";
import { podmanKeys } from "../../units/podman-keys.ts";
import { compareVersions } from "../../units/versions.ts";
import { joinedLines, madeNames } from "../unit/units-quadlets.ts";

// Compares what units/ says about quadlets with what the generator of the base image's podman makes of them. No host is booted.

let directory: string;
let version: string;
before(async () => {
  directory = mkdtempSync(join(tmpdir(), "quadlet-fleet-generator-"));
  version = (await generator("--version")).stdout.trim();
});
after(() => rmSync(directory, { recursive: true, force: true }));

/** Runs the generator with this directory as the only one for quadlets. The base image itself is not written to. */
function generator(option: string) {
  const script =
    'mount --bind "$1" "$2/mnt" && exec chroot "$2" env QUADLET_UNIT_DIRS=/mnt /usr/libexec/podman/quadlet "$3"';
  const argv = ["unshare", "--mount", "sh", "-c", script, "sh", directory, cached("base"), option];
  return execute(argv, { check: false });
}

/** The services of some quadlets: name → text. Each quadlet has its own directory, because an unreadable one affects the others. */
async function generate(files: readonly (readonly [name: string, text: string])[]) {
  rmSync(directory, { recursive: true });
  for (const [index, [name, text]] of files.entries()) {
    mkdirSync(join(directory, String(index)), { recursive: true });
    writeFileSync(join(directory, String(index), name), text);
  }
  const { stdout, stderr } = await generator("--dryrun");
  const parts = stdout.split(/^---(.+\.service)---$/m).slice(1);
  const services = new Map<string, string>();
  for (let at = 0; at < parts.length; at += 2) services.set(parts[at] ?? "", parts[at + 1] ?? "");
  return { services, stderr };
}

const head = "[Container]\nImage=registry.example/nginx:1\n[Foo]\n";

/** The assignments of [Foo] as the generator passes them on; undefined if there is no service. */
function passedOn(service: string | undefined): string[] | undefined {
  if (service === undefined) return undefined;
  const section = service.split(/^(?=\[.*\]$)/m).find((one) => one.startsWith("[Foo]\n")) ?? "";
  const lines = section.split("\n").slice(1);
  return lines.filter((line) => line !== "" && !/^[#;]/.test(line)).map((line) => line.trimEnd());
}

/** The same as units/ reads it; undefined if units/ refuses it. */
function read(text: string): string[] | undefined {
  try {
    return parse(text, "web.container")
      .sections.filter(({ name }) => name === "Foo")
      .flatMap(({ entries }) => entries.flatMap((one) => ("key" in one ? [`${one.key}=${one.value}`] : [])));
  } catch (thrown) {
    assert.ok(thrown instanceof UnitSyntaxError);
    return undefined;
  }
}

test("lines are joined as podman joins them", async () => {
  const { services } = await generate(
    joinedLines.map(([, text], index) => [`f${index}.container`, `${head}${text}`] as const),
  );
  for (const [index, [what, text, podman]] of joinedLines.entries()) {
    assert.deepEqual(passedOn(services.get(`f${index}.service`)), podman, what);
    assert.deepEqual(read(`${head}${text}`), podman, what);
  }
});

test("any text is read as podman reads it, or refused", async () => {
  const piece = fc.oneof(
    fc.constantFrom(
      "A=x",
      "B= y z",
      "\\",
      "\\\n",
      "\\ \n",
      "\n",
      "\n\n",
      "#c",
      ";d\\\n",
      " # e",
      "[Foo]",
      "\r\n",
    ),
    fc.string({ unit: fc.constantFrom(..."ab\\\n#;= \t[]"), maxLength: 4 }),
  );
  const texts = fc.sample(fc.array(piece, { maxLength: 12 }), 200).map((pieces) => head + pieces.join(""));
  const { services } = await generate(texts.map((text, index) => [`f${index}.container`, text]));
  let compared = 0;
  for (const [index, text] of texts.entries()) {
    const ours = read(text);
    // units/ is stricter than podman: a line that begins with "[", and a statement that podman drops.
    if (ours === undefined) continue;
    compared += 1;
    assert.deepEqual(passedOn(services.get(`f${index}.service`)) ?? "refused", ours, JSON.stringify(text));
  }
  assert.ok(compared > 20, `${compared} of ${texts.length}`);
});

describe("names are those that podman gives", () => {
  for (const [file, text, unit, name] of madeNames)
    test(`${file}, ${JSON.stringify(text)}: ${unit}, ${name ?? "not known"}`, async (t) => {
      if (/@\.(?!container)/.test(file) && compareVersions(version, "5.7") < 0)
        return t.skip(`podman ${version} has no templates but of containers`);
      const { services, stderr } = await generate([[file, text]]);
      assert.deepEqual([...services.keys()], [unit], stderr);
      const command = /^ExecStart=(.*)$/m.exec(services.get(unit) ?? "")?.[1]?.split(" ") ?? [];
      const given = file.endsWith(".network") ? command.at(-1) : command[command.indexOf("--name") + 1];
      const filled = given?.replaceAll("%N", unit.replace(/\.service$/, ""));
      if (name === undefined) assert.match(filled ?? "", /%/);
      else assert.equal(filled, name);
    });
});

test("the keys of this podman's version are those that the table has", async () => {
  const all = Object.entries(podmanKeys).flatMap(([since, sections]) =>
    Object.entries(sections).flatMap(([section, keys]) =>
      keys
        .trim()
        .split(/\s+/)
        .map((key) => ({ since, section, key })),
    ),
  );
  const files = all.flatMap(({ section, key }, index) => {
    const kind = quadletKinds.find((one) => factsOf(one).section === section) ?? "container";
    assert.ok(factsOf(kind).section === section || section === "Quadlet", section);
    // Without a tag, podman stops before it reads the keys of a build.
    const needed = section === "Build" ? "ImageTag=x\n" : "";
    return [[`f${index}.${kind}`, `[${section}]\n${needed}${key}=x\n`] as const];
  });
  const { stderr } = await generate(files);
  for (const [index, { since, section, key }] of all.entries()) {
    // A podman before 5.7 does not read .artifact at all.
    if (section === "Artifact" && compareVersions(version, "5.7") < 0) continue;
    const isRefused = stderr.includes(`unsupported key '${key}' in group '${section}' in /mnt/${index}/`);
    assert.equal(isRefused, compareVersions(version, since) < 0, `[${section}] ${key}=, podman ${version}`);
  }
});
