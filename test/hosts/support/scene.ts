import { after } from "node:test";
import { type Fleet, type FleetOptions, type TestHost, createFleet } from "../../../tools/fleet/index.ts";
import { type FleetConfiguration, type Stack, hostEntry, makeStack } from "./stack.ts";

/** The hosts of a test file, and its stack. */
export interface Scene {
  readonly fleet: Fleet;
  /** The first host. */
  readonly host: TestHost;
  readonly stack: Stack;
  /** Writes a stack file with these entries on the first host, "web-1". */
  configure(what: Omit<FleetConfiguration, "hosts">): void;
}

/**
 * Boots hosts (one, unless `hosts` says otherwise) and makes a stack, `test-NAME`. Both are removed when all tests of the file have ended,
 * before the file's own `after` hooks run.
 *
 * A file waits for it at its top, so node:test runs a following `before` at once: that can use only what is declared above it.
 *
 * @param name of the fleet, which no other file has: files run side by side
 * @example const { fleet, host, stack } = await openScene("life", { linger: false });
 */
export async function openScene(
  name: string,
  options: Partial<Omit<FleetOptions, "name" | "attach">> = {},
): Promise<Scene> {
  const fleet = await createFleet({ name, hosts: 1, ...options });
  after(() => fleet.dispose());
  const stack = await makeStack(`test-${name}`);
  after(() => stack[Symbol.asyncDispose]());
  const host = fleet.hosts[0] as TestHost;
  return {
    fleet,
    host,
    stack,
    configure(what) {
      stack.configure({ hosts: { "web-1": hostEntry(fleet, host) }, ...what });
    },
  };
}
