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
  /** The user if neither the query nor the configuration names one. Left out: ssh's own default. */
  defaultUser?: string;
  /** Whether the jump hosts are known already: ProxyJump and ProxyCommand are then ignored. */
  isWayKnown: boolean;
  /** A configuration file in place of the user's and the system's. */
  file?: string;
  seconds: number;
}

/** Comes last in the configuration: if ssh prints it, nothing else was configured. */
export const unset = "quadlet-fleet-unset";

const systemFile = "/etc/ssh/ssh_config";

/**
 * Lets the operator's own ssh read the configuration (`ssh -G`): only ssh knows all of Match, Include, tokens and canonical names.
 *
 * @returns what it printed; undefined if there is no configuration
 * @throws HostError when the configuration can't be read
 */
export async function askSsh(query: Query): Promise<string | undefined> {
  const { name, file } = query;
  const userFile = join(homedir(), ".ssh", "config");
  const hasOwn = file !== undefined || (await exists(userFile));
  if (!hasOwn && !(await exists(systemFile))) return undefined;
  const shown = file ?? (hasOwn ? "~/.ssh/config" : systemFile);
  // ssh takes a file only by its name, and our defaults must follow the user's file.
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

/** ssh takes the first value that it finds, so these count only if there is no other value. */
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
    // The system's file comes with ssh: if ssh can't be used on this machine, no user relies on that file.
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
