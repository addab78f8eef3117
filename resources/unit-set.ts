import type { Input, Output } from "@pulumi/pulumi/output.js";
import { CustomResource, type CustomResourceOptions } from "@pulumi/pulumi/resource.js";
import type { UnitSetInputs, UnitSetOutputs } from "./contract.ts";
import { unitSetType } from "./unit-set-type.ts";

type Given = Omit<UnitSetInputs, "where">;

/** The arguments of a {@link UnitSet}: its inputs, each of which may still be unknown. */
export type UnitSetArgs = { [K in keyof Given]: Input<Deep<Given[K]>> };

type Deep<T> = T extends object ? { [K in keyof T]: Input<Deep<T[K]>> } : T;

/**
 * A set of unit files and other files under one service manager, the same on all its hosts. A change is one transaction: all hosts get
 * it, or all keep what they have.
 * The components make these; use it directly for units that no component covers.
 *
 * ```ts
 * new UnitSet("hello", {
 *   hosts: { "web-1": { address: "192.0.2.11", hostKey: "ssh-ed25519 AAAA…" } },
 *   name: "hello",
 *   manager: "system",
 *   units: { "hello.service": "[Service]\nType=oneshot\nExecStart=/usr/bin/true\n" },
 *   services: { "hello.service": { active: false } },
 * });
 * ```
 */
export class UnitSet extends CustomResource {
  declare readonly owner: Output<UnitSetOutputs["owner"]>;
  declare readonly where: Output<UnitSetOutputs["where"]>;
  declare readonly unitStates: Output<UnitSetOutputs["unitStates"]>;
  declare readonly unseen: Output<UnitSetOutputs["unseen"]>;
  declare readonly pending: Output<UnitSetOutputs["pending"]>;
  declare readonly drift: Output<UnitSetOutputs["drift"]>;

  constructor(name: string, args: UnitSetArgs, options?: CustomResourceOptions) {
    super(
      unitSetType,
      name,
      {
        ...args,
        owner: undefined,
        where: undefined,
        unitStates: undefined,
        unseen: undefined,
        pending: undefined,
        drift: undefined,
      },
      options,
    );
  }
}
