// Loaded before the program (Pulumi.yaml) and the plugin (pulumi-resource-quadlet): Node keeps what it has compiled, stripped
// TypeScript too, for the next start. In the user's own directory and not in Node's default below /tmp, where another account
// could have left code for us to run. NODE_COMPILE_CACHE and NODE_DISABLE_COMPILE_CACHE win (nodejs.org/api/module.html).
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
    // One by one: where one is refused as below /proc (ENOENT), the recursive mkdir of Node 24 tries for ever.
    for (const path of [caches, ours, directory]) if (!existsSync(path)) mkdirSync(path, { mode: 0o700 });
    enableCompileCache(directory);
  } catch {
    // Nothing is kept, and nothing else depends on it.
  }
}
