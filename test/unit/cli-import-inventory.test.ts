import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { hostsIn } from "../../cli/import-inventory/ansible.ts";
import { converted, fileText, reported } from "../../cli/import-inventory/index.ts";
import { sshArguments } from "../../cli/import-inventory/jump.ts";
import { cacheDirectory } from "../../tools/cache.ts";
import { fleet, project, write } from "./environment-files.ts";

// ansible/ has two inventories, and the output of `ansible-inventory --list` for them, from ansible-core 2.19.14:
//   cd test/unit/ansible && ansible-inventory -i eu.ini --list >eu.json && npx prettier --write eu.json
// NAME.txt is the result of the import. After an intended change: node --test --test-update-snapshots, with this file.

const fixtures = join(import.meta.dirname, "ansible");
const inventories = ["eu.ini", "us.yaml"];
const main = join(import.meta.dirname, "../../cli/main.ts");
const recorded = (inventory: string) =>
  readFileSync(join(fixtures, inventory.replace(/\.\w+$/, ".json")), "utf8");

function golden(inventory: string, json = recorded(inventory)): string {
  const hosts = converted(json);
  return `${fileText(inventory, hosts)}---\n${reported(hosts, "hosts/production.yaml").join("\n")}\n`;
}

/** The output of `ansible-inventory --list` for hosts in no group. */
const listed = (hostvars: Readonly<Record<string, object>>, groups: object = {}) =>
  JSON.stringify({ _meta: { hostvars }, ...groups });
const one = (variables: object) => converted(listed({ a: variables }))[0] ?? assert.fail();

describe("an inventory", () => {
  for (const inventory of inventories)
    test(inventory, (t) => {
      const file = join(fixtures, inventory.replace(/\.\w+$/, ".txt"));
      t.assert.fileSnapshot(golden(inventory), file, { serializers: [String] });
    });

  test("no secret of it is shown or written", () => {
    const secret = /hunter\d|ANSIBLE_VAULT|62313365/;
    for (const inventory of inventories) {
      assert.match(recorded(inventory), secret);
      assert.doesNotMatch(golden(inventory), secret);
    }
  });

  test("the program reads the file, and a site chooses a group", () => {
    write({
      "hosts/production.yaml": fileText("eu.ini", converted(recorded("eu.ini"))),
      "stacks/Pulumi.production.yaml": `config:
  quadlet-fleet:inventory: hosts/production.yaml
  quadlet-fleet:sites:
    www:
      hosts: { labels: { behind: member } }
      manager: system
      image: docker.io/library/nginx:1.29
      listen: ["0.0.0.0:80"]
`,
    });
    const [site] = fleet().sites;
    assert.deepEqual(site?.args.hosts, {
      "inner-1": {
        address: "10.0.0.5",
        user: "root",
        jump: { address: "192.0.2.2", user: "root" },
      },
    });
  });
});

describe("a host", () => {
  test("of two variables the one counts that Ansible takes", () => {
    const { entry } = one({ ansible_ssh_host: "192.0.2.2", ansible_host: "192.0.2.1", ansible_port: "2222" });
    assert.deepEqual(entry, { address: "192.0.2.2", port: 2222 });
  });

  test("variables with the names of what objects have", () => {
    assert.deepEqual(one(JSON.parse('{"constructor": 1, "__proto__": 2}') as object).others, [
      "__proto__",
      "constructor",
    ]);
  });

  for (const [variables, why] of [
    [{ ansible_port: 70000 }, "port: must be a whole number from 1 to 65535, and is 70000"],
    [{ ansible_port: "ssh" }, "port: must be a whole number from 1 to 65535"],
    [{ ansible_user: ["root"] }, "ansible_user is not text"],
    [
      { ansible_connection: "community.docker.docker" },
      'its connection is "community.docker.docker", not SSH',
    ],
  ] as const)
    test(`is left out: ${why}`, () => assert.deepEqual(one(variables).leftOut, [why]));

  test("an account that is not root gets sudo where Ansible would become root by it", () => {
    const sudo = (variables: object) => one({ ansible_user: "deploy", ...variables }).entry?.sudo;
    assert.equal(sudo({ ansible_become: "yes" }), true);
    assert.equal(sudo({ ansible_become: true, ansible_become_method: "ansible.builtin.sudo" }), true);
    assert.equal(sudo({ ansible_become: true, ansible_user: "root" }), undefined);
    assert.equal(sudo({ ansible_become: "no" }), undefined);
    assert.equal(sudo({ ansible_become: true, ansible_become_user: "postgres" }), undefined);
  });

  test("the groups of its groups, also those in a circle", () => {
    const groups = { x: { children: ["y"] }, y: { children: ["z", "x"] }, z: { hosts: ["a"] } };
    assert.deepEqual(hostsIn(listed({ a: {} }, groups))[0]?.groups, ["x", "y", "z"]);
  });

  test("a jump host is a name where the inventory has it", () => {
    const jump = (argument: string, name = "a") =>
      converted(listed({ [name]: { ansible_ssh_common_args: argument }, gate: {} }))[0]?.entry?.jump;
    assert.equal(jump("-J gate"), "gate");
    assert.deepEqual(jump("-J admin@gate"), { address: "gate", user: "admin" });
    assert.deepEqual(jump("-J other"), { address: "other" });
    assert.equal(jump("-J a"), undefined);
  });
});

