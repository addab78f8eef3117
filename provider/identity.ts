import type { Connection, Manager, UnitSetInputs } from "../resources/contract.ts";
import { endpointName } from "../host/ssh/endpoint.ts";

/**
 * The id of a set, and all that an import has to go by: `root@192.0.2.11:22/system/example2`, or
 * `root@192.0.2.11:22/user/test/example1` for the manager of the account "test".
 */
export function formatId({ connection, manager, user, name }: UnitSetInputs): string {
  return [endpointName(connection), manager, ...(user === undefined ? [] : [user]), name].join("/");
}

export interface Identity {
  connection: Connection;
  manager: Manager;
  user?: string;
  name: string;
}

/** @throws Error that says what an id looks like. */
export function parseId(id: string): Identity {
  const match =
    /^(?:(?<login>[^/]+)@)?(?:\[(?<six>[^\]]+)\]|(?<four>[^@:/[\]]+))(?::(?<port>\d{1,5}))?\/(?:system|user\/(?<user>[A-Za-z0-9_][A-Za-z0-9_.@-]*\$?))\/(?<name>[A-Za-z0-9_][A-Za-z0-9_.-]{0,99})$/.exec(
      id,
    );
  const { login, six, four, port, user, name } = match?.groups ?? {};
  const address = six ?? four;
  if (address === undefined || name === undefined || Number(port ?? 22) > 65535 || Number(port ?? 22) < 1) {
    throw new Error(
      `"${id}" is no id of a UnitSet. It is LOGIN@ADDRESS:PORT/system/NAME or LOGIN@ADDRESS:PORT/user/ACCOUNT/NAME, for example root@192.0.2.11:22/system/example2`,
    );
  }
  const connection = { address, ...(port ? { port: Number(port) } : {}), ...(login ? { user: login } : {}) };
  return { connection, name, ...(user === undefined ? { manager: "system" } : { manager: "user", user }) };
}
