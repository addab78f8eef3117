import { randomBytes } from "node:crypto";
import { globSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cached } from "../../../tools/cache.ts";
import { execute } from "../../../tools/execute.ts";
import { startDaemon } from "../../../tools/fleet/daemon.ts";
import type { Fleet } from "../../../tools/fleet/index.ts";
import { cgroupDirectory, dataDirectory, namespaceName } from "../../../tools/fleet/layout.ts";
import { listens } from "../../../tools/fleet/wait.ts";

/*
 * Real servers for the state of stacks, at the fleet's client address, so that only the fleet's network reaches them. They and their files
 * are removed with the fleet.
 */

/** Variables for the engine of a stack. */
export type Backend = Readonly<Record<string, string>>;

const password = () => randomBytes(18).toString("hex");

/**
 * Debian's PostgreSQL. It runs as PostgreSQL's account, because it refuses to run as root.
 *
 * @param directory an empty one that the account can reach
 */
export async function postgres(fleet: Fleet, name: string, directory: string): Promise<Backend> {
  const [bin] = globSync("/usr/lib/postgresql/*/bin").sort().reverse();
  if (bin === undefined) throw new Error("There is no PostgreSQL. Install it with: tools/setup.sh packages");
  const secret = password();
  writeFileSync(join(directory, "password"), secret);
  await execute(["chown", "--recursive", "postgres:", directory]);
  const as = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"];
  const data = join(directory, "data");
  const init = [
    "--auth=scram-sha-256",
    "--username=fleet",
    `--pwfile=${join(directory, "password")}`,
    "--no-sync",
  ];
  await execute([...as, join(bin, "initdb"), ...init, `--pgdata=${data}`], { cwd: directory });
  writeFileSync(join(data, "pg_hba.conf"), "host all fleet all scram-sha-256\n");
  const address = fleet.clientAddress;
  const options = { listen_addresses: address, unix_socket_directories: "" };
  const words = Object.entries(options).flatMap(([key, value]) => ["-c", `${key}=${value}`]);
  // A killed server leaves shared memory of System V, which disappears with its IPC namespace.
  start(name, "postgres", ["unshare", "--ipc", ...as, join(bin, "postgres"), "-D", data, ...words]);
  await listens(address, 5432);
  return {
    PULUMI_BACKEND_URL: `postgres://${address}/postgres?sslmode=disable`,
    PGUSER: "fleet",
    PGPASSWORD: secret,
  };
}

/** Versity's gateway: an S3-compatible server above a directory. */
export async function s3(fleet: Fleet, name: string): Promise<Backend> {
  const directory = join(dataDirectory(name), "s3");
  // Each directory is a bucket.
  mkdirSync(join(directory, "objects/state"), { recursive: true });
  mkdirSync(join(directory, "metadata"));
  const [access, secret] = [password(), password()];
  const address = fleet.clientAddress;
  const keep = ["posix", "--sidecar", join(directory, "metadata"), join(directory, "objects")];
  start(name, "s3", [join(cached("servers"), "versitygw"), "--port", `${address}:7070`, ...keep], {
    ROOT_ACCESS_KEY: access,
    ROOT_SECRET_KEY: secret,
  });
  await listens(address, 7070);
  return {
    PULUMI_BACKEND_URL: `s3://state?endpoint=http://${address}:7070&use_path_style=true&region=us-east-1`,
    AWS_ACCESS_KEY_ID: access,
    AWS_SECRET_ACCESS_KEY: secret,
  };
}

/** The API of AWS KMS, from a server for tests. It has one key, `alias/fleet`. */
export async function keys(fleet: Fleet, name: string): Promise<Backend> {
  const directory = join(dataDirectory(name), "keys");
  mkdirSync(directory, { recursive: true });
  const id = "bc436485-5092-42b8-92a3-0aa8b93536dc";
  const key = { Metadata: { KeyId: id }, BackingKeys: [randomBytes(32).toString("hex")] };
  const seed = {
    Keys: { Symmetric: { Aes: [key] } },
    Aliases: [{ AliasName: "alias/fleet", TargetKeyId: id }],
  };
  // JSON is YAML.
  writeFileSync(join(directory, "seed.yaml"), JSON.stringify(seed));
  start(name, "keys", [join(cached("servers"), "local-kms")], {
    PORT: "8080",
    KMS_REGION: "us-east-1",
    KMS_DATA_PATH: join(directory, "data"),
    KMS_SEED_PATH: join(directory, "seed.yaml"),
  });
  await listens(fleet.clientAddress, 8080);
  return { AWS_ENDPOINT_URL_KMS: `http://${fleet.clientAddress}:8080` };
}

function start(fleet: string, what: string, argv: readonly string[], env: NodeJS.ProcessEnv = {}): void {
  const namespace = ["ip", "netns", "exec", namespaceName(fleet, "client")];
  const log = join(dataDirectory(fleet), `${what}.log`);
  startDaemon(join(cgroupDirectory(fleet), what), [...namespace, ...argv], log, env);
}
