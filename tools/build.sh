#!/bin/sh
# Compiles the library for its package, which carries JavaScript because Node strips no types below node_modules. Run by `npm pack`.
# build.sh DIRECTORY writes to another directory than dist/.
set -eu
cd "$(dirname "$0")/.."
dist=${1:-dist}
rm -rf "$dist"
node_modules/.bin/tsc -p tsconfig.build.json --outDir "$dist"
for room in transaction attended; do cp -r "host/$room/scripts" "$dist/host/$room/"; done
cp -r template "$dist/"
cp provider/pulumi-resource-quadlet provider/compile-cache.cjs "$dist/provider/"
# tsc copies package.json because the code reads the version from it. The copy gets no "exports": they name files that are not in dist/.
node -e 'const { name, version, type } = require("./package.json"); console.log(JSON.stringify({ name, version, type }))' >"$dist/package.json"
