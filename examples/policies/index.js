// The policy pack: each rule for each set of units of a stack. docs/policies.md says how to use it.
import { PolicyPack } from "@pulumi/policy";
import { readUnitSet } from "quadlet-fleet/policies";
import { rules } from "./rules.js";

new PolicyPack("quadlet-fleet", {
  enforcementLevel: "mandatory",
  policies: rules.map(({ name, description, configSchema, problems }) => ({
    name,
    description,
    configSchema,
    validateResource: ({ type, urn, props, getConfig }, reportViolation) => {
      if (type !== "quadlet:index:UnitSet") return;
      // urn:pulumi:STACK::PROJECT::…
      const stack = urn.split(":")[2];
      for (const problem of problems(readUnitSet(props), { stack, ...getConfig() })) reportViolation(problem);
    },
  })),
});
