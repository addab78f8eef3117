import { type Input, Output } from "@pulumi/pulumi/output.js";
import { z } from "zod";
import type { Connection } from "../resources/contract.ts";

/** A connection whose parts may still be unknown: the address of a machine that the same program makes, a key from a vault. */
export type ConnectionArgs = { [K in keyof Connection]: Input<Connection[K]> };

/** A text that may still be unknown. */
export const inputText = (schema: z.ZodString = z.string()) =>
  z.union([schema, z.custom<Output<string>>((value) => Output.isInstance(value))], "must be text");

const input = <T extends z.ZodType>(schema: T) =>
  z.union([schema, z.custom<Output<z.infer<T>>>((value) => Output.isInstance(value))]);

const credentials = {
  hostKey: inputText(
    z.string().regex(/^\S+ [A-Za-z0-9+/]+=*( .*)?$/, 'has a type and a key, as in "ssh-ed25519 AAAA…"'),
  ).optional(),
  knownHostsFile: inputText().optional(),
  identityFile: inputText().optional(),
  privateKey: inputText().optional(),
  passphrase: inputText().optional(),
  agent: input(z.union([z.string(), z.boolean()])).optional(),
};

const port = z.int().min(1).max(65535);

const endpoint = {
  ...credentials,
  address: inputText(),
  port: input(port).optional(),
  user: inputText().optional(),
};

/** The shape of {@link Connection}, whose docs say what each field means. */
export const connectionSchema = z.strictObject({
  ...endpoint,
  jump: z.strictObject(endpoint).optional(),
  sudo: z.union([z.boolean(), z.strictObject({ password: inputText().optional() })]).optional(),
  connectTimeout: z.int().min(1).max(600).optional(),
  commandTimeout: z.int().min(1).max(86400).optional(),
});
