# shellcheck shell=bash disable=SC2154
# The Pulumi CLI and its language host for Node: the one on PATH, else by the official installer, else built from Go modules.
# $cache/engine is the directory of both. A step of tools/setup.sh, which has $cache, say, stop and build.

engine_version=3.258.0
# The last version of the SDK's module that contains the language host; it runs programs of newer SDKs.
language_host_version=3.68.0
engine_modules=github.com/pulumi/pulumi

setup_engine() {
  local found name
  name=engine-$engine_version-$(digest "$tools/setup/engine.sh")
  # make puts ours on PATH; it must not count as the user's own.
  local PATH=${PATH//"$cache/engine:"/}
  found=$(command -v pulumi || true)
  if [ -n "$found" ] && command -v pulumi-language-nodejs >/dev/null; then
    ln -sfn "$(dirname "$(realpath "$found")")" "$cache/engine"
    say "$found"
    return
  fi
  if [ ! -d "$cache/$name" ]; then
    say "getting Pulumi $engine_version: a minute, or four where it must be built from source"
  fi
  build "$name" engine make_engine
  say "$cache/engine"
}

make_engine() {
  install_engine "$1" || build_engine "$1"
}

# The installer's own layout is ROOT/bin; gives up at once where it can't be reached.
install_engine() {
  local at=$1
  curl --fail --silent --show-error --location --connect-timeout 5 --max-time 30 https://get.pulumi.com -o "$at/install.sh" &&
    sh "$at/install.sh" --version "$engine_version" --install-root "$at" --no-edit-path &&
    mv "$at/bin"/* "$at/" &&
    rm -r "${at:?}/bin" "$at/install.sh"
}

build_engine() {
  local at=$1
  command -v go >/dev/null || {
    echo "Pulumi's installer can't be reached, and there is no Go to build it with."
    echo "Install Pulumi $engine_version (pulumi.com/docs/install), or Go 1.25 or later."
    return 1
  }
  # Each in a module of its own: "go install" refuses modules with replace lines.
  go_build "$at/pulumi" "$engine_modules/pkg/v3/cmd/pulumi" "v$engine_version" \
    "-X $engine_modules/sdk/v3/go/common/version.Version=v$engine_version" &&
    go_build "$at/language-host" "$engine_modules/sdk/v3/nodejs/cmd/pulumi-language-nodejs" "v$language_host_version" &&
    wrap_language_host "$at/pulumi-language-nodejs"
}

# It knows nothing of the options in a Pulumi.yaml, and would load ts-node, 0.2 s each time. All programs here say "typescript: false".
wrap_language_host() {
  # shellcheck disable=SC2016 # the wrapper expands it
  printf '%s\n' '#!/bin/sh' 'exec "${0%/*}/language-host" -typescript=false "$@"' >"$1" && chmod 0755 "$1"
}

# go_build BINARY PACKAGE VERSION [LINKER FLAGS]
go_build() {
  local binary=$1 package=$2 version=$3 flags=${4:-} module=$1.module
  mkdir -p "$module"
  (
    cd "$module" || exit
    export GOFLAGS=-mod=mod
    go mod init tools && go get "$package@$version" && go build -o "$binary" -ldflags "-s -w $flags" "$package"
  ) && rm -r "$module"
}
