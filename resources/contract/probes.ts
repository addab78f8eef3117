import { z } from "zod";
import { text, wholeNumber } from "./fields.ts";

export const httpRequest = z.strictObject({
  /**
   * What is asked for.
   * @default "/"
   * @range "/" and printable ASCII, no blank
   * @example "/health"
   */
  path: text("httpPath").optional(),
  /**
   * The Host header.
   * @default "localhost"
   * @range letters, digits and ".:[]_-"
   * @example "www.example.com"
   */
  hostName: text("httpHost").optional(),
  /**
   * The status that the answer must have.
   * @default any below 500
   * @range 100 to 599
   * @example 200
   */
  status: wholeNumber(100, 599).optional(),
  /**
   * Text that the answer must contain.
   * @default any
   * @range one line, not empty
   * @example "Welcome to nginx!"
   */
  body: text("answerText").optional(),
});

/** A GET request, and what its answer must be. */
export interface HttpRequest extends z.input<typeof httpRequest> {}

export const verifyRequest = z.strictObject({
  ...httpRequest.shape,
  /**
   * Ask from the machine that runs Pulumi too, at the host's address, before the next host changes. Not for a Unix socket or a loopback
   * address.
   * @default false
   * @example true
   */
  outside: z.boolean().optional(),
});

/** A GET request that must be answered on the host, and perhaps from outside too. */
export interface VerifyRequest extends z.input<typeof verifyRequest> {}

export const probe = z.strictObject({
  ...verifyRequest.shape,
  /**
   * Where a socket on all IPv4 addresses is asked. Another address than the usual one is for a program that answers otherwise there.
   * @default "127.0.0.1"
   * @range an address that begins with "127."
   * @example "127.0.0.2"
   */
  address: text("loopback").optional(),
});

/** A request that must be answered through a socket after a service was started, restarted or reloaded. */
export interface Probe extends z.input<typeof probe> {}
