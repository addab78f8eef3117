import type { Input } from "@pulumi/pulumi/output.js";
import type { z } from "zod";
import type { Connection, Host } from "../../resources/contract.ts";
import { connection } from "../../resources/contract/connection.ts";
import { argumentSchema } from "./from-contract.ts";
import { required, wholeNumber } from "./wording.ts";

/** A connection whose parts may still be unknown: the address of a machine that the same program makes, a key from a vault. */
export type ConnectionArgs = { [K in keyof Connection]: Value<Connection[K]> };

/** What holds other fields is known itself. */
type Value<T> = [Extract<T, object>] extends [never]
  ? Input<T>
  : T extends object
    ? { [K in keyof T]: Value<T[K]> }
    : T;

/** A host of a fleet: the connection, and whether it takes part. */
export type HostArgs = { [K in keyof Host]: Value<Host[K]> };

export const port = wholeNumber(1, 65535, 80);

/** How many machines may be on the way to a host. */
export const mostJumps = 3;

type Field<T> = z.ZodType<T, T>;
type Fields = { [K in keyof ConnectionArgs]: Field<ConnectionArgs[K]> } & {
  jump: z.ZodOptional<Field<ConnectionArgs["jump"]>>;
};

/** Those of a host, whose jump hosts are the same. */
export type HostFields = { [K in keyof HostArgs]: Field<HostArgs[K]> } & {
  jump: z.ZodOptional<Field<HostArgs["jump"]>>;
};

/** The shape of {@link Connection}, whose docs say what each field means. */
export const connectionSchema = argumentSchema<typeof connection.shape, Required<Fields>>(connection, {
  outputs: true,
  depth: mostJumps,
  ...required("the host, and how to log in to it", '{ address: "192.0.2.11" }'),
});
