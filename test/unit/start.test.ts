import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { parse } from "yaml";

// What the program and the plugin load before they know that there is work: most of the time of an `up` that changes nothing.

const root = join(import.meta.dirname, "../..");
const directory = mkdtempSync(join(tmpdir(), "quadlet-fleet-start-"));
after(() => rmSync(directory, { recursive: true, force: true }));

/** Makes a Node process list at its end what it has loaded, and exit normally when it is told to end. */
const trace = join(directory, "trace.cjs");
writeFileSync(
  trace,
  `const loaded = [];
   require("node:module").registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
   process.on("SIGTERM", () => process.exit(0));
   process.on("exit", () => require("node:fs").writeFileSync(${JSON.stringify(join(directory, "loaded"))}, loaded.join("\\n")));`,
);

/** The packages of this list that the last process has loaded. */
function loaded(packages: readonly string[]): string[] {
  const urls = readFileSync(join(directory, "loaded"), "utf8");
  assert.match(urls, /node_modules\/@grpc\/grpc-js\//);
  return packages.filter((name) => urls.includes(`/node_modules/${name}/`));
}

/** The present environment, without the variables that say where Node keeps compiled code. */
function environment(added: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const name of ["NODE_COMPILE_CACHE", "NODE_DISABLE_COMPILE_CACHE", "XDG_CACHE_HOME", "HOME"])
    delete env[name];
  return { ...env, NODE_OPTIONS: `--require=${trace}`, ...added };
}

function run(module: string): void {
  const argv = ["--input-type=module", "--eval", `import ${JSON.stringify(module)};`];
  execFileSync(process.execPath, argv, { cwd: root, env: environment({}) });
}

/** Starts the plugin as the engine does, until it is ready. */
async function startPlugin(added: NodeJS.ProcessEnv): Promise<void> {
  const plugin = spawn(join(root, "provider/pulumi-resource-quadlet"), ["127.0.0.1:1"], {
    env: environment(added),
    stdio: ["ignore", "pipe", "inherit"],
    timeout: 300_000,
    killSignal: "SIGKILL",
  });
  const [line] = (await once(plugin.stdout, "data")) as [Buffer];
  assert.match(line.toString(), /^\d+\n$/);
  plugin.kill();
  assert.deepEqual(await once(plugin, "exit"), [0, null]);
}

function isThere(id: number): boolean {
  try {
    return process.kill(id, 0);
  } catch {
    return false;
  }
}

const needless = ["typescript", "@npmcli/arborist", "execa"];

test("the program loads the SDK without its compiler and its package manager, and no @pulumi/command", () => {
  run("./components/index.ts");
  assert.deepEqual(loaded([...needless, "@pulumi/command"]), []);
  run("./stacks/fleet.ts");
  assert.deepEqual(loaded([...needless, "@pulumi/command"]), []);
});

test("which all of the SDK would bring", () => {
  run("@pulumi/pulumi");
  assert.deepEqual(loaded(needless), needless);
});

test("the plugin loads no SSH before it logs in, and nothing of the program's", async () => {
  await startPlugin({});
  assert.deepEqual(loaded(["node-ssh", "ssh2", "zod", "yaml", ...needless]), []);
});

test("the plugin ends when the engine has, whatever that was", async () => {
  // The shell ends when the plugin is ready, and at the very end checks that the plugin still runs.
  const start = `"$1" 127.0.0.1:1 >"$2" & until [ -s "$2" ]; do sleep 0.1; done; echo $!; kill -0 $!`;
  const words = [join(root, "provider/pulumi-resource-quadlet"), join(directory, "port")];
  const engine = spawn("sh", ["-c", start, "sh", ...words], { stdio: ["ignore", "pipe", "inherit"] });
  const [[line], [code]] = (await Promise.all([once(engine.stdout, "data"), once(engine, "exit")])) as [
    [Buffer],
    [number],
  ];
  assert.equal(code, 0, "it has not outlived the engine: nothing was tested");
  const id = Number(line.toString());
  for (let tries = 3000; isThere(id); tries -= 1) {
    if (tries === 0) process.kill(id, "SIGKILL");
    assert.ok(tries > 0, "it is still there");
    await sleep(100);
  }
});

test("the plugin keeps compiled code in the user's cache", async () => {
  await startPlugin({ HOME: directory });
  assert.equal(readdirSync(join(directory, ".cache/quadlet-fleet/node")).length, 1);
  await startPlugin({ HOME: "/proc/nothing", XDG_CACHE_HOME: join(directory, "xdg") });
  assert.equal(readdirSync(join(directory, "xdg/quadlet-fleet/node")).length, 1);
});

test("and starts where it can't", async () => {
  // Even root can't use links, files and /proc for this.
  const dangling = join(directory, "dangling");
  symlinkSync(join(directory, "nowhere/nothing"), dangling);
  for (const XDG_CACHE_HOME of [trace, dangling, "/proc/nothing"]) await startPlugin({ XDG_CACHE_HOME });
});

test("the program too: its node options hold in the project's directory, where the language host runs it", () => {
  const { runtime } = parse(readFileSync(join(root, "Pulumi.yaml"), "utf8")) as {
    runtime: { options: { nodeargs: string } };
  };
  const print = "console.log(require('node:module').getCompileCacheDir())";
  const found = execFileSync(process.execPath, [...runtime.options.nodeargs.split(" "), "--eval", print], {
    cwd: root,
    env: environment({ HOME: directory }),
    encoding: "utf8",
  });
  assert.ok(found.startsWith(join(directory, ".cache/quadlet-fleet/node")), found);
});
