import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { types } from "@pulumi/command";
import { warn } from "@pulumi/pulumi/log/index.js";
import { type Output, output, secret } from "@pulumi/pulumi/output.js";
import type { Resource } from "@pulumi/pulumi/resource.js";
import { isDryRun } from "@pulumi/pulumi/runtime/settings.js";
import type { Connection, Credentials, JumpHost } from "../../resources/contract.ts";
import { isEncrypted, isPublicKey } from "../../units/private-key.ts";
import type { ConnectionArgs } from "../arguments/connection.ts";
import { ArgumentError } from "../arguments/problems.ts";

type RemoteConnection = types.input.remote.ConnectionArgs;

/** As often as ssh's own connections are tried where sshd drops one of many (sshd_config(5), MaxStartups). */
const dialErrorLimit = 3;

/** Our connection in the words of @pulumi/command. It is a secret as a whole: it has the key's text. */
export function remoteConnection(
  what: string,
  connection: ConnectionArgs,
  component: Resource,
): Output<RemoteConnection> {
  return secret(
    output(connection).apply((known) => {
      const { jump, connectTimeout } = known as Connection;
      const login = (endpoint: JumpHost, path: string): RemoteConnection => ({
        host: endpoint.address,
        port: endpoint.port ?? 22,
        user: endpoint.user ?? "root",
        // Checked to be there.
        hostKey: endpoint.hostKey ?? "",
        dialErrorLimit,
        perDialTimeout: connectTimeout ?? 15,
        ...credentials(what, endpoint, path, component),
      });
      return {
        ...login(known, "connection"),
        ...(jump === undefined ? {} : { proxy: login(jump, "connection.jump") }),
      };
    }),
  );
}

function credentials(
  what: string,
  { privateKey, identityFile, passphrase, agent }: Credentials,
  path: string,
  component: Resource,
): Partial<RemoteConnection> {
  const named = privateKey ?? (identityFile && readIdentity(what, identityFile, path, component));
  // What chooses a key of the agent is no key itself.
  const isAgents =
    named !== undefined && (isPublicKey(named) || (isEncrypted(named) && passphrase === undefined));
  const key = isAgents ? undefined : named;
  const socket = typeof agent === "string" ? expandHome(agent) : undefined;
  if (key === undefined && socket === undefined && !process.env.SSH_AUTH_SOCK && !isDryRun())
    throw new ArgumentError(what, [
      { path, message: "has no key for the commands: give it an identityFile, or start an ssh-agent" },
    ]);
  return {
    ...(key === undefined ? {} : { privateKey: key }),
    ...(passphrase === undefined ? {} : { privateKeyPassword: passphrase }),
    ...(socket === undefined ? {} : { agentSocketPath: socket }),
  };
}

/** A preview is made without keys, too, on a build server, say. */
function readIdentity(what: string, file: string, path: string, component: Resource): string | undefined {
  try {
    return readFileSync(expandHome(file), "utf8");
  } catch (thrown) {
    const message = `can't be read, and commands need the key itself: ${(thrown as Error).message}`;
    if (!isDryRun()) throw new ArgumentError(what, [{ path: `${path}.identityFile`, message }]);
    void warn(
      `${path}.identityFile ${message}. This preview shows another connection than it will be.`,
      component,
    );
    return undefined;
  }
}

function expandHome(path: string): string {
  return path.startsWith("~/") ? join(homedir(), path.slice(2)) : path;
}
