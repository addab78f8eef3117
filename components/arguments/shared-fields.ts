import { z } from "zod";
import { httpRequest } from "../../resources/contract/probes.ts";
import { argumentSchema, inputText } from "./from-contract.ts";

/** Environment variables by their names. */
export const environmentSchema = z.record(
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "is no name of an environment variable"),
  inputText(z.string().regex(/^\P{Cc}*$/u, "can't hold a newline or another control character")),
);

/** A GET request and what its answer must be: `HttpRequest` of the contract. */
export const probeSchema = argumentSchema<typeof httpRequest.shape>(httpRequest);
