#!/bin/sh
# The packed library: Node strips no types below node_modules, so it carries JavaScript. Run by `npm pack`.
set -eu
cd "$(dirname "$0")/.."
rm -rf dist
node_modules/.bin/tsc -p tsconfig.build.json
for room in transaction attended; do cp -r "host/$room/scripts" "dist/host/$room/"; done
cp -r template dist/
cp provider/pulumi-resource-quadlet provider/compile-cache.cjs dist/provider/
