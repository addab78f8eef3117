import { z } from "zod";
import { map, text } from "./fields.ts";

export const hook = z.strictObject({
  /** The program and its arguments. No shell takes them apart, and the login's own account runs them. */
  command: z.array(text("line")),
  /** Environment variables, which are in no command line. */
  environment: map(text(), text("line")).optional(),
});

/** A command on a host. It must end with 0. */
export interface Hook extends z.input<typeof hook> {}

export const hooks = z.strictObject({
  /** In their order, after the preparation and directly before the host changes. If one fails, the host is not changed. */
  before: z.array(hook).optional(),
  /**
   * In their order, once the host serves the new version; also after it has gone back to the old one, if {@link before} had run. If one fails,
   * the host goes back.
   */
  after: z.array(hook).optional(),
});

/** Commands on each host in its turn, for example to drain it from a load balancer. They run where the host changes, and only then. */
export interface Hooks extends z.input<typeof hooks> {}
