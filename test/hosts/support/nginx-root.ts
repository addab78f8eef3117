/** The nginx of the test image, without podman and without a host. */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cached } from "../../../tools/cache.ts";
import { execute } from "../../../tools/execute.ts";
import { canonicalIpv6 } from "../../../units/nginx/ip.ts";
import type { NginxFile } from "../../../units/nginx/listens.ts";

/** How nginx understood one configuration. */
export interface Seen {
  /** Whether it could read the configuration and start with it. */
  started: boolean;
  /** Its messages. */
  said: string;
  /** The files of conf.d that it read, if it accepts the configuration. */
  read: string[];
  /** What it listens on, as systemd.socket(5) writes it. */
  listens: string[];
}

/** Unpacks the image into a directory. */
export async function unpackNginx(directory: string): Promise<void> {
  const registry = join(cached("images"), "var/lib/registry/docker/registry/v2");
  const blob = (digest: string) => {
    const [algorithm = "", hash = ""] = digest.trim().split(":");
    return join(registry, "blobs", algorithm, hash.slice(0, 2), hash, "data");
  };
  const link = join(registry, "repositories/library/nginx/_manifests/tags/latest/current/link");
  const manifest = JSON.parse(readFileSync(blob(readFileSync(link, "utf8")), "utf8")) as {
    layers: { digest: string }[];
  };
  for (const { digest } of manifest.layers) await execute(["tar", "-xzf", blob(digest), "-C", directory]);
  writeFileSync(join(directory, "each.sh"), each);
}

/**
 * For each directory of /cases: the files that nginx reads, and the addresses that it listens on. The first process of a daemon ends once
 * the sockets are open. Addresses that this machine does not have work, too.
 */
const each = `
echo 1 >/proc/sys/net/ipv4/ip_nonlocal_bind
echo 1 >/proc/sys/net/ipv6/ip_nonlocal_bind
rm -rf /etc/nginx/conf.d
# They are links to the standard output, which is a socket here.
ln -sf /dev/null /var/log/nginx/access.log
ln -sf /dev/null /var/log/nginx/error.log
for case in /cases/*; do
  ln -sfn "$case/conf.d" /etc/nginx/conf.d
  nginx -T >"$case/read" 2>"$case/said" || continue
  nginx 2>>"$case/said" || continue
  cat /proc/net/tcp >"$case/tcp"
  cat /proc/net/tcp6 >"$case/tcp6"
  cat /proc/net/unix >"$case/unix"
  # nginx returns before its master has written this file, and the master closes its sockets after it has removed it.
  while [ ! -s /run/nginx.pid ]; do usleep 2000; done
  master=$(cat /run/nginx.pid)
  kill "$master"
  while [ -e "/proc/$master" ]; do usleep 2000; done
done
`;

/** Starts nginx with each of the configurations, one after another, in its own namespaces. */
export async function askNginx(root: string, cases: readonly (readonly NginxFile[])[]): Promise<Seen[]> {
  rmSync(join(root, "cases"), { recursive: true, force: true });
  const name = (index: number) => join(root, "cases", String(index).padStart(4, "0"));
  for (const [index, files] of cases.entries()) {
    mkdirSync(join(name(index), "conf.d"), { recursive: true });
    for (const file of files) writeFileSync(join(name(index), "conf.d", file.name), file.text);
  }
  const script =
    'ip link set lo up && mount --rbind /dev "$1/dev" && mount -t proc proc "$1/proc" && exec chroot "$1" /bin/sh /each.sh';
  await execute(
    ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "sh", "-c", script, "sh", root],
    { env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" }, timeoutMs: 300_000 },
  );
  return cases.map((_, index) => seenIn(name(index)));
}

function seenIn(directory: string): Seen {
  const text = (file: string) => readFileSync(join(directory, file), "utf8");
  const started = readdirSync(directory).includes("unix");
  const read = [...text("read").matchAll(/^# configuration file \/etc\/nginx\/conf\.d\/(.*):$/gm)];
  return {
    started,
    said: text("said"),
    read: read.map(([, file = ""]) => file),
    listens: started
      ? [...new Set([...["tcp", "tcp6"].flatMap((file) => ports(text(file))), ...paths(text("unix"))])]
      : [],
  };
}

/** The addresses in state LISTEN of /proc/net/tcp and tcp6: words in the machine's own byte order. */
function ports(table: string): string[] {
  return [...table.matchAll(/^ *\d+: ([0-9A-F]+):([0-9A-F]{4}) \S+ 0A /gm)].map(
    ([, address = "", port = ""]) => `${ip(address)}:${Number.parseInt(port, 16)}`,
  );
}

function ip(words: string): string {
  const bytes = (words.match(/.{8}/g) ?? []).flatMap((word) =>
    (word.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)).reverse(),
  );
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16),
  );
  return `[${canonicalIpv6(groups.join(":"))}]`;
}

/** The listening sockets with a path of /proc/net/unix (__SO_ACCEPTCON). */
function paths(table: string): string[] {
  return [...table.matchAll(/^\w+: \w+ \w+ 00010000 \w+ \w+ +\d+ (\/.*)$/gm)].map(([, path = ""]) => path);
}
