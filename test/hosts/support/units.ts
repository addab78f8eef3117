import type { TestHost } from "../../../tools/fleet/index.ts";

/** "system NAME" or "user NAME" (of the account "test") → the values that differ after a unit was touched. */
export type Units = ReadonlyMap<string, { invocation: string; pid: string; active: string; enabled: string }>;

const managers = [
  { name: "system", flags: [], user: "root" },
  { name: "user", flags: ["--user"], user: "test" },
] as const;

/** All services and sockets that both managers have loaded. */
export async function units(host: TestHost): Promise<Units> {
  const properties = "--property=Id,InvocationID,MainPID,ActiveState,UnitFileState";
  const lists = await Promise.all(
    managers.map(async ({ name, flags, user }) => {
      const { stdout } = await host.run(
        ["systemctl", ...flags, "show", properties, "*.service", "*.socket"],
        {
          user,
        },
      );
      return stdout.split("\n\n").flatMap((block) => {
        const value = (key: string) => new RegExp(`^${key}=(.*)$`, "m").exec(block)?.[1] ?? "";
        const unit = {
          invocation: value("InvocationID"),
          pid: value("MainPID"),
          active: value("ActiveState"),
          enabled: value("UnitFileState"),
        };
        return unit.active === "inactive" || passing.test(value("Id"))
          ? []
          : [[`${name} ${value("Id")}`, unit] as const];
      });
    }),
  );
  return new Map(lists.flat());
}

/** Units that come and go by themselves, and those that run a transaction. */
const passing = /^(quadlet-fleet-|systemd-|user-runtime-dir@|apt-|dpkg-|e2scrub|fstrim|logrotate|netavark-)/;

/** What was done to each unit that runs, or ran: "system web.service: restarted". Empty if nothing was done. */
export function touched(before: Units, after: Units): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((unit) => {
    const [old, new_] = [before.get(unit), after.get(unit)];
    if (!old) return [`${unit}: started`];
    if (!new_) return [`${unit}: stopped`];
    if (old.invocation !== new_.invocation) return [`${unit}: restarted`];
    const changed = (["pid", "active", "enabled"] as const).filter((key) => old[key] !== new_[key]);
    return changed.map((key) => `${unit}: ${key} ${old[key]} → ${new_[key]}`);
  });
}

/** The present end of the journal. */
export async function cursor(host: TestHost): Promise<string> {
  const { stdout } = await host.run(["journalctl", "--lines=0", "--show-cursor", "--quiet"]);
  return /^-- cursor: (.+)$/m.exec(stdout)?.[1] ?? "";
}

/** systemd.journal-fields(7): messages that have a number. */
const messages: Record<string, string> = {
  "39f53479d3a045ac8e11786248231fbf": "started",
  "9d1aaa27d60140bd96365438aad20286": "stopped",
  "7b05ebc668384222baa8881179cfda54": "reloaded",
  be02cf6855d2428ba40df7e9d022f03d: "failed to start",
  d9b373ed55a64feb8242e02dbe79a49c: "failed",
};

/** What the managers did with services and sockets since then, in order: "system web.service: reloaded". */
export async function journal(host: TestHost, since: string): Promise<string[]> {
  await host.run(["journalctl", "--sync"]);
  const { stdout } = await host.run([
    "journalctl",
    `--after-cursor=${since}`,
    "--output=json",
    "--quiet",
    "--no-pager",
    ...Object.keys(messages).map((id) => `MESSAGE_ID=${id}`),
  ]);
  return stdout
    .split("\n")
    .filter((text) => text !== "")
    .map((text) => JSON.parse(text) as Record<string, string | undefined>)
    .flatMap(({ MESSAGE_ID = "", UNIT, USER_UNIT }) => {
      const unit = UNIT ?? USER_UNIT ?? "";
      if (!/\.(service|socket)$/.test(unit) || passing.test(unit)) return [];
      return [`${UNIT === undefined ? "user" : "system"} ${unit}: ${messages[MESSAGE_ID]}`];
    });
}
