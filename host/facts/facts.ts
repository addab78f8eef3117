import { isAccounts } from "../account-units.ts";
import { type ContainerFact, type Podman, readContainers } from "./containers.ts";
import { type OpenPort, openPorts } from "./ports.ts";
import { type UnitFact, askedAs, readUnits } from "./unit-facts.ts";

/** What is on a host, read from the answers of transaction/scripts/query.sh. Pure. */
export interface Facts {
  uid: number;
  home: string;
  /** The version ("5.4.2") is asked for only if a unit is to be written. */
  podman: { installed: boolean; version?: string };
  /** systemd's major version, asked for only if a unit is to be written. */
  systemd?: number;
  /** Programs that podman needs for a network, asked for only if a unit is to be written. */
  tools?: Set<string>;
  /** Directory → its SELinux label, for the directories that were asked for, if SELinux is enforcing. */
  labels: Map<string, string>;
  lingers: boolean;
  /** The first port that an account may listen on: net.ipv4.ip_unprivileged_port_start (ip(7)). */
  firstPort: number;
  /** Subordinate ids that rootless podman needs and the account lacks (subuid(5), subgid(5)); none for root. */
  lackingIds: ("uids" | "gids")[];
  /** The first id that no account has as a subordinate one; 0 if the account lacks none. */
  freeId: number;
  files: Map<string, FileFact>;
  units: Map<string, UnitFact>;
  /** Directory → names of the files in it, for the directories that were asked for. */
  names: Map<string, string[]>;
  /** Path → the other set that it belongs to, of this manager or of the account's. */
  others: Map<string, string>;
  /** Who listens on the ports that were asked for. */
  ports: OpenPort[];
  /** Directory → free bytes of its file system, for the directories of the files that were asked for. */
  space: Map<string, number>;
  /** Services, by their plain names, whose container runs another image than the one that the image's name stands for now. */
  replacedImages: Set<string>;
  /** All containers of each podman that was asked for. */
  containers: Map<Podman, ContainerFact[]>;
  /** Directory → its path with links resolved, for the directories that were asked for. */
  real: Map<string, string>;
  /** Service → the container that it runs, for the services that were asked for. */
  live: Map<string, Live>;
  /** What the host has kept of the set's versions, if it was asked for. */
  versions?: Versions;
  /** The set's mark, if there is one. `units`: path → the unit that systemd has of it, empty if an older version did not record it. */
  set?: {
    owner: string;
    paths: string[];
    units?: Map<string, string>;
    unfinished: boolean;
    last?: LastDeploy;
  };
}

/** The host's line about the last deploy of the set (transaction/scripts/hold.sh): hostile text, like everything that a host says. */
interface LastDeploy {
  outcome: string;
  cause: string;
  /** ISO 8601, by the host's clock. */
  at: string;
  /** "alice@laptop" */
  who: string;
}

/** What a host has kept of a set's versions (transaction/scripts/versions.sh): hostile text. */
export interface Versions {
  /** The present version, and the previous one. */
  now: Version;
  former: Version;
}

interface Version {
  /** The text that was deployed; "" for none. */
  text: string;
  /** Reference → the id of the image that it was started with. */
  images: Map<string, string>;
}

/** A running container, as it was described to its OCI runtime. */
export interface Live {
  runtime: "crun" | "runc";
  /** JSON. The owner of the container can have written anything into it. */
  config: string;
}

export interface FileFact {
  type: "file" | "absent" | "link" | "other";
  mode: string;
  uid: number;
  /** When its content was last changed, in seconds since 1970. */
  modified: number;
  sha256: string;
  /** Left out if it was not asked for, or if it is as expected. */
  content?: Buffer;
}

