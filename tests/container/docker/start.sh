#!/bin/sh
# Makes sure that a Docker daemon runs and has the base image that the tests build from, and prints
# that image's name. For machines that may install packages and run as root but cannot pull images:
# the base is bootstrapped from Debian's packages once and cached in ~/.cache/restate.
set -eu

base=restate-test-base:bookworm
cache=${RESTATE_CACHE:-$HOME/.cache/restate}
archive=$cache/debian-bookworm-python.tar

install_packages() {
    missing=
    command -v dockerd > /dev/null || missing="$missing docker.io"
    command -v debootstrap > /dev/null || missing="$missing debootstrap"
    command -v docker-registry > /dev/null || missing="$missing docker-registry"
    [ -z "$missing" ] && return
    apt-get update -qq >&2
    # shellcheck disable=SC2086 # one word a package
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >&2
}

start_daemon() {
    docker info > /dev/null 2>&1 && return
    mkdir -p "$cache"
    setsid dockerd > "$cache/dockerd.log" 2>&1 < /dev/null &
    for _ in $(seq 60); do
        docker info > /dev/null 2>&1 && return
        sleep 1
    done
    tail -n 20 "$cache/dockerd.log" >&2
    echo "dockerd did not start" >&2
    exit 1
}

import_base() {
    docker image inspect "$base" > /dev/null 2>&1 && return
    if [ ! -s "$archive" ]; then
        root=$(mktemp -d)
        debootstrap --variant=minbase --include=python3,python3-pip,python3-venv,ca-certificates \
            bookworm "$root" >&2
        rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*
        # Builds on a machine behind a proxy trust what the machine trusts.
        cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
        tar -C "$root" -c . > "$archive.partial"
        mv "$archive.partial" "$archive"
        rm -rf "$root"
    fi
    docker import --change 'ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt' "$archive" "$base" >&2
}

install_packages
start_daemon
import_base
echo "$base"
