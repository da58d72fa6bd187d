#!/usr/bin/env bash
# Finds the Pulumi CLI for the engine's tests, or builds that of the workflows (.github/actions/setup) from the
# Go module proxy into ~/.cache/restate/bin, which takes some minutes once. Users elsewhere have the official installer.
set -euo pipefail

version=v3.255.0
bin=$HOME/.cache/restate/bin

if command -v pulumi >/dev/null || [ "$("$bin/pulumi" version 2>/dev/null)" = "$version" ]; then
  exit 0
fi
if ! command -v go >/dev/null; then
  echo "there is neither a Pulumi CLI nor Go to build one" >&2
  exit 1
fi
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
cd "$build"
printf 'module build\n\ngo 1.24\n' >go.mod
go get "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi@$version"
mkdir -p "$bin"
go build -o "$bin/pulumi.new" \
  -ldflags "-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=$version" \
  github.com/pulumi/pulumi/pkg/v3/cmd/pulumi
mv "$bin/pulumi.new" "$bin/pulumi"
