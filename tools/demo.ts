// `make demo`: examples 1 and 2 on a real host, from nothing to a page. `make demo-clean` takes it all back.
import { existsSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { cacheDirectory } from "./cache.ts";
import { type DemoHost, onHost, ownHost, throwawayHost } from "./demo/host.ts";
import {
  type DemoConnection,
  example1,
  example2,
  readConnection,
  stackFile,
  writeStackFile,
} from "./demo/stack-file.ts";
import { pulumi } from "./engine.ts";
import { dataDirectory, readState } from "./fleet/layout.ts";
import { removeFleet } from "./fleet/remove.ts";

/** The engine's state. */
const state = join(cacheDirectory, "demo");
const stack = ["--stack", "demo"];
const [command, target] = process.argv.slice(2);

try {
  if (command === "up") await up();
  else if (command === "down") await down();
  else throw new Error("node tools/demo.ts up [USER@ADDRESS] | down");
} catch (error) {
  console.error(`\ndemo: ${(error as Error).message}`);
  process.exitCode = 1;
}

async function up(): Promise<void> {
  const own = target === undefined ? undefined : await ownHost(target);
  const before = readConnection();
  const stays = own ? before?.address === own.connection.address : isThrowaway(before);
  if (before && !stays) {
    throw new Error(
      `it runs on ${before.address}. Take that back before it goes to another host: make demo-clean`,
    );
  }
  say(target ? `Your host ${target}` : "A throwaway host");
  const host = own ?? (await throwawayHost());
  // A stack of an earlier throwaway host describes nothing any more.
  if (host.fresh) forget();
  console.log(`${host.connection.address} is ${host.fresh ? "up" : "there"}`);

  say("What is to run on it: stacks/Pulumi.demo.yaml");
  await pulumi(state, ["stack", "select", "--create", "demo"]);
  const sites = { example1: example1(host.account), ...(host.connection.user === "root" && { example2 }) };
  writeStackFile(host.connection, sites);
  console.log(Object.keys(sites).join(", "));

  say("pulumi up");
  await pulumi(state, ["up", "--yes", "--skip-preview", ...stack], { show: true });

  for (const [name, { listen }] of Object.entries(sites)) await showPage(host, name, listen[0]);
  await showHost(host);

  say("pulumi preview --expect-no-changes");
  await pulumi(state, ["preview", "--expect-no-changes", ...stack], { show: true });

  say("Yours to play with");
  console.log(`log in:        ${host.login.join(" ")}
change it:     edit stacks/Pulumi.demo.yaml, then: make demo
take it back:  make demo-clean`);
}

async function showPage(host: DemoHost, name: string, listen = ""): Promise<void> {
  const url = `http://${host.connection.address}:${listen.slice(listen.lastIndexOf(":") + 1)}/`;
  say(`${name}: ${url} from ${host.from}`);
  const { stdout } = await host.fetch([
    "curl",
    "--silent",
    "--show-error",
    "--fail",
    "--max-time",
    "60",
    url,
  ]);
  console.log(stdout.trimEnd());
}

async function showHost(host: DemoHost): Promise<void> {
  const own = host.account === host.connection.user;
  const home = `~${host.account}`;
  const manager = own ? "--user" : `--user --machine=${host.account}@`;
  say("What is on the host now");
  const files = `find ${home} /etc /var/lib -xdev -path '*/storage' -prune -o -path '*example[12]*' -print 2>/dev/null | sort`;
  const units = (options: string) =>
    `systemctl ${options} list-units --all --no-pager --legend=false 'example[12]*'`;
  console.log(await onHost(host, `${files}; ${units(manager)}; ${units("")}`));
}

async function down(): Promise<void> {
  const connection = readConnection();
  // A throwaway host need not be tidied first.
  if (connection && existsSync(state) && !isThrowaway(connection)) await destroy(connection.address);
  const hosts = readState("demo")?.hosts.map(({ address }) => address) ?? [];
  const removed = [
    ...hosts.map((address) => `the throwaway host ${address}, with all that was on it`),
    ...(existsSync(stackFile) ? [`its stack file, ${relative(process.cwd(), stackFile)}`] : []),
    ...(existsSync(state) ? [`Pulumi's state of it, ${state}`] : []),
  ];
  // Also what is left of a host that was not finished.
  removeFleet("demo");
  forget();
  for (const one of removed) console.log(`removed ${one}`);
  if (removed.length === 0) console.log("there was nothing of the demo");
}

async function destroy(address: string): Promise<void> {
  console.log(`pulumi destroy on ${address} …`);
  const argv = ["destroy", "--yes", "--skip-preview", "--suppress-progress", ...stack];
  const { code, stdout, stderr } = await pulumi(state, argv, { check: false });
  if (code !== 0) throw new Error(`${stdout}${stderr}\nNothing else was removed.`);
  console.log(`removed all that the demo had made on ${address}`);
}

function isThrowaway(connection: DemoConnection | undefined): boolean {
  return connection?.identityFile?.startsWith(dataDirectory("demo")) ?? false;
}

function forget(): void {
  rmSync(state, { recursive: true, force: true });
  rmSync(stackFile, { force: true });
}

function say(step: string): void {
  console.log(`\n── ${step}`);
}