/** What to look at. */
export interface Query {
  /** Path → the expected SHA-256: the content is sent if it differs. "none": always sent. "any": never sent. */
  files: ReadonlyMap<string, string>;
  units: readonly string[];
  directories?: readonly string[];
  /** Socket units with their ports: who listens there, if the unit does not run or a unit is to be written. */
  ports?: readonly (readonly [unit: string, port: number])[];
  /** Directories whose SELinux label is asked for. */
  labels?: readonly string[];
  /** Whether to look for replaced images, which takes a while. */
  images?: boolean;
  /** Whose containers to look for, which takes a moment. */
  containers?: readonly Podman[];
  /** Directories whose path may contain a symbolic link. */
  real?: readonly string[];
  /** Services whose containers are asked for, if something is to be written. */
  live?: readonly string[];
  /** Whether to send what is kept of the set's versions. */
  versions?: boolean;
}

/** One line of JSON from the script. */
export type Answer = { event: string } & Record<string, string | number>;

/**
 * The fields of one line for the script. The inputs are checked long before; this is the last barrier.
 *
 * @throws RangeError for a field that would be taken for two.
 */
export function row(fields: readonly string[]): string {
  const bad = fields.find((field) => /[\t\n]/.test(field));
  if (bad !== undefined)
    throw new RangeError(`a name or path can't hold a tab or a newline: ${JSON.stringify(bad)}`);
  return fields.join("\t");
}

/** The script's query file. */
export function writeQuery(query: Query): string {
  const lines = [
    ...[...query.files].map(([path, expected]) => ["file", expected, path]),
    ...query.units.map((unit) => ["unit", askedAs(unit)]),
    ...(query.directories ?? []).map((directory) => ["find", directory]),
    ...(query.ports ?? []).map(([unit, port]) => ["port", unit, hexadecimal(port)]),
    ...(query.labels ?? []).map((directory) => ["label", directory]),
    ...(query.images ? [["images"]] : []),
    ...(query.containers ?? []).map((podman) => ["containers", podman]),
    ...(query.real ?? []).map((directory) => ["real", directory]),
    ...(query.live ?? []).map((service) => ["live", service]),
    ...(query.versions ? [["versions"]] : []),
  ];
  return lines.map((line) => `${row(line)}\n`).join("");
}

/** A port as /proc/net/tcp writes it (proc_net_tcp(5)). */
function hexadecimal(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, "0");
}

/** The facts in the script's answers to a query. */
export function readFacts(query: Query, answers: readonly Answer[]): Facts {
  const facts = noFacts();
  // The host gives no answer for a directory that does not exist: it has no files.
  for (const directory of query.directories ?? []) facts.names.set(directory, []);
  const asked = { ...query, paths: [...query.files.keys()] };
  for (const answer of answers)
    if (Object.hasOwn(readers, answer.event)) readers[answer.event]?.(facts, answer, asked);
  return facts;
}

/** What is known of a host before it has answered. */
export function noFacts(): Facts {
  return {
    uid: 0,
    home: "",
    podman: { installed: false },
    lingers: false,
    firstPort: 0,
    lackingIds: [],
    freeId: 0,
    files: new Map(),
    units: new Map(),
    names: new Map(),
    others: new Map(),
    ports: [],
    labels: new Map(),
    space: new Map(),
    replacedImages: new Set(),
    containers: new Map(),
    real: new Map(),
    live: new Map(),
  };
}

/** A query with its paths as a list, as answers name a file by its number. The list is made once: an account can have very many files. */
type Asked = Query & { paths: readonly string[] };

