#!/bin/sh
# The packed library: Node strips no types below node_modules, so it carries JavaScript. Run by `npm pack`; build.sh DIRECTORY builds elsewhere.
set -eu
cd "$(dirname "$0")/.."
dist=${1:-dist}
rm -rf "$dist"
node_modules/.bin/tsc -p tsconfig.build.json --outDir "$dist"
for room in transaction attended; do cp -r "host/$room/scripts" "$dist/host/$room/"; done
cp -r template "$dist/"
cp provider/pulumi-resource-quadlet provider/compile-cache.cjs "$dist/provider/"
# tsc copies package.json for its version. In there, "exports" would name files that are not below it.
node -e 'const { name, version, type } = require("./package.json"); console.log(JSON.stringify({ name, version, type }))' >"$dist/package.json"
