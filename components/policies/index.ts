export { type Container, type Listener, type UnitSetContent, readUnitSet } from "./unit-set.ts";
