import { overlaps, sameAddress, toListenStream } from "../../units/nginx/address.ts";
import { isQuadlet, isSocket } from "../../units/kinds.ts";
import { listens } from "../../units/socket-addresses.ts";
import { compareVersions, oldestPodman, tooNew } from "../../units/versions.ts";
import { isAccounts, madeUnit, plainName } from "../account-units.ts";
import { unitsOf } from "./changes.ts";
import { type Desired, type DesiredFile, unitAt } from "../desired.ts";
import type { Facts } from "../facts/facts.ts";
import { foreign } from "./foreign.ts";
import { misjoined } from "./misjoined.ts";
import { missingNetworkTools } from "./network-tools.ts";
import { closedBySelinux } from "./selinux.ts";
import { standInsOf, standsInFor } from "./stand-ins.ts";

/** Bytes that are needed in addition to the files themselves: for the journal, marks, and systemd's own files. */
const margin = 1024 * 1024;

/**
 * All reasons why the host can't have the desired set, each with its cure. Pure.
 *
 * @param own paths that are the set's own
 * @param marked whether the set's mark on the host is this resource's
 * @param payload the files that would be written
 */
export function refusals(
  facts: Facts,
  desired: Desired,
  own: ReadonlySet<string>,
  marked: boolean,
  payload: readonly DesiredFile[],
): string[] {
  // A set can be removed from any host.
  if (desired.files.length === 0) return [];
  return [
    ...host(facts, desired),
    ...foreign(facts, desired, own, marked),
    ...keys(facts, payload),
    ...misjoined(facts, payload),
    ...masked(facts, desired),
    ...ports(facts, desired, payload),
    ...privileged(facts, desired),
    ...space(facts, desired, payload),
    ...reserved(facts, desired),
    ...missingNetworkTools(facts, desired),
    ...closedBySelinux(facts, desired),
  ];
}

/** The oldest systemd in a distribution with a podman that is new enough (RHEL 9). */
const oldestSystemd = 252;

/** What to do about podman. README.md has the same list. */
const withPodman =
  "These have it: Debian 13, Ubuntu 25.10 and 26.04, RHEL and its rebuilds 9.6 and 10, Fedora.";

function host(facts: Facts, { files, images, account, linger, manager }: Desired): string[] {
  const problems: string[] = [];
  const needsPodman = images.length > 0 || files.some(({ unit }) => unit !== undefined && isQuadlet(unit));
  if (facts.systemd !== undefined && facts.systemd < oldestSystemd)
    problems.push(
      `systemd ${facts.systemd} is too old: at least ${oldestSystemd} is needed. Update the host's distribution.`,
    );
  if (manager === "system" && account !== undefined && !/^\/[\w./@+-]*$/.test(facts.home))
    problems.push(
      `the home directory of "${account}" is ${JSON.stringify(facts.home)}, which can't be written in a unit: only letters, digits and ./_@+- can. Move it (usermod --home), or choose another account.`,
    );
  if (needsPodman && !facts.podman.installed)
    problems.push(`podman is not installed. Install it: ${oldestPodman} or newer. ${withPodman}`);
  else if (needsPodman && isPodmanTooOld(facts))
    problems.push(`podman ${facts.podman.version} is too old, ${oldestPodman} is needed. ${withPodman}`);
  else if (images.length > 0 && facts.lackingIds.length > 0) problems.push(lackingIds(facts, account));
  if (linger && !facts.lingers)
    problems.push(
      `the account "${account}" does not linger. As root on the host: loginctl enable-linger ${account}`,
    );
  return problems;
}

/** The cure gives the account a range that no other account has: shared ids would be shared files. */
function lackingIds({ lackingIds: lacking, freeId }: Facts, account: string | undefined): string {
  const range = `${freeId}-${freeId + 65535}`;
  const options = lacking.map((ids) => `--add-sub${ids} ${range}`).join(" ");
  const which = lacking.length === 2 ? "ids" : lacking.join();
  return `the account "${account}" has no subordinate ${which}, which rootless podman needs (subuid(5)). As root on the host: usermod ${options} ${account}`;
}

function isPodmanTooOld({ podman: { version } }: Facts): boolean {
  return version !== undefined && compareVersions(version, oldestPodman) < 0;
}

/** Keys that the host's podman is too old for, if it is new enough for those that all sets need. */
function keys(facts: Facts, payload: readonly DesiredFile[]): string[] {
  const { version } = facts.podman;
  if (version === undefined || isPodmanTooOld(facts)) return [];
  return payload
    .filter(({ unit }) => unit !== undefined)
    .flatMap(({ key, content }) =>
      tooNew(key, content, version).map(
        ({ section, key: name, since }) =>
          `${key}: ${name}= in [${section}] needs podman ${since}, and the host has ${version}. Update podman, or remove the key.`,
      ),
    );
}

