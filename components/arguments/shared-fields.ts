import { z } from "zod";
import { inputText } from "./connection.ts";
import { wholeNumber } from "./wording.ts";

/** Environment variables by their names. */
export const environmentSchema = z.record(
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "is no name of an environment variable"),
  inputText(z.string().regex(/^\P{Cc}*$/u, "can't hold a newline or another control character")),
);

/** A GET request and what its answer must be: `HttpRequest` of the contract. */
export const probeSchema = z.strictObject({
  path: z
    .string()
    .regex(/^\/[!-~]*$/, 'begins with "/", without blanks and control characters')
    .optional(),
  hostName: z
    .string()
    .regex(/^[A-Za-z0-9.:[\]_-]+$/, "is no host name")
    .optional(),
  status: wholeNumber(100, 599).optional(),
  body: z
    .string()
    .regex(/^\P{Cc}+$/u, "is a text on one line")
    .optional(),
});
