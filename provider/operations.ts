export type { Before, Context } from "./operations/context.ts";
export { apply } from "./operations/apply.ts";
export { importSet } from "./operations/import-set.ts";
export { refresh } from "./operations/refresh.ts";
export { remove } from "./operations/remove.ts";
