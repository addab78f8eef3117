// Loaded before the program (Pulumi.yaml) and the plugin (pulumi-resource-quadlet): Node keeps compiled code, and TypeScript without its
// types, for the next start. The cache is in the user's own directory and not in Node's default below /tmp, where another account could
// leave code for us to run. NODE_COMPILE_CACHE and NODE_DISABLE_COMPILE_CACHE take precedence (nodejs.org/api/module.html).
const { existsSync, mkdirSync } = require("node:fs");
const { enableCompileCache } = require("node:module");
const { join } = require("node:path");

// Not os.homedir(), which throws for an account that has no home.
const { XDG_CACHE_HOME, HOME } = process.env;
const caches = XDG_CACHE_HOME || (HOME && join(HOME, ".cache"));
if (caches) {
  const ours = join(caches, "quadlet-fleet");
  const directory = join(ours, "node");
  try {
    // One by one: if a directory is refused with ENOENT, as below /proc, the recursive mkdir of Node 24 tries forever.
    for (const path of [caches, ours, directory]) if (!existsSync(path)) mkdirSync(path, { mode: 0o700 });
    enableCompileCache(directory);
  } catch {
    // Then Node keeps nothing. Nothing else depends on the cache.
  }
}
