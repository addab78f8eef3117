import { type Input, Output } from "@pulumi/pulumi/output.js";
import { z } from "zod";
import { addressProblem, userProblem } from "../../units/host-address.ts";
import { hostKeyProblem } from "../../units/host-key.ts";
import { identityFileProblem, privateKeyProblem } from "../../units/private-key.ts";
import type { Connection } from "../../resources/contract.ts";
import { oneOf, range, required, wholeNumber } from "./wording.ts";

/** A connection whose parts may still be unknown: the address of a machine that the same program makes, a key from a vault. */
export type ConnectionArgs = { [K in keyof Connection]: Value<Connection[K]> };

/** What holds other fields is known itself. */
type Value<T> = [Extract<T, object>] extends [never]
  ? Input<T>
  : T extends object
    ? { [K in keyof T]: Value<T[K]> }
    : T;

const output = <T>() => z.custom<Output<T>>((value) => Output.isInstance(value));

/** A text that may still be unknown. */
export const inputText = (schema: z.ZodString = z.string(), words = oneOf("text")) =>
  z.union([schema, output<string>()], words);

/** A text with a rule of units/: what is wrong with it, or undefined. */
const textWithout = (problemOf: (text: string) => string | undefined) =>
  z.string().check(({ value, issues }) => {
    const message = problemOf(value);
    if (message !== undefined) issues.push({ code: "custom", message, input: value, continue: true });
  });

const file = () =>
  inputText(textWithout((text) => (text === "" ? "is empty: the path of a file" : undefined)));

const credentials = {
  hostKey: inputText(textWithout(hostKeyProblem)).optional(),
  knownHostsFile: file().optional(),
  identityFile: inputText(textWithout(identityFileProblem)).optional(),
  privateKey: inputText(textWithout(privateKeyProblem)).optional(),
  passphrase: inputText().optional(),
  agent: z
    .union(
      [z.string(), z.boolean(), output<string | boolean>()],
      oneOf("the path of an agent's socket, true or false"),
    )
    .optional(),
  sshConfig: z
    .union([z.string(), z.boolean(), output<string | boolean>()], oneOf("the path of a file, true or false"))
    .optional(),
};

export const port = wholeNumber(1, 65535, 80);

const seconds = (most: number) =>
  z.union([wholeNumber(1, most), output<number>()], range(1, most)).optional();

const endpoint = {
  ...credentials,
  address: inputText(
    textWithout(addressProblem),
    required("the name of the host or its IP address", '"192.0.2.11"'),
  ),
  port: z.union([port, output<number>()], range(1, 65535)).optional(),
  user: inputText(textWithout(userProblem)).optional(),
};

/** How many machines may be on the way to a host. A schema without an end would follow an Output for ever. */
export const mostJumps = 3;

const third = z.strictObject(endpoint);
const second = z.strictObject({ ...endpoint, jump: third.optional() });
const jumpSchema = z.strictObject({ ...endpoint, jump: second.optional() });

/** The shape of {@link Connection}, whose docs say what each field means. */
export const connectionSchema = z.strictObject(
  {
    ...endpoint,
    jump: jumpSchema.optional(),
    sudo: z
      .union(
        [z.boolean(), z.strictObject({ password: inputText().optional() })],
        oneOf("true, false or { password: … }"),
      )
      .optional(),
    connectTimeout: seconds(600),
    commandTimeout: seconds(86400),
  },
  required("the host, and how to log in to it", '{ address: "192.0.2.11" }'),
);
