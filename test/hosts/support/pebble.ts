import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { cached } from "../../../tools/cache.ts";
import { startDaemon } from "../../../tools/fleet/daemon.ts";
import type { Fleet } from "../../../tools/fleet/index.ts";
import { cgroupDirectory, namespaceName } from "../../../tools/fleet/layout.ts";
import { listens } from "../../../tools/fleet/wait.ts";
import { type Certificate, makeCertificate } from "../../certificates.ts";

/** Let's Encrypt's ACME server for tests, at the fleet's client address. Like a CA, it sends its requests to port 80. */
export class Pebble {
  readonly #fleet: Fleet;
  readonly #name: string;
  readonly #directory: string;
  readonly #https: Certificate;

  /**
   * Does not start the server.
   *
   * @param name the fleet's
   * @param directory of the test, for its files
   */
  constructor(fleet: Fleet, name: string, directory: string) {
    this.#fleet = fleet;
    this.#name = name;
    this.#directory = directory;
    this.#https = makeCertificate([fleet.clientAddress]);
  }

  /** The address of its ACME directory. */
  get directory(): string {
    return `https://${this.#fleet.clientAddress}:14000/dir`;
  }

  /** The certificate that clients need for its HTTPS. */
  get ca(): string {
    return this.#https.certificate;
  }

  /** @param addresses host name → address, in place of a DNS */
  async start(addresses: Readonly<Record<string, string>>): Promise<void> {
    const at = (file: string, text: string) => {
      writeFileSync(join(this.#directory, file), text);
      return join(this.#directory, file);
    };
    const names = Object.entries(addresses).map(([name, address]) => `${address} ${name}\n`);
    const hosts = at("hosts", names.join(""));
    const address = this.#fleet.clientAddress;
    const pebble = {
      listenAddress: `${address}:14000`,
      managementListenAddress: `${address}:15000`,
      certificate: at("https.pem", this.#https.certificate),
      privateKey: at("https.key", this.#https.key),
      httpPort: 80,
      tlsPort: 443,
      retryAfter: { authz: 1, order: 1 },
      profiles: { default: { description: "90 days", validityPeriod: 7776000 } },
    };
    const config = at("pebble.json", JSON.stringify({ pebble }));
    const namespace = ["ip", "netns", "exec", namespaceName(this.#name, "client")];
    const run = 'mount --bind "$1" /etc/hosts && exec "$2" -config "$3"';
    startDaemon(
      join(cgroupDirectory(this.#name), "pebble"),
      [
        ...namespace,
        "unshare",
        "--mount",
        "sh",
        "-c",
        run,
        "pebble",
        hosts,
        join(cached("pebble"), "pebble"),
        config,
      ],
      join(this.#directory, "pebble.log"),
      // Its delays and random errors are for tests of a client.
      { PEBBLE_VA_NOSLEEP: "1", PEBBLE_WFE_NONCEREJECT: "0", PEBBLE_AUTHZREUSE: "0" },
    );
    await listens(address, 14000);
    await listens(address, 15000);
  }

  /** It accepts requests, and answers none. */
  freeze(): void {
    writeFileSync(join(cgroupDirectory(this.#name), "pebble", "cgroup.freeze"), "1");
  }

  /** The certificate that clients need for its certificates; also in root.pem of the directory. */
  async root(): Promise<string> {
    const https = join(this.#directory, "https.pem");
    const url = `https://${this.#fleet.clientAddress}:15000/roots/0`;
    const { stdout } = await this.#fleet.client(["curl", "--silent", "--fail", "--cacert", https, url]);
    writeFileSync(join(this.#directory, "root.pem"), stdout);
    return stdout;
  }
}
