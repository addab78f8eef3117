import { type Endpoint, type Target, endpointName } from "./endpoint.ts";
import { HostError, messageOf } from "../errors.ts";
import { Gate } from "./gate.ts";
import { askSsh } from "./config-query.ts";
import { type Hop, type Settings, parseSettings } from "./config-settings.ts";

/** How many `ssh -G` run at once: a fleet of a thousand hosts must not start a thousand processes. */
const processes = 4;

/** What the operator's ssh configuration says. Each host is asked for once in the life of the process. */
export class SshConfig {
  readonly #asked = new Map<string, Promise<Settings | undefined>>();
  readonly #gate = new Gate(processes);

  /**
   * The target as it is dialled. Fields that the connection leaves out come from the ssh configuration, for the host and for each machine
   * on the way to it. The connection's own fields take precedence.
   *
   * @throws HostError when the configuration can't be read or followed
   */
  async complete(target: Target): Promise<Target> {
    const { hopCredentials, ...endpoint } = target;
    const { connectTimeout: seconds = 15 } = target;
    return await this.#complete(endpoint, { seconds, hopCredentials, defaultUser: "root", behind: [] });
  }

  async #complete<T extends Endpoint>(endpoint: T, route: Route): Promise<T> {
    const name = endpointName(endpoint);
    if (route.behind.includes(name))
      throw new HostError(route.behind[0] ?? name, `its jump hosts lead through ${name} twice.`, {
        cure: "Look at the ProxyJump lines of the ssh configuration and at the connection's jump.",
      });
    const { sshConfig, jump } = endpoint;
    const settings = await this.#settings(endpoint, name, route);
    const behind = [...route.behind, name];
    const given = jump && { ...jump, sshConfig: jump.sshConfig ?? sshConfig };
    const way = given ?? wayOf(settings?.hops ?? [], { ...route.hopCredentials, sshConfig });
    // ssh's own default user applies to a machine that only the ssh configuration names.
    const defaultUser = given && route.defaultUser;
    return {
      ...(settings === undefined ? endpoint : withSettings(endpoint, settings)),
      // It is read by now. Without this field, two ways to write the same login share one connection.
      sshConfig: undefined,
      jump: way && (await this.#complete(way, { ...route, behind, defaultUser })),
    };
  }

  async #settings(endpoint: Endpoint, name: string, route: Route): Promise<Settings | undefined> {
    const { address, port, user, sshConfig = true, jump } = endpoint;
    if (sshConfig === false) return undefined;
    const { defaultUser, seconds } = route;
    const isWayKnown = jump !== undefined;
    const key = JSON.stringify([sshConfig, address, port, user, defaultUser, isWayKnown]);
    const known = this.#asked.get(key);
    if (known) return await known;
    const asked = this.#gate.pass(async () => {
      const file = sshConfig === true ? undefined : sshConfig;
      const query = { name, address, port, user, defaultUser, isWayKnown, file, seconds };
      const printed = await askSsh(query);
      return printed === undefined ? undefined : readSettings(name, printed, address);
    });
    this.#asked.set(key, asked);
    return await asked;
  }
}

/** What is passed from machine to machine on the way to a host. */
interface Route {
  seconds: number;
  hopCredentials: Partial<Endpoint> | undefined;
  defaultUser: string | undefined;
  /** The machines that are reached through this one, the host first. */
  behind: readonly string[];
}

function readSettings(name: string, printed: string, address: string): Settings {
  let settings: Settings;
  try {
    settings = parseSettings(printed, address);
  } catch (thrown) {
    throw new HostError(name, `the ssh configuration can't be followed: ${messageOf(thrown)}.`);
  }
  if (settings.hasProxyCommand)
    throw new HostError(name, "the ssh configuration has a ProxyCommand for it, which is not supported.", {
      cure: "Replace it with ProxyJump there or with the connection's jump, or set the connection's sshConfig to false.",
    });
  return settings;
}

function withSettings<T extends Endpoint>(endpoint: T, settings: Settings): T {
  const { address, port, user, identityFiles, identitiesOnly, identityAgent, knownHostsFiles, hostKeyAlias } =
    settings;
  const hasKey = endpoint.privateKey !== undefined || endpoint.identityFile !== undefined;
  return {
    ...endpoint,
    // These include the connection's own values, which were passed to ssh.
    ...{ address, port, user },
    ...(hasKey ? {} : { identityFiles }),
    ...(endpoint.agent === undefined ? { identityAgent } : {}),
    ...(endpoint.knownHostsFile === undefined ? { knownHostsFiles } : {}),
    ...{ identitiesOnly, hostKeyAlias },
  };
}

/** ProxyJump as nested jump hosts: the last one is next to the host. */
function wayOf(hops: readonly Hop[], common: Partial<Endpoint>): Endpoint | undefined {
  const last = hops.at(-1);
  if (last === undefined) return undefined;
  const jump = wayOf(hops.slice(0, -1), common);
  return { ...common, ...last, ...(jump === undefined ? {} : { jump }) };
}
