import { isSpecific, toListenStream } from "../../units/nginx/address.ts";
import { ipv6Digits } from "../../units/nginx/ip.ts";
import { madeNetwork } from "../../units/made.ts";
import { isQuadlet, quadletKinds, serves } from "../../units/kinds.ts";
import { type Whose, besides, isAccounts, madeUnit } from "../account-units.ts";
import { type ContainerCheck, type Desired, type DesiredFile, type Probe, probeTarget } from "../desired.ts";
import { row } from "../facts/facts.ts";
import type { Plan } from "../plan/plan.ts";
import { rivals } from "../plan/refusals.ts";
import { stepFields } from "../plan/step.ts";

/** Everything that the script needs. It is sent before the first step, so a connection that breaks later can't stop the script half-way. */
export function stored({ steps, payload, lent, owned, units }: Plan, desired: Desired): Map<string, string> {
  const auths = Object.entries(desired.registries).map(([registry, { username, password }]) => [
    registry,
    { auth: Buffer.from(`${username}:${password}`, "utf8").toString("base64") },
  ]);
  const list = (items: readonly string[]) => items.map((item) => `${item}\n`).join("");
  const texts = [...payload.map(({ content }: DesiredFile) => content), ...lent];
  return new Map([
    ...texts.map((content, index): [string, string] => [String(index), content]),
    ["owner", desired.owner],
    ["version", desired.version ?? ""],
    ["alone", desired.forgetsFormer === true ? "yes" : ""],
    ["manifest.begin", list(owned.begin)],
    ["manifest.commit", list(owned.commit)],
    ["units.begin", unitTable(owned.begin, units)],
    ["units.commit", unitTable(owned.commit, units)],
    ["rivals", list(rivals(desired))],
    ["secrets", list(desired.secrets)],
    ["mounted", list(desired.checks.flatMap(({ mounts }) => Object.keys(mounts)))],
    ["images", list(desired.images.map(({ reference }) => reference))],
    ["networks", list(desired.files.flatMap(networkOf))],
    // containers-auth.json(5)
    ["registries", JSON.stringify({ auths: Object.fromEntries(auths) as unknown })],
    ...staged(payload, desired),
    ...desired.probes.map((probe, index): [string, string] => [`probe.${index}`, probeLines(probe)]),
    ["plan", list(steps.map((step) => row(stepFields(step))))],
  ]);
}

/**
 * Lines of UNIT, PATH and whether it serves (or only prepares, as a network's does), so that the script need not know what podman makes
 * of a file.
 */
function unitTable(paths: readonly string[], units: ReadonlyMap<string, string>): string {
  const rows = paths.flatMap((path) => {
    const unit = units.get(path);
    return unit === undefined ? [] : [`${row([unit, path, serves(path) ? "serves" : "-"])}\n`];
  });
  return rows.join("");
}

/** The network that a file makes: "~NAME" if the account's podman makes it for a set of the host's manager. */
function networkOf({ unit, key, content }: DesiredFile): string[] {
  const name = unit === undefined ? undefined : madeNetwork(key, content);
  return unit === undefined || name === undefined ? [] : [besides(unit, name)];
}

/** A line each: where the probe asks, path, Host, status, body, and the address that the host must have for it. */
function probeLines({
  listen,
  path,
  hostName,
  status,
  body,
  address: loopback = "127.0.0.1",
}: Probe): string {
  const address = probeTarget(listen);
  const own = isSpecific(address) ? address : undefined;
  // A wildcard is reached by the loopback interface.
  const where =
    address.family === "unix"
      ? address.path
      : toListenStream({
          ...address,
          address: { "0.0.0.0": loopback, "::": "::1" }[address.address] ?? address.address,
        });
  // In the form in which the kernel lists the host's addresses: /proc/net/fib_trie, /proc/net/if_inet6.
  const needed = own?.family === "ipv6" ? ipv6Digits(own.address) : own?.address;
  return [where, path, hostName, status ?? "", body ?? "", needed ?? ""]
    .map((line) => `${row([String(line)])}\n`)
    .join("");
}

/** What validation needs: where each file of the whole set is, new or on the host already. */
function staged(payload: readonly DesiredFile[], desired: Desired): [string, string][] {
  const table = (files: readonly DesiredFile[]) =>
    files.map((file) => `${payload.includes(file) ? payload.indexOf(file) : "-"}\t${file.path}\n`).join("");
  const ofManager = (whose: Whose): [string, string][] => {
    const units = desired.files.filter(
      ({ unit }) => unit !== undefined && isAccounts(unit) === (whose === "account"),
    );
    const quadlets = units.filter(({ key }) => isQuadlet(key));
    const made = quadlets.map(({ key, content }) => `${madeUnit(key, content)}\n`);
    return [
      [`quadlets.${whose}`, table(quadlets)],
      [`units.${whose}`, table(units.filter((file) => !quadlets.includes(file)))],
      [`generated.${whose}`, made.join("")],
    ];
  };
  return [
    ...ofManager("own"),
    ...ofManager("account"),
    // Patterns for grep(1) that match the names of quadlets.
    ["quadlet-names", quadletKinds.map((kind) => `[.]${kind}$\n`).join("")],
    ["files", table(desired.files.filter(({ unit }) => unit === undefined))],
    ...desired.checks.map((check, index): [string, string] => [`check.${index}`, checkOptions(check)]),
  ];
}

/** The options and words of `podman run`, in their order. */
function checkOptions({ image, command, mounts, volumes }: ContainerCheck): string {
  const [entrypoint = "", ...words] = command;
  const lines = [
    ...Object.entries(mounts).map(([directory, target]) => ["mount", directory, target]),
    ...volumes.map((volume) => ["volume", volume]),
    ["entrypoint", entrypoint],
    ["image", image],
    ...words.map((word) => ["word", word]),
  ];
  return lines.map((line) => `${row(line)}\n`).join("");
}