function masked(facts: Facts, desired: Desired): string[] {
  const wanted = unitsOf(desired, []);
  return [...facts.units]
    .filter(([unit]) => wanted.includes(unit))
    .filter(([, { load, enabled }]) => load === "masked" || enabled.startsWith("masked"))
    .map(([unit]) => {
      const name = plainName(unit);
      const user = desired.manager === "user" || isAccounts(unit) ? " --user" : "";
      return `${name} is masked, so it can't be started. If this is no longer intended: systemctl${user} unmask ${name}`;
    });
}

/** Two sockets on one port: one of them fails, now or at the next boot. */
function ports(facts: Facts, desired: Desired, payload: readonly DesiredFile[]): string[] {
  const sockets = desired.files.filter(({ unit }) => unit !== undefined && isSocket(unit));
  const isUp = ({ unit = "" }: DesiredFile) => facts.units.get(unit)?.active === "active";
  const [kept, opened] = [
    sockets.filter((file) => isUp(file) && !payload.includes(file)),
    sockets.filter((file) => !isUp(file) || payload.includes(file)),
  ];
  // The addresses of our own sockets: these stay, or are closed before the new ones are opened.
  const own = [
    ...kept.flatMap(({ content, key }) => listens(content, key)),
    ...[...facts.files].flatMap(([path, { content }]) => {
      const unit = unitAt(desired, path);
      return content && unit !== undefined && isSocket(unit) ? listens(content.toString("utf8"), unit) : [];
    }),
    ...(desired.former?.addresses ?? []).map((address) => ({ address })),
    // Running sockets of which only a comment or a mode changes.
    ...opened
      .filter(isUp)
      .flatMap((file) => (facts.files.get(file.path)?.content ? [] : listens(file.content, file.key))),
  ];
  return opened.flatMap(({ key, content }) =>
    listens(content, key).flatMap(({ address, ipv6Only }) => {
      const taken = facts.ports.find(
        (port) =>
          // It can't be seen whether a foreign IPv6 socket also takes IPv4: opening ours will show it.
          !(port.address.family === "ipv6" && address.family === "ipv4") &&
          overlaps(port.address, address, ipv6Only) &&
          !own.some((one) => sameAddress(one.address, port.address)),
      );
      if (!taken) return [];
      const holder = taken.holder.startsWith("systemd ")
        ? "another socket unit (systemctl list-sockets)"
        : taken.holder || "another process";
      return [
        `${key}: ${toListenStream(address)} is taken on the host by ${holder}. Stop that, or listen on another address.`,
      ];
    }),
  );
}

/** Ports that an account's manager may not open. */
function privileged({ firstPort }: Facts, { manager, files }: Desired): string[] {
  return files.flatMap(({ key, unit, content }) => {
    if (unit === undefined || !isSocket(unit) || (manager === "system" && !isAccounts(unit))) return [];
    return listens(content, key).flatMap(({ address }) =>
      address.family !== "unix" && address.port < firstPort
        ? [
            `${key}: an account can't listen on port ${address.port}, as the host's net.ipv4.ip_unprivileged_port_start is ${firstPort}. As root on the host: echo net.ipv4.ip_unprivileged_port_start=${address.port} >/etc/sysctl.d/50-ports.conf && sysctl --system. Or let root open the socket: manager "system" with user.`,
          ]
        : [],
    );
  });
}

function space(facts: Facts, { version = "" }: Desired, payload: readonly DesiredFile[]): string[] {
  const texts = [version, ...payload.map(({ content }) => content)];
  const size = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  const full = [...facts.space].filter(([, free]) => free < 2 * size + margin);
  return full.map(
    ([directory, free]) =>
      `the file system of ${directory} has only ${Math.floor(free / 1024)} KiB free, too little for the files. Make room there.`,
  );
}

/** No other unit may have the names that a handover needs for a moment, neither in our set nor in another one. */
function reserved(facts: Facts, desired: Desired): string[] {
  const own = standInUnits(desired)
    .filter((unit) => !["not-found", ""].includes(facts.units.get(unit)?.load ?? ""))
    .map(
      (unit) =>
        `${plainName(unit)} already exists, and a restart needs that name for a moment. Rename one of the two.`,
    );
  const wanted = new Set(unitsOf(desired, []));
  const others = [...facts.others].flatMap(([path, set]) => {
    const file = unitAt(desired, path);
    if (file === undefined) return [];
    return standInsOf(madeUnit(file, undefined))
      .filter((unit) => wanted.has(unit))
      .map(
        (unit) =>
          `a restart of ${plainName(madeUnit(file, undefined))}, which belongs to the set "${set}" on this host, needs the name ${plainName(unit)} for a moment. Rename one of the two.`,
      );
  });
  return [...own, ...others];
}

/**
 * Units that no other set may have, in addition to those of this set: its stand-ins, and services for which its units would be stand-ins.
 */
export function rivals(desired: Desired): string[] {
  return [...standInUnits(desired), ...unitsOf(desired, []).flatMap(standsInFor)];
}

/** The units that stand in for services of a set while these restart. */
export function standInUnits({ services }: Desired): string[] {
  return services.filter(({ handover }) => handover).flatMap(({ unit }) => standInsOf(unit));
}
