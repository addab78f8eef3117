import type { Input } from "@pulumi/pulumi/output.js";
import { z } from "zod";
import { httpRequest, verifyRequest } from "../../resources/contract/probes.ts";
import { argumentSchema, inputText } from "./from-contract.ts";
import { holdsControl } from "./wording.ts";

/** A schema whose type has a name: editors and docs/ show the name in place of all the fields. */
export const named = <T>(schema: z.ZodType<unknown, T>) => schema as z.ZodType<T, T>;

/** A text that may be an Output. */
export const text: (...rules: Parameters<typeof inputText>) => z.ZodType<Input<string>, Input<string>> =
  inputText;

/** A text without control characters. */
export const line = z.string().regex(/^\P{Cc}*$/u, holdsControl);

/** Environment variables by their names. */
export const environmentSchema = z.record(
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "is not a valid name of an environment variable"),
  text(line),
);

/** A request that must be answered, perhaps from outside too: `VerifyRequest` of the contract. */
export const verifySchema = argumentSchema<typeof verifyRequest.shape>(verifyRequest);

/** A GET request and what its answer must be: `HttpRequest` of the contract. */
export const probeSchema = argumentSchema<typeof httpRequest.shape>(httpRequest);
