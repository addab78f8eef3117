import { existsSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Where tools/setup.sh keeps what it builds: `QUADLET_FLEET_CACHE`, by default `~/.cache/quadlet-fleet`. */
export const cacheDirectory =
  process.env.QUADLET_FLEET_CACHE ||
  join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "quadlet-fleet");

/**
 * The directory of one thing that tools/setup.sh has built.
 *
 * @throws Error that says what to do, if it has not been built.
 */
export function cached(step: "engine" | "base" | "images" | "pebble" | "servers" | "actionlint"): string {
  const link = join(cacheDirectory, step === "base" ? baseLink() : step);
  if (!existsSync(link)) throw new Error(`${link} is not there. Make it with: tools/setup.sh ${step}`);
  return realpathSync(link);
}

/** The link to the base image that `QUADLET_FLEET_BASE` chooses (tools/setup/base.sh). Test hosts are overlays of it. */
function baseLink(): string {
  const chosen = process.env.QUADLET_FLEET_BASE || "trixie";
  return chosen === "trixie" ? "base" : `base-${chosen}`;
}
