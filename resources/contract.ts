/**
 * The contract between the program's side and the provider's side of `quadlet:index:UnitSet`. It is declared once, in
 * resources/contract/ with zod; these are its types. `make docs` writes contract.json of it, which the provider reads: the check
 * of inputs, the package schema and the list of secrets follow from that.
 */
export type * from "./contract/connection.ts";
export type * from "./contract/hooks.ts";
export type * from "./contract/hosts.ts";
export type * from "./contract/outputs.ts";
export type * from "./contract/parts.ts";
export type * from "./contract/probes.ts";
export type * from "./contract/rollout.ts";
export type * from "./contract/unit-set.ts";
