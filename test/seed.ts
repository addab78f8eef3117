/**
 * The cases of the property tests: the same ones in each run of `make check`, so that a change is what makes it fail.
 * `make fuzz` looks for new ones.
 */
import fc from "fast-check";

const runs = process.env.QUADLET_FLEET_FUZZ;
fc.configureGlobal(runs === undefined ? { seed: 20_261_129 } : { numRuns: Number(runs) });
