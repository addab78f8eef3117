/** The units by which a host gets its certificate from a CA and renews it. */
import { createHash } from "node:crypto";
import type { Input } from "@pulumi/pulumi/output.js";
import { acmeDirectory, acmeFiles, webroot } from "../../units/nginx/acme.ts";
import { quoteExec, quoteExecArgumentOnHost as given } from "../../units/escape.ts";
import { renderService, renderTimer } from "../../units/render.ts";
import { type AcmeArgs, certbotImage, letsEncrypt } from "../tls/acme.ts";
import type { SocketActivatedNginxArgs } from "./arguments.ts";
import { awaitFirstPodman } from "./first-podman.ts";
import { runtimeOf } from "./hardening.ts";
import { baseDirectory, onHost, sharedLabel } from "./inputs.ts";
import { asAccount } from "./user-service.ts";

/** What a site has whose hosts get their certificates by themselves. */
export interface Acme {
  /** The image of the client. */
  image: string;
  /** The directory that nginx sees, as a volume. */
  volume: string;
  /** A command line before podman: nginx needs a certificate to start with. */
  execStartPre: string;
  timer: string;
  /** What a change of runs the client again: names of units and files. */
  runOn: string[];
  /** Unit → text: the timer, and the service that it starts. */
  units: Record<string, string>;
  files: Record<string, { content: Input<string> }>;
}

/**
 * Returns undefined where the certificate is given.
 *
 * What the client and nginx share is in a directory of the host that is not part of the set: a renewed certificate is not drift. It
 * stays when the site is removed, as CAs limit how often they issue a certificate.
 */
export function acmeOf(name: string, args: SocketActivatedNginxArgs): Acme | undefined {
  const acme = args.tls?.acme;
  if (acme === undefined) return undefined;
  const { image = certbotImage } = acme;
  const [timer, service] = [`${name}-acme.timer`, `${name}-acme.service`];
  const state = stateDirectory(name, args);
  const directory = filesDirectory(name, args);
  const ca = acme.ca === undefined ? {} : { [`${directory}/ca.pem`]: { content: acme.ca } };
  // In nginx's unit another version of the client would restart nginx.
  const reference = `${directory}/image`;
  return {
    image,
    volume: `${state}/nginx:${acmeDirectory}:ro${sharedLabel(args)}`,
    execStartPre: `${quoteExec(["/bin/sh", "-c", placeholder(runtimeOf(args)), "placeholder"])} ${state} ${inHome(reference, args)}`,
    timer,
    runOn: [service, ...Object.keys(ca)],
    units: {
      [timer]: renderTimer({
        unit: { description: `When the certificate of ${name} is renewed`, wants: [service] },
        // As certbot's own packages have it. By `wants` the client also runs when the timer starts: at a deploy and at each boot.
        timer: { onCalendar: "*-*-* 00,12:00:00", randomizedDelaySec: "12h" },
        install: { wantedBy: "timers.target" },
      }),
      [service]: client(name, state, args, acme),
    },
    files: { [reference]: { content: `${image}\n` }, ...ca },
  };
}

/** Where it stays on the host, as units write it. */
function stateDirectory(name: string, args: SocketActivatedNginxArgs): string {
  const directory = `quadlet-fleet-acme/${name}`;
  return args.user === undefined ? `/var/lib/${directory}` : inHome(`~/.local/state/${directory}`, args);
}

/** "~/…" for a unit: a service of the host's manager knows the home directory of its account by a placeholder only. */
function inHome(path: string, { manager }: SocketActivatedNginxArgs): string {
  return manager === "user" ? onHost(path) : path.replace(/^~(?=\/)/, "@HOME@");
}

/**
 * The text of the service that asks the CA for a certificate if one is due, hands it to nginx and reloads nginx. certbot keeps one
 * certificate for each CA and set of names: it asks for another set at once, and still has the former one when that is wanted again.
 *
 * @see https://eff-certbot.readthedocs.io/en/stable/using.html#certbot-command-line-options
 */
