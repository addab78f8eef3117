import { z } from "zod";
import type { HttpRequest } from "../../resources/contract.ts";
import { environmentSchema, line, named, probeSchema } from "../arguments/shared-fields.ts";
import { oneOf, required, wholeNumber } from "../arguments/wording.ts";

const commandSchema = z.strictObject({
  /**
   * The program and its arguments. Secrets don't belong here, where a process list shows them.
   * @range one word at least, without control characters; the first one begins with no "-" and has no blank and no "="
   * @example ["systemctl", "reload", "haproxy.service"]
   * @see env(1)
   */
  command: z
    .array(line, required("a program and its arguments", '["systemctl", "reload", "haproxy.service"]'))
    .min(1, "needs the name of a program")
    // env(1) takes a word with "=" for a variable.
    .refine(([program = ""]) => /^[^=\s-][^=]*$/.test(program), "must begin with the name of a program"),

  /**
   * Environment variables; a secret one is in no command line.
   * @default none
   * @range names of letters, digits and "_", no digit first; values without control characters
   * @example { TOKEN: "…" }
   * @see environ(7)
   */
  environment: environmentSchema.optional(),
});

/** A program that is started with these very words: no shell takes them apart. */
export interface CommandArgs extends z.input<typeof commandSchema> {}

export const commandsSchema = z.strictObject({
  /**
   * Directly before a host changes, after the new version was prepared there. If one fails, the host is not changed.
   * @default none
   * @example [{ command: ["/usr/local/bin/drain"] }]
   */
  before: z.array(named<CommandArgs>(commandSchema)).optional(),

  /**
   * Once the host serves the new version and has answered its requests. If one fails, the host goes back to the old
   * version. A host that goes back for another reason after {@link before} gets these commands too, so a drained host is always undrained.
   * @default none
   * @example [{ command: ["/usr/local/bin/undrain"], environment: { TOKEN: "…" } }]
   */
  after: z.array(named<CommandArgs>(commandSchema)).optional(),
});

/**
 * Commands on each host when it is its turn in the rollout, by the login of its connection: not by its `sudo`, which is a word of yours.
 * They run on hosts that change, and only then; nothing is run when the site is removed. If the process that runs Pulumi is killed
 * between the two, the host goes back to the old version by itself, but nothing runs `after`.
 */
export interface CommandsArgs extends z.input<typeof commandsSchema> {}

const smokeRequestFields = z.strictObject({
  /**
   * The host name that is asked for, at the host's address, whatever DNS says.
   * @default each server name of a proxy except patterns, of which it needs one; the host itself for a site
   * @range letters, digits and ".:[]_-"
   * @example "www.example.com"
   */
  hostName: probeSchema.shape.hostName,

  /**
   * Seconds until it must have been answered as it should. It is made again each second.
   * @default 30
   * @range 1 to 600
   * @example 60
   */
  timeout: wholeNumber(1, 600).optional(),
});

/** A GET request to each address, from the machine that runs Pulumi; with TLS, the answer must come with the very certificate. */
export interface SmokeRequestArgs extends Omit<HttpRequest, "hostName">, z.input<typeof smokeRequestFields> {}

/**
 * What says from where the users are that the site works: requests, or a command of your own on the machine that runs Pulumi, which
 * finds the addresses in $QUADLET_FLEET_URLS. It is run for each new version of what is deployed; if it fails, the `up` fails,
 * what was deployed stays, and the next `up` asks again.
 *
 * @see https://www.pulumi.com/registry/packages/command/api-docs/local/command/
 */
export type SmokeTestArgs = SmokeRequestArgs | CommandArgs;

export const smokeTestSchema = z.union(
  [named<CommandArgs>(commandSchema), named<SmokeRequestArgs>(probeSchema.extend(smokeRequestFields.shape))],
  oneOf("{ command, environment }, or { path, hostName, status, body, timeout }"),
);
