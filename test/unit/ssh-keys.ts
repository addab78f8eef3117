import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A home directory, keys and agents of OpenSSH for a test, without anything of the user's. */
export class Keyring implements Disposable {
  readonly home = mkdtempSync(join(tmpdir(), "quadlet-fleet-home-"));
  readonly #agents: number[] = [];

  constructor() {
    mkdirSync(this.path(".ssh"));
    process.env.HOME = this.home;
    delete process.env.SSH_AUTH_SOCK;
  }

  path(name: string): string {
    return join(this.home, name);
  }

  /** Makes a key and its .pub. Returns "TYPE SHA256:…". */
  make(name: string, options: { type?: string; passphrase?: string; comment?: string } = {}): string {
    const { type = "ed25519", passphrase = "", comment = "" } = options;
    const file = this.path(name);
    execFileSync("ssh-keygen", ["-q", "-t", type, "-N", passphrase, "-C", comment, "-f", file]);
    const [, print] = execFileSync("ssh-keygen", ["-l", "-f", `${file}.pub`], { encoding: "utf8" }).split(
      " ",
    );
    return `${{ rsa: "ssh-rsa", ecdsa: "ecdsa-sha2-nistp256" }[type] ?? `ssh-${type}`} ${print}`;
  }

  /** Starts an agent with these keys. Returns its socket. */
  agent(name: string, keys: readonly string[], options: readonly string[] = []): string {
    const socket = this.path(name);
    const said = execFileSync("ssh-agent", ["-a", socket], { encoding: "utf8" });
    this.#agents.push(Number(/SSH_AGENT_PID=(\d+)/.exec(said)?.[1]));
    if (keys.length > 0) this.sshAdd(socket, ...options, ...keys.map((key) => this.path(key)));
    return socket;
  }

  sshAdd(socket: string, ...words: string[]): void {
    execFileSync("ssh-add", ["-q", ...words], {
      env: { ...process.env, SSH_AUTH_SOCK: socket },
      stdio: "pipe",
    });
  }

  [Symbol.dispose](): void {
    for (const agent of this.#agents) process.kill(agent);
    // Not rmSync: each agent removes its socket when it ends, and rmSync stops at a file that has disappeared meanwhile.
    execFileSync("rm", ["-rf", this.home]);
  }
}