const readers: Record<string, (facts: Facts, answer: Answer, asked: Asked) => void> = {
  files(facts, { numbers, described }, { paths }) {
    const found = lines(described);
    String(numbers)
      .split(" ")
      .filter(Boolean)
      .forEach((number, index) => {
        const [letter = "a", mode = "", uid, modified, sha256 = ""] = (found[index] ?? "").split(" ");
        const type = fileTypes[letter] ?? "absent";
        facts.files.set(paths[Number(number)] ?? "", {
          type,
          mode,
          uid: Number(uid ?? -1),
          modified: Number(modified ?? 0),
          sha256,
        });
      });
  },
  content(facts, { line, content }, { paths }) {
    const path = paths[Number(line)] ?? "";
    const fact = facts.files.get(path);
    if (fact) facts.files.set(path, { ...fact, content: Buffer.from(String(content), "base64") });
  },
  units(facts, { whose, shown }, query) {
    const asked = query.units.filter((unit) => isAccounts(unit) === (whose === "account"));
    for (const [unit, fact] of readUnits(decode(shown), asked)) facts.units.set(unit, fact);
  },
  names(facts, { line, names }, query) {
    facts.names.set(query.directories?.[Number(line)] ?? "", lines(names));
  },
  ports(facts, { listening, holders }) {
    facts.ports = [...facts.ports, ...openPorts(decode(listening), decode(holders))];
  },
  label(facts, { line, label }, query) {
    facts.labels.set(query.labels?.[Number(line)] ?? "", decode(label));
  },
  tools(facts, { systemd, found }) {
    if (systemd !== "") facts.systemd = Number(systemd);
    facts.tools = new Set(lines(found));
  },
  space(facts, { directory, free, block }) {
    facts.space.set(decode(directory), Number(free) * Number(block));
  },
  images(facts, { running, present }) {
    const current = new Map(lines(present).map((image) => image.split(" ") as [string, string]));
    for (const container of lines(running)) {
      const [service = "", name = "", id] = container.split(" ");
      const now = current.get(name);
      if (service !== "" && now !== undefined && now !== id) facts.replacedImages.add(service);
    }
  },
  containers(facts, { podman, found }) {
    facts.containers.set(podman as Podman, readContainers(decode(found)));
  },
  real(facts, { line, path }, query) {
    facts.real.set(query.real?.[Number(line)] ?? "", lines(path)[0] ?? "");
  },
  live(facts, { line, runtime, config }, query) {
    if (runtime === "crun" || runtime === "runc")
      facts.live.set(query.live?.[Number(line)] ?? "", { runtime, config: decode(config) });
  },
  versions(facts, { now, former, images, formerImages }) {
    const version = (text: typeof now, list: typeof images): Version => ({
      text: decode(text),
      images: new Map(
        lines(list).map((line) => {
          const [id = "", reference = ""] = line.split("\t");
          return [reference, id];
        }),
      ),
    });
    facts.versions = { now: version(now, images), former: version(former, formerImages) };
  },
  host(facts, { uid, home, podman, version, linger, lacking, free, ports }) {
    facts.uid = Number(uid);
    facts.home = decode(home);
    facts.podman = { installed: podman === "yes" };
    // "podman version 5.4.2"
    const found = /\d+(\.\d+)*/.exec(decode(version))?.[0];
    if (found !== undefined) facts.podman.version = found;
    facts.lingers = linger === "yes";
    facts.lackingIds = (["uids", "gids"] as const).filter((ids) => String(lacking).split(" ").includes(ids));
    facts.freeId = Number(free);
    facts.firstPort = Number(ports);
  },
  others(facts, { claims }) {
    for (const line of lines(claims)) {
      const [set = "", path = ""] = line.split("\t");
      facts.others.set(path, set);
    }
  },
  set(facts, { owner, manifest, units, unfinished, last }) {
    const made = lines(units).map((line) => line.split("\t"));
    const [id, outcome = "", cause = "", at = "", ...who] = (lines(last)[0] ?? "").split(" ");
    facts.set = {
      owner: decode(owner),
      paths: lines(manifest),
      units: new Map(made.map(([unit = "", path = ""]) => [path, unit])),
      unfinished: unfinished === "yes",
      ...(id === "" ? {} : { last: { outcome, cause, at, who: who.join(" ") } }),
    };
  },
};

const fileTypes: Record<string, FileFact["type"]> = {
  f: "file",
  F: "file",
  a: "absent",
  l: "link",
  o: "other",
};

export function decode(base64: string | number | undefined): string {
  return Buffer.from(String(base64 ?? ""), "base64").toString("utf8");
}

function lines(base64: string | number | undefined): string[] {
  return decode(base64).split("\n").filter(Boolean);
}
