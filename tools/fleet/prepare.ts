import { chownSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execute } from "../execute.ts";
import { subnetAddress } from "./layout.ts";
import { registryConfiguration, registryHosts } from "./registry.ts";

interface Preparation {
  /** The base image that the host is an overlay of. */
  readonly base: string;
  /** The fleet's directory. */
  readonly data: string;
  readonly subnet: number;
  readonly name: string;
  /** The public key that may log in. */
  readonly authorizedKey: string;
  readonly linger: boolean;
}

/** Makes a host's file system. Gives its SSH host key. */
export async function prepareHost(preparation: Preparation): Promise<string> {
  const { base, name, authorizedKey, linger } = preparation;
  const data = join(preparation.data, name);
  const at = (path: string) => join(data, path);
  for (const directory of ["upper", "work", "root", "containers"])
    mkdirSync(at(directory), { recursive: true });
  const layers = `lowerdir=${base},upperdir=${at("upper")},workdir=${at("work")}`;
  await execute(["mount", "-t", "overlay", "overlay", "-o", layers, at("root")]);
  await execute(["cp", "--archive", join(base, "home"), at("home")]);

  const gateway = subnetAddress(preparation.subnet, 1);
  const root = (path: string) => at(`root/${path}`);
  writeFileSync(root("etc/hostname"), `${name}\n`);
  writeFileSync(
    root("etc/hosts"),
    `127.0.0.1 localhost\n127.0.1.1 ${name}\n::1 localhost\n${registryHosts(gateway)}`,
  );
  writeFileSync(root("etc/containers/registries.conf.d/test-host.conf"), registryConfiguration(gateway));
  if (!linger) rmSync(root("var/lib/systemd/linger/test"));
  authorize(root("root"), authorizedKey, 0);
  authorize(at("home/test"), authorizedKey, 1000);
  authorize(at("home/deploy"), authorizedKey, 1001);
  const key = root("etc/ssh/ssh_host_ed25519_key");
  await execute(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key]);
  return readFileSync(`${key}.pub`, "utf8").trim();
}

function authorize(home: string, key: string, account: number): void {
  mkdirSync(join(home, ".ssh"), { mode: 0o700, recursive: true });
  writeFileSync(join(home, ".ssh/authorized_keys"), key, { mode: 0o600 });
  for (const path of [".ssh", ".ssh/authorized_keys"]) chownSync(join(home, path), account, account);
}
