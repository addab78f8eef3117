# shellcheck shell=bash disable=SC2154
# The npm packages of the lock file. One of them is Node itself, so the machine's own may be older.
# A step of tools/setup.sh, which has $root, say and stop.

setup_node() {
  # npm writes node_modules/.package-lock.json last.
  if [ "$root/node_modules/.package-lock.json" -nt "$root/package-lock.json" ]; then
    say "node_modules is as new as package-lock.json"
    return
  fi
  command -v npm >/dev/null || stop "npm is missing" "Install Node.js 20 or later with npm (Debian's nodejs and npm will do)."
  say "npm ci downloads the npm packages: about half a minute, 400 MB in node_modules"
  (cd "$root" && npm ci --no-audit --no-fund) >"$cache/npm.log" 2>&1 ||
    stop "npm ci failed; the end of $cache/npm.log:" "$(tail -n 15 "$cache/npm.log")"
}