function client(
  name: string,
  state: string,
  args: SocketActivatedNginxArgs,
  { names = [], email, directory = letsEncrypt, ca, image = certbotImage }: AcmeArgs,
): string {
  const { manager, user, runtime } = args;
  const label = sharedLabel(args);
  const lineage = `${name}-${digest(JSON.stringify([directory, [...names].sort()]))}`;
  const account = user === undefined ? undefined : manager === "system" ? asAccount(user) : ofManager;
  const trusted = ca === undefined ? [] : trust(inHome(filesDirectory(name, args), args), label);
  const certbot = [
    ...["certonly", "--non-interactive", "--agree-tos", "--keep-until-expiring", "--cert-name", lineage],
    ...["--webroot", "--webroot-path", challenges, "--server", directory],
    ...(email === undefined ? ["--register-unsafely-without-email"] : ["--no-eff-email", "--email", email]),
    ...names.flatMap((one) => ["--domain", one]),
  ];
  const systemctl = `/usr/bin/systemctl${manager === "user" ? " --user" : ""}`;
  const reload = quoteExec([
    "/bin/sh",
    "-c",
    `[ ! -e "$1" ] || ${systemctl} try-reload-or-restart "$2"`,
    "reload",
  ]);
  // "+": as root, where the rest is done as the account.
  const asRoot = manager === "system" && user !== undefined ? "+" : "";
  const before = [...(account?.unit.after ?? []), ...(manager === "system" ? ["network-online.target"] : [])];
  return renderService({
    unit: {
      description: `Certificate of ${name} by ACME`,
      ...(manager === "system" ? { wants: ["network-online.target"] } : {}),
      ...account?.unit,
      ...(before.length > 0 ? { after: before } : {}),
      // The timer is restarted when this unit changes: the client then runs at once, also while it waits for its next try.
      partOf: [`${name}-acme.timer`],
    },
    service: {
      type: "oneshot",
      ...account?.service,
      environment: { PODMAN_SYSTEMD_UNIT: "%n", ...account?.service.environment },
      execStartPre: [
        ...(account === undefined ? [] : [awaitFirstPodman(account.runtimeDirectory)]),
        // It may run before nginx starts for the first time.
        `${quoteExec(["/bin/sh", "-c", directories, "directories"])} ${state}`,
      ],
      execStart: [
        [
          "/usr/bin/podman",
          ...(runtime === undefined ? [] : [`--runtime=${runtime}`]),
          "run --name systemd-%N --replace --rm --cgroups=split --log-driver=none",
          "--cap-drop all --security-opt=no-new-privileges",
          `--volume ${state}/letsencrypt:/etc/letsencrypt:rw${label}`,
          `--volume ${state}/nginx/${webroot}:${challenges}:rw${label}`,
          ...trusted,
          "--entrypoint sh",
          ...[image, "-c", untilStopped, "certbot", ...certbot].map(given),
        ].join(" "),
        `${quoteExec(["/bin/sh", "-c", install, "install"])} ${state} ${lineage}`,
        `${asRoot}${reload} ${state}/reload-due ${name}.service`,
        `/usr/bin/rm -f ${state}/reload-due`,
      ],
      // Let's Encrypt allows five failures an hour for each name.
      restart: "on-failure",
      restartSec: "1h",
      timeoutStartSec: "10min",
      killMode: "mixed",
      delegate: true,
    },
  });
}

/**
 * Runs certbot until it ends or is stopped. The first process of a container ignores SIGTERM unless it handles it. A stop is not a
 * failure: systemd then runs the commands that follow, and they find nothing to do.
 */
const untilStopped = 'trap "exit 0" TERM; certbot "$@" & wait $!';

/** Where the client's container has the answers to challenges. */
const challenges = "/webroot";

/** The set's own files for the client. */
function filesDirectory(name: string, args: SocketActivatedNginxArgs): string {
  return `${baseDirectory(name, args)}/acme`;
}

/** Options of `podman run` with which the client trusts a private CA: certbot uses requests, which reads the variable. */
function trust(directory: string, label: string): string[] {
  return [`--volume ${directory}:/acme:ro${label}`, "--env REQUESTS_CA_BUNDLE=/acme/ca.pem"];
}

/** What a service of an account's own manager needs beside the rest. */
const ofManager = { unit: { after: [] }, service: { environment: {} }, runtimeDirectory: "%t" };

/** Makes the directory $1, which only its owner can enter, and what is in it. nginx's workers, another account, read the webroot. */
const directories = `umask 022; mkdir -p -m 0700 "$1" "$1/letsencrypt" && mkdir -p "$1/nginx/${webroot}" && cd "$1/nginx" && chmod 0755 . ${webroot} || exit`;

/** In nginx's directory: no other command writes certificate and key meanwhile. */
const locked = "exec 9<. && flock 9 || exit;";

/** The same, and then a self-signed certificate by the image that the file $2 names, if there is no certificate. */
function placeholder(runtime: string | undefined): string {
  const { certificate, key } = acmeFiles;
  const podman = ["podman", ...(runtime === undefined ? [] : [`--runtime=${runtime}`])].join(" ");
  return [
    `${directories}; ${locked}`,
    `[ -s ${certificate} ] && [ -s ${key} ] && exit;`,
    `${podman} run --rm --log-driver=none --network none --security-opt label=disable --volume "$1/nginx:/acme" --entrypoint openssl "$(cat "$2")"`,
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj '/CN=placeholder until the CA answers'",
    `-keyout /acme/${key} -out /acme/${certificate}.new 9<&- && mv ${certificate}.new ${certificate}`,
  ].join(" ");
}

/** Copies the client's certificate $2 to where nginx reads it, if it is another one, and leaves the mark that nginx must reload. */
const install = [
  `cd "$1/nginx" && new=../letsencrypt/live/$2 || exit; [ -e "$new/fullchain.pem" ] || exit 0; ${locked}`,
  'is() { [ "$(cat "$new/$1.pem")" = "$(cat "$2")" ]; };',
  `is fullchain ${acmeFiles.certificate} && is privkey ${acmeFiles.key} && exit;`,
  ": >../reload-due && umask 077 &&",
  `cp "$new/fullchain.pem" ${acmeFiles.certificate}.new && cp "$new/privkey.pem" ${acmeFiles.key}.new && sync *.new &&`,
  `mv ${acmeFiles.key}.new ${acmeFiles.key} && mv ${acmeFiles.certificate}.new ${acmeFiles.certificate}`,
].join(" ");

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}
