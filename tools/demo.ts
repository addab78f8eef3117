// `make demo`: examples 1 and 2 on a real host, from nothing to a page, then three changes. `make demo-clean` removes it all.
import { endBySignals, engine, openStack } from "./demo/engine.ts";
import { example1, example2 } from "./demo/examples.ts";
import { type DemoHost, isThrowaway, onHost, ownHost, showPage, throwawayHost } from "./demo/host.ts";
import { forget, ofDemo, ofSetup, removeDemo } from "./demo/leftovers.ts";
import { say } from "./demo/say.ts";
import { showChanges } from "./demo/scenes.ts";
import { putBack, readConnection, writeStackFile } from "./demo/stack-file.ts";

const [command, target] = process.argv.slice(2);

try {
  if (command === "up") await up();
  else if (command === "down") await removeDemo();
  else throw new Error("node tools/demo.ts up [USER@ADDRESS] | down");
} catch (error) {
  console.error(`\ndemo: ${(error as Error).message}`);
  process.exitCode = 1;
}

async function up(): Promise<void> {
  endBySignals();
  if (putBack()) console.log("An interrupted demo had changed stacks/Pulumi.demo.yaml: it is put back.");
  const own = target === undefined ? undefined : await ownHost(target);
  const before = readConnection();
  const stays = own ? before?.address === own.connection.address : isThrowaway(before);
  if (before && !stays) {
    throw new Error(`the demo already runs on ${before.address}. Remove it there first: make demo-clean`);
  }
  if (own) say(`Your host ${target}`);
  else say("A throwaway host of systemd and podman is booted on this machine, unless it runs already", "5 s");
  const host = own ?? (await throwawayHost());
  // The stack of an earlier throwaway host describes a host that no longer exists.
  if (host.fresh) forget();
  console.log(`${host.connection.address} is ${host.fresh ? "up" : "there"}`);

  say("What is to run on it: stacks/Pulumi.demo.yaml");
  await openStack();
  const sites = { example1: example1(host.account), ...(host.connection.user === "root" && { example2 }) };
  writeStackFile(host.connection, sites);
  console.log(Object.keys(sites).join(", "));

  say("pulumi up: pulls the image of nginx and deploys both examples", "10 s");
  await engine(["up", "--yes", "--skip-preview"], { show: true });

  say("The pages, through the sockets");
  for (const { listen } of Object.values(sites)) await showPage(host, Number(listen[0]?.split(":")[1]));
  await showHost(host);

  await showChanges(host);

  say("pulumi preview --expect-no-changes: the host has what the stack file says", "3 s");
  await engine(["preview", "--expect-no-changes"], { show: true });

  say("Yours to play with");
  console.log(`log in:     ${host.login.join(" ")}
change it:  edit stacks/Pulumi.demo.yaml, then: make demo`);
  say("What the demo leaves, and make demo-clean removes");
  for (const one of await ofDemo()) console.log(one);
  say("What stays after that, and how to remove it");
  for (const one of await ofSetup()) console.log(one);
  console.log(`\nThat took ${process.uptime().toFixed(0)} s.`);
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
