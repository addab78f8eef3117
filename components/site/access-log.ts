/** nginx's access log in a file of the host, and its rotation. */
import { quoteExec } from "../../units/escape.ts";
import { renderService, renderTimer } from "../../units/render.ts";
import type { ServiceSection } from "../../units/sections/service.ts";
import type { SocketActivatedNginxArgs } from "./arguments.ts";
import { volumeLabel } from "./inputs.ts";

/** Where nginx's images have their logs: links to /dev/stdout and /dev/stderr. */
export const logMount = "/var/log/nginx";

/** What a site has whose access log is a file. */
export interface AccessLog {
  /** The directory as a volume of nginx. */
  volume: string;
  /** What nginx's service has for it. */
  service: ServiceSection;
  /** A command line before podman. */
  execStartPre: string;
  timer: string;
  /** Unit → text: the timer, and the service that it starts. */
  units: Record<string, string>;
}

/**
 * Returns undefined where the log goes to the journal.
 *
 * The container gets a directory of the host in place of the image's, so whatever nginx's configuration says of
 * /var/log/nginx/access.log holds. The error log stays in the journal, by a link as in the image.
 */
export function accessLogOf(name: string, args: SocketActivatedNginxArgs): AccessLog | undefined {
  if (args.accessLog === undefined) return undefined;
  const { rotate = "daily", keep = 14 } = args.accessLog;
  const timer = `${name}-rotate.timer`;
  const directory = `quadlet-fleet/${name}`;
  return {
    volume: `%L/${directory}:${logMount}:rw${volumeLabel(args)}`,
    // nginx's master opens the files, as the owner. They name clients: other accounts have no business there.
    service: { logsDirectory: directory, logsDirectoryMode: "0700" },
    execStartPre: `/usr/bin/ln -sfT /dev/stderr %L/${directory}/error.log`,
    timer,
    units: {
      [timer]: renderTimer({
        unit: { description: `When the access log of ${name} is rotated` },
        timer: { onCalendar: rotate, randomizedDelaySec: "5min" },
        install: { wantedBy: "timers.target" },
      }),
      [`${name}-rotate.service`]: rotation(name, args, keep, `%L/${directory}/access.log`),
    },
  };
}

/**
 * The text of the service that rotates once. nginx gets SIGHUP, not SIGUSR1: with that it would give the new file to its workers'
 * account, and a hardened master, which is root without CAP_DAC_OVERRIDE, could not open it again at the next reload
 * (ngx_reopen_files() in nginx's src/core/ngx_cycle.c).
 */
function rotation(
  name: string,
  { manager, user }: SocketActivatedNginxArgs,
  keep: number,
  file: string,
): string {
  const account = manager === "system" ? user : undefined;
  // "+": as root, where the rest is done as the account.
  const systemctl =
    manager === "user"
      ? "/usr/bin/systemctl --user"
      : `${account === undefined ? "" : "+"}/usr/bin/systemctl`;
  return renderService({
    unit: { description: `Rotation of the access log of ${name}` },
    service: {
      type: "oneshot",
      ...(account === undefined ? {} : { user: account }),
      execCondition: `/usr/bin/test -s ${file}`,
      execStart: [
        `${quoteExec(["/bin/sh", "-c", rename, "rotate", String(keep)])} ${file}`,
        `${systemctl} try-reload-or-restart ${name}.service`,
      ],
    },
  });
}

/** Removes what is more than is kept, and renames the others. $1 is how many are kept, $2 the file. */
const rename = [
  'n=$1; while [ -e "$2.$n" ]; do rm "$2.$n"; n=$((n + 1)); done;',
  'n=$1; while [ "$n" -gt 1 ]; do old=$((n - 1)); [ ! -e "$2.$old" ] || mv "$2.$old" "$2.$n"; n=$old; done;',
  'mv "$2" "$2.1"',
].join(" ");
