/** The type token of the resource. */
export const unitSetType = "quadlet:index:UnitSet";