for (const [argument, expected] of [
  ["-J gate", { jump: { address: "gate" }, others: [] }],
  ["-Jroot@[2001:db8::1]:2222", { jump: { address: "2001:db8::1", user: "root", port: 2222 }, others: [] }],
  ["-oProxyJump=ssh://gate:22 -C", { jump: { address: "gate", port: 22 }, others: ["-C"] }],
  ["-o ProxyJump=a,b", { others: ["-o ProxyJump"] }],
  ["-o ProxyJump=none -o Port=22", { others: ["-o ProxyJump", "-o Port"] }],
  ["-J first -J second", { jump: { address: "first" }, others: ["-J"] }],
  ["-o 'ProxyJump=gate'", { others: ["quotes are not supported"] }],
  ["word", { others: ["…"] }],
] as const)
  test(`arguments of ssh: ${argument}`, () => assert.deepEqual(sshArguments(argument), expected));

test("what is not a list of ansible-inventory", () => {
  for (const text of ["", "[web]\na", "[]", '{"web": {}}'])
    assert.throws(() => converted(text), /not what `ansible-inventory --list` prints/);
});

test("no host to take over, and jump hosts in a circle", () => {
  assert.throws(
    () => fileText("x.ini", [one({ ansible_connection: "local" })]),
    /a: its connection is "local", not SSH\nx\.ini has no host to take over\.\nNothing was written\./,
  );
  const circle = { a: { ansible_ssh_args: "-J b" }, b: { ansible_ssh_args: "-J a" } };
  assert.throws(() => fileText("x.ini", converted(listed(circle))), /goes round in a circle: a → b → a/);
});

describe("the command", () => {
  const run = (argv: readonly string[], PATH = process.env.PATH) =>
    spawnSync(process.execPath, [main, "import-inventory", ...argv], {
      cwd: project,
      encoding: "utf8",
      env: { ...process.env, PATH },
    });
  const ansible = findAnsible();

  test("writes a new file, and never over one", () => {
    const argv = [join(fixtures, "us.json"), "--listed", "--output", "hosts/eu/us.yaml"];
    const first = run(argv);
    assert.equal(first.status, 3, first.stderr);
    assert.match(first.stderr, /^hosts\/eu\/us\.yaml has 4 hosts\.$/m);
    const file = join(project, "hosts/eu/us.yaml");
    const text = readFileSync(file, "utf8");
    assert.match(text, /^web-1\.us\.example\.com: \{ address: /m);
    writeFileSync(file, "mine");
    const second = run(argv);
    assert.equal(second.status, 1);
    assert.match(second.stderr, /hosts\/eu\/us\.yaml already exists\.\nNothing was written\./);
    assert.equal(readFileSync(file, "utf8"), "mine");
  });

  test("to standard output; status 0 when no host is left out", () => {
    writeFileSync(join(project, "list.json"), listed({ a: { ansible_host: "192.0.2.1" } }));
    const { status, stdout } = run(["list.json", "--listed"]);
    assert.equal(status, 0);
    assert.match(stdout, /^# From .*\n\na: \{ address: 192\.0\.2\.1 \}\n$/);
  });

  test("without Ansible, and without the inventory", () => {
    const { status, stderr } = run([join(fixtures, "eu.ini")], "/nowhere");
    assert.equal(status, 1);
    assert.match(
      stderr,
      /`ansible-inventory` was not found.*\nInstall Ansible .*\n.* --list >inventory\.json/,
    );
    assert.match(run(["gone.ini"]).stderr, /there is no inventory gone\.ini\./);
  });

  const skip = ansible ? false : "ansible-inventory is not installed (make bench installs one)";
  const withAnsible = () => {
    mkdirSync(join(project, "bin"));
    const [command = "", ...words] = ansible ?? [];
    const script = `#!/bin/sh\nexec "${[command, ...words].join('" "')}" "$@"\n`;
    writeFileSync(join(project, "bin/ansible-inventory"), script, { mode: 0o755 });
    return `${join(project, "bin")}:${process.env.PATH}`;
  };

  for (const inventory of inventories)
    test(`${inventory}, read by the real ansible-inventory`, { skip }, () => {
      const { stdout, stderr } = run([join(fixtures, inventory)], withAnsible());
      const [text = ""] = golden(inventory).split("---\n");
      assert.equal(stdout.replace(`${fixtures}/`, ""), text, stderr);
    });

  test("docs/import-inventory.md: its inventory, read by the real ansible-inventory", { skip }, () => {
    const page = readFileSync(join(import.meta.dirname, "../../docs/import-inventory.md"), "utf8");
    const [, inventory] = /```ini\n([^]*?)```/.exec(page) ?? assert.fail();
    writeFileSync(join(project, "inventory.ini"), inventory ?? "");
    const { stderr } = run(["inventory.ini", "--output", "hosts/eu.yaml"], withAnsible());
    assert.ok(page.includes(`\`\`\`\n${stderr}\`\`\`\n`), stderr);
    const text = readFileSync(join(project, "hosts/eu.yaml"), "utf8");
    assert.ok(page.includes(text), text);
  });

  test("what the real ansible-inventory can't read", { skip }, () => {
    writeFileSync(join(project, "bad.ini"), "[web]\na b c\n");
    const { status, stdout, stderr } = run(["bad.ini"], withAnsible());
    assert.deepEqual([status, stdout], [1, ""]);
    assert.match(stderr, /can't read bad\.ini:\n[^]*got: b[^]*\nNothing was written\.\n$/);
  });
});

/** The user's own ansible, or that of the benchmark, whose scripts name a directory that has moved since. */
function findAnsible(): string[] | undefined {
  const { error } = spawnSync("ansible-inventory", ["--version"]);
  if (!error) return [execFileSync("which", ["ansible-inventory"], { encoding: "utf8" }).trim()];
  const [python] = globSync(join(cacheDirectory, "bench-ansible-*/bin/python")).filter(existsSync);
  return python === undefined ? undefined : [python, "-m", "ansible", "inventory"];
}
