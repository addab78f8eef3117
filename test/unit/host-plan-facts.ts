import assert from "node:assert/strict";
import type { Desired, DesiredFile, DesiredService } from "../../host/desired.ts";
import { unitPath } from "../../host/desired.ts";
import { sha256 } from "../../host/digest.ts";
import { type Facts, type FileFact, noFacts } from "../../host/facts/facts.ts";
import type { UnitFact } from "../../host/facts/unit-facts.ts";
import { plan } from "../../host/plan/plan.ts";
import type { Step } from "../../host/plan/step.ts";

// A made-up host and a set, for the tests of the plan.

export const conf = "/etc/quadlet-fleet/web/conf.d/default.conf";

export function unit(name: string, content: string): DesiredFile {
  return { key: name, path: unitPath("system", name), content, mode: "0644", unit: name };
}

export const container = "[Unit]\nDescription=web\n[Container]\nImage=registry.example/nginx:1\n";
export const socket = "[Socket]\nListenStream=0.0.0.0:80\n";

export function desired(change: Partial<Desired> = {}): Desired {
  return {
    name: "web",
    owner: "urn:web",
    formerOwners: [],
    manager: "system",
    linger: false,
    createUser: false,
    files: [
      { key: conf, path: conf, content: "server { listen 80; }", mode: "0644" },
      unit("web.container", container),
      unit("web.socket", socket),
    ],
    services: [service("web.socket", { enabled: true }), service("web.service", { reloadOn: [conf] })],
    images: [{ reference: "registry.example/nginx:1", pull: "missing" }],
    secrets: [],
    registries: {},
    checks: [],
    probes: [],
    adopt: false,
    ...change,
  };
}

/** A site with handover: the container that components/site/render.ts makes, and a socket unit for each address. */
export function site(listens: readonly string[], change: Partial<Desired> = {}): Desired {
  const sockets = listens.map((listen, index) =>
    unit(
      index === 0 ? "web.socket" : `web-${listen.replace(/.*[:/]/, "")}.socket`,
      `[Socket]\nListenStream=${listen}\n${index === 0 ? "" : "Service=web.service\n"}`,
    ),
  );
  return desired({
    files: [
      { key: conf, path: conf, content: "server { listen 80; }", mode: "0644" },
      unit("web.container", siteContainer(sockets.map(({ key }) => key))),
      ...sockets,
    ],
    services: [
      ...sockets.map(({ key }) => service(key, { enabled: true })),
      service("web.service", { reloadOn: [conf], handover: true }),
    ],
    ...change,
  });
}

function siteContainer(sockets: readonly string[]): string {
  const all = sockets.join(" ");
  return `[Unit]
Description=nginx web, socket-activated
Requires=${all}
After=${all}

[Container]
Image=registry.example/nginx:1
Environment=NGINX=${sockets.map((_, index) => 3 + index).join(":")};
Volume=/etc/quadlet-fleet/web/conf.d:/etc/nginx/conf.d:ro,Z

[Service]
${sockets.length > 1 ? `Sockets=${all}\n` : ""}ExecReload=/usr/bin/podman kill --signal=HUP systemd-%N

[Install]
WantedBy=default.target
`;
}

export function service(unit: string, change: Partial<DesiredService> = {}): DesiredService {
  return {
    unit,
    active: true,
    enabled: false,
    reloadOn: [],
    restartOn: [],
    handover: false,
    ...change,
  };
}

/** A host that has exactly what is desired, running. */
export function settled(state: Desired): Facts {
  return {
    ...noFacts(),
    home: "/root",
    podman: { installed: true, version: "5.4.2" },
    files: new Map(
      state.files.map((file): [string, FileFact] => [file.path, present(file.content, file.mode)]),
    ),
    units: new Map(
      state.services.map((service) => [
        service.unit,
        unitFact({ enabled: service.enabled ? "enabled" : "generated" }),
      ]),
    ),
    set: { owner: state.owner, paths: state.files.map(({ path }) => path), unfinished: false },
  };
}

/** A unit that runs. */
export function unitFact(change: Partial<UnitFact> = {}): UnitFact {
  return {
    load: "loaded",
    active: "active",
    restarting: false,
    enabled: "generated",
    needsReload: false,
    dropIns: [],
    changed: 1000,
    ...change,
  };
}

export function present(content: string, mode = "0644"): FileFact {
  return {
    type: "file",
    mode,
    uid: 0,
    modified: 900,
    sha256: sha256(content),
    content: Buffer.from(content),
  };
}

export function empty(): Facts {
  return { ...settled(desired({ files: [], services: [] })), set: undefined };
}

export function change(facts: Facts, path: string, fact: FileFact): Facts {
  return { ...facts, files: new Map([...facts.files, [path, fact]]) };
}

/** The facts with another state of a unit. */
export function state(facts: Facts, unit: string, fact: Partial<UnitFact>): Facts {
  const before = facts.units.get(unit) ?? unitFact();
  return { ...facts, units: new Map([...facts.units, [unit, { ...before, ...fact }]]) };
}

/** The steps, each {@link named}. */
export function does(facts: Facts, state: Desired, known: string[] = []): string[] {
  const { refusals, steps } = plan(facts, state, known);
  assert.deepEqual(refusals, []);
  return steps.map(named);
}

/** A step's verb and what it is about: "restart web.socket web.service". */
export function named(step: Step): string {
  const { verb, units = [], ...one } = step as { verb: string; units?: string[] } & Record<string, string>;
  const about = one.service ?? one.probe ?? one.unit ?? one.path ?? one.image ?? one.name ?? [];
  return [verb, ...units, about].flat().join(" ");
}

/** The steps of a restart without any change of files. */
export const restarted = [
  "begin",
  "pull registry.example/nginx:1",
  "stage",
  "restart web.service",
  "settle",
  "verify web.service",
  "commit",
];

/**
 * The steps of a new version of a site, which is rehearsed and then gets the sockets by a handover.
 *
 * @param written the steps that change files
 * @param behind the steps while the stand-in answers
 */
export function handedOver(
  written: readonly string[],
  behind: readonly string[] = ["restart web.service", "settle", "verify web.service"],
  asked: readonly string[] = [],
): string[] {
  const [validate, files] =
    written.length === 0 ? [[], ["stage"]] : [["validate"], ["stage", ...written, "daemon_reload"]];
  return [
    ...["begin", "pull registry.example/nginx:1", ...validate],
    ...["lend web-rehearsal.service", "lend web-handover.service", "daemon_reload"],
    ...["rehearse web.service", "unlend web-rehearsal.service", ...files],
    ...["handover web.service", ...behind],
    ...["return web-handover.service", "unlend web-handover.service", "daemon_reload"],
    ...[...asked, "commit"],
  ];
}

export function absent(): FileFact {
  return { type: "absent", mode: "", uid: -1, modified: 0, sha256: "" };
}
