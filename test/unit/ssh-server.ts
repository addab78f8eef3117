import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import ssh2 from "ssh2";

/** A real SSH server (ssh2's), which misbehaves as sshd never would on request. */
export interface SshServer {
  readonly port: number;
  close(): void;
}

/**
 * Starts a server at 127.0.0.1.
 *
 * @param hostKey the path of its key
 * @param onClient what it does with a client that has connected
 */
export async function startSshServer(
  hostKey: string,
  onClient: (client: ssh2.Connection) => void,
): Promise<SshServer> {
  const server = new ssh2.Server({ hostKeys: [readFileSync(hostKey)] }, onClient);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, close: () => void server.close() };
}
