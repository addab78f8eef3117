import type { Connection, Manager } from "../resources/contract.ts";

/** What the ID of an import says. In the state, the ID of a set is only its name. */
export interface Identity {
  /** The hosts by the names that they have in the fleet. */
  hosts: Record<string, Connection>;
  manager: Manager;
  user?: string;
  name: string;
}

/** One host: NAME=LOGIN@ADDRESS:PORT, of which only the address is required. */
const place =
  /^(?:(?<host>[A-Za-z0-9_][A-Za-z0-9_.:-]*)=)?(?:(?<login>[^/=]+)@)?(?:\[(?<six>[^\]]+)\]|(?<four>[^@:/=[\]]+))(?::(?<port>\d{1,5}))?$/;

const set =
  /^(?<places>[^/]+)\/(?:system|user\/(?<user>[A-Za-z0-9_][A-Za-z0-9_.@-]*\$?))\/(?<name>[A-Za-z0-9_][A-Za-z0-9_.-]{0,99})$/;

/**
 * Reads the ID of an import: `web-1=root@192.0.2.11:22,web-2=root@192.0.2.12/system/example2`, or …`/user/test/example1` for the manager of
 * the account "test". A host without a name is named by its address.
 *
 * @throws Error that shows the form of an ID
 */
export function parseIdentity(text: string): Identity {
  const { places = "", user, name = "" } = set.exec(text)?.groups ?? {};
  const hosts = places.split(",").map((one) => connectionIn(one.trim()));
  const names = hosts.map((one) => one?.[0]);
  const isWrong = hosts.includes(undefined) || new Set(names).size < names.length;
  if (name === "" || isWrong)
    throw new Error(
      `"${text}" is not valid as the ID of an import. Write [HOST=]LOGIN@ADDRESS:PORT/system/NAME or …/user/ACCOUNT/NAME, with commas between several hosts, for example web-1=root@192.0.2.11:22,web-2=root@192.0.2.12:22/system/example2`,
    );
  const known = hosts.filter((one) => one !== undefined);
  return {
    hosts: Object.fromEntries(known),
    name,
    ...(user === undefined ? { manager: "system" } : { manager: "user", user }),
  };
}

function connectionIn(text: string): [name: string, connection: Connection] | undefined {
  const { host, login, six, four, port } = place.exec(text)?.groups ?? {};
  const address = six ?? four;
  const number = Number(port ?? 22);
  if (address === undefined || number < 1 || number > 65535) return undefined;
  const connection = { address, ...(port ? { port: number } : {}), ...(login ? { user: login } : {}) };
  return [host ?? address, connection];
}
