/** What is on a host, read from the answers of scripts/transaction/query.sh. Pure. */
export interface Facts {
  uid: number;
  home: string;
  /** "5.4.2", or "" where podman is not installed. */
  podman: string;
  systemd: string;
  lingers: boolean;
  files: Map<string, FileFact>;
  units: Map<string, UnitFact>;
  /** Directory → names of the files in it, for the directories that were asked for. */
  names: Map<string, string[]>;
  /** Path → the other set of the manager that it belongs to. */
  others: Map<string, string>;
  /** The set's mark, if there is one. */
  set?: { owner: string; paths: string[]; unfinished: boolean };
}

export interface FileFact {
  type: "file" | "absent" | "link" | "other";
  mode: string;
  uid: number;
  sha256: string;
  /** Only where the content was asked for and is not what was expected. */
  content?: Buffer;
}

export interface UnitFact {
  load: string;
  active: string;
  /** UnitFileState: "enabled", "disabled", "generated", "masked", … */
  enabled: string;
  needsReload: boolean;
}

/** What to look at. */
export interface Query {
  /** Path → the SHA-256 that is expected, "none" for any content to be sent, "any" for none. */
  files: ReadonlyMap<string, string>;
  units: readonly string[];
  directories?: readonly string[];
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
  return lines(query)
    .map(
      (line) => `${row(line)}
`,
    )
    .join("");
}

function lines(query: Query): string[][] {
  return [
    ...[...query.files].map(([path, expected]) => ["file", expected, path]),
    ...query.units.map((unit) => ["unit", unit]),
    ...(query.directories ?? []).map((directory) => ["find", directory]),
  ];
}

/** The facts in the script's answers to a query. */
export function readFacts(query: Query, answers: readonly Answer[]): Facts {
  const asked = lines(query);
  const facts: Facts = {
    uid: 0,
    home: "",
    podman: "",
    systemd: "",
    lingers: false,
    files: new Map(),
    units: new Map(),
    // A directory that is not there has no files.
    others: new Map(),
    names: new Map((query.directories ?? []).map((directory) => [directory, []])),
  };
  for (const answer of answers) {
    const subject = asked[Number(answer.line)]?.at(-1) ?? "";
    if (answer.event === "file") facts.files.set(subject, fileFact(answer));
    else if (answer.event === "units") {
      const blocks = decode(answer.shown).split(/\n\n+/);
      query.units.forEach((unit, index) => facts.units.set(unit, unitFact(blocks[index] ?? "")));
    } else if (answer.event === "names")
      facts.names.set(subject, decode(answer.names).split("\n").filter(Boolean));
    else if (answer.event === "host") {
      facts.uid = Number(answer.uid);
      facts.home = decode(answer.home);
      facts.podman = version(decode(answer.podman));
      facts.systemd = version(decode(answer.systemd));
      facts.lingers = answer.linger === "yes";
    } else if (answer.event === "other") {
      for (const path of decode(answer.manifest).split("\n").filter(Boolean))
        facts.others.set(path, decode(answer.name));
    } else if (answer.event === "set") {
      facts.set = {
        owner: decode(answer.owner),
        paths: decode(answer.manifest).split("\n").filter(Boolean),
        unfinished: answer.unfinished === "yes",
      };
    }
  }
  return facts;
}

export function decode(base64: string | number | undefined): string {
  return Buffer.from(String(base64 ?? ""), "base64").toString("utf8");
}

/** "podman version 5.4.2" → "5.4.2"; "systemd 257 (257.9-1~deb13u1)…" → "257". */
function version(text: string): string {
  return /\d+(\.\d+)*/.exec(text)?.[0] ?? "";
}

function fileFact(answer: Answer): FileFact {
  const content = String(answer.content ?? "");
  return {
    type: answer.type as FileFact["type"],
    mode: String(answer.mode ?? ""),
    uid: Number(answer.uid ?? -1),
    sha256: String(answer.sha256 ?? ""),
    ...(content === "" ? {} : { content: Buffer.from(content, "base64") }),
  };
}

function unitFact(shown: string): UnitFact {
  const values = new Map(
    shown.split("\n").map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
  return {
    load: values.get("LoadState") ?? "",
    active: values.get("ActiveState") ?? "",
    enabled: values.get("UnitFileState") ?? "",
    needsReload: values.get("NeedDaemonReload") === "yes",
  };
}
