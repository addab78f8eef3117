import { type Input, Output } from "@pulumi/pulumi/output.js";
import { z } from "zod";
import { hostKeyProblem } from "../units/host-key.ts";
import type { Connection } from "../resources/contract.ts";
import { oneOf, range, required, wholeNumber } from "./wording.ts";

/** A connection whose parts may still be unknown: the address of a machine that the same program makes, a key from a vault. */
export type ConnectionArgs = { [K in keyof Connection]: Value<Connection[K]> };

/** What holds other fields is known itself. */
type Value<T> = [Extract<T, object>] extends [never]
  ? Input<T>
  : T extends object
    ? { [K in keyof T]: Input<T[K]> }
    : T;

const output = <T>() => z.custom<Output<T>>((value) => Output.isInstance(value));

/** A text that may still be unknown. */
export const inputText = (schema: z.ZodString = z.string(), words = oneOf("text")) =>
  z.union([schema, output<string>()], words);

const credentials = {
  hostKey: inputText(
    z.string().check(({ value, issues }) => {
      const problem = hostKeyProblem(value);
      if (problem !== undefined)
        issues.push({ code: "custom", message: problem, input: value, continue: true });
    }),
  ).optional(),
  knownHostsFile: inputText().optional(),
  identityFile: inputText().optional(),
  privateKey: inputText().optional(),
  passphrase: inputText().optional(),
  agent: z
    .union(
      [z.string(), z.boolean(), output<string | boolean>()],
      oneOf("the path of an agent's socket, true or false"),
    )
    .optional(),
};

export const port = wholeNumber(1, 65535, 80);

const seconds = (most: number) =>
  z.union([wholeNumber(1, most), output<number>()], range(1, most)).optional();

const endpoint = {
  ...credentials,
  address: inputText(z.string(), required("the name of the host or its IP address", '"192.0.2.11"')),
  port: z.union([port, output<number>()], range(1, 65535)).optional(),
  user: inputText().optional(),
};

/** The shape of {@link Connection}, whose docs say what each field means. */
export const connectionSchema = z.strictObject(
  {
    ...endpoint,
    jump: z.strictObject(endpoint).optional(),
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
