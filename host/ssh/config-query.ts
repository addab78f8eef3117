import { execFile } from "node:child_process";
import { access, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expandHome } from "./home.ts";
import { HostError } from "../errors.ts";

/** What ssh(1) is asked: how would you log in to this host? */
export interface Query {
  /** The host as messages name it. */
  name: string;
  address: string;
  port?: number;
  user?: string;
  /** Who logs in where neither the query nor the configuration says it; left out, ssh's own default. */
  defaultUser?: string;
  /** Whether the way to the host is known: ProxyJump and ProxyCommand are passed over. */
  isWayKnown: boolean;
  /** A configuration file in place of the user's and the system's. */
  file?: string;
  seconds: number;
}

/** Stands in the configuration after everything else: where ssh says it, nothing was configured. */
export const unset = "quadlet-fleet-unset";

const systemFile = "/etc/ssh/ssh_config";

/**
 * Has the operator's own ssh read the configuration (`ssh -G`): only it knows all of Match, Include, tokens and
 * canonical names.
 *
 * @returns what it printed; undefined where there is no configuration
 * @throws HostError when the configuration can't be read
 */
export async function askSsh(query: Query): Promise<string | undefined> {
  const { name, file } = query;
  const userFile = join(homedir(), ".ssh", "config");
  const hasOwn = file !== undefined || (await exists(userFile));
  if (!hasOwn && !(await exists(systemFile))) return undefined;
  const shown = file ?? (hasOwn ? "~/.ssh/config" : systemFile);
  // ssh takes a file only by its name, and there is more to say than the user's file does.
  const directory = await mkdtemp(join(tmpdir(), "quadlet-fleet-ssh-"));
  try {
    const path = join(directory, "config");
    const text = file === undefined ? includes([userFile, systemFile]) : await readNamed(name, file);
    await writeFile(path, `${text}\n${defaults(query)}`, { mode: 0o600 });
    return await run(query, path, hasOwn, shown);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function includes(files: readonly string[]): string {
  return files.map((file) => `Include "${file}"`).join("\n");
}

async function readNamed(name: string, file: string): Promise<string> {
  return await readFile(expandHome(file), "utf8").catch((error: Error) => {
    throw new HostError(name, `sshConfig can't be read: ${error.message}.`);
  });
}

/** The first value that ssh finds is the one it takes, so these count only where no other is. */
function defaults({ defaultUser }: Query): string {
  return [
    "Match all",
    ...(defaultUser === undefined ? [] : [`User ${defaultUser}`]),
    `IdentityFile ${unset}`,
    `UserKnownHostsFile ${unset}`,
    "",
  ].join("\n");
}

async function run(query: Query, path: string, hasOwn: boolean, shown: string): Promise<string | undefined> {
  const { name, address, port, user, isWayKnown, seconds } = query;
  const argv = [
    ...["-G", "-T", "-F", path],
    ...(port === undefined ? [] : ["-p", String(port)]),
    ...(user === undefined ? [] : ["-l", user]),
    ...(isWayKnown ? ["-o", "ProxyJump=none"] : []),
    ...["--", address],
  ];
  const asked = promisify(execFile)("ssh", argv, { timeout: seconds * 1000 });
  asked.child.stdin?.end();
  try {
    return (await asked).stdout;
  } catch (thrown) {
    const { code, killed, stderr = "" } = thrown as { code?: unknown; killed?: boolean; stderr?: string };
    const isMissing = code === "ENOENT";
    // The system's file comes with ssh: what can't be used here, nobody relies on.
    if (!hasOwn && (isMissing || /^No user exists for uid/m.test(stderr))) return undefined;
    const off = "set the connection's sshConfig to false to do without it.";
    if (isMissing)
      throw new HostError(name, `${shown} can't be read: there is no \`ssh\` on this machine to read it.`, {
        cure: `Install OpenSSH's client on the machine that runs Pulumi, or ${off}`,
        cause: thrown,
      });
    if (killed)
      throw new HostError(name, `\`ssh -G\` did not read ${shown} within ${seconds} s.`, {
        cure: `Look at its "Match exec" and CanonicalizeHostname, or ${off}`,
        cause: thrown,
      });
    const said = stderr.replaceAll(path, shown).trim().slice(0, 500) || `it ended with ${String(code)}`;
    throw new HostError(name, `\`ssh -G\` can't read ${shown}: ${said}`, {
      cure: `Correct it on the machine that runs Pulumi, or ${off}`,
      cause: thrown,
    });
  }
}

async function exists(file: string): Promise<boolean> {
  return await access(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== "ENOENT",
  );
}
