#!/bin/sh
# Installs, from the distribution, what rosterd-xmldsig is built with: xmlsec1 with its headers, pkg-config, and
# libclang, which reads them.
#
# Debian and Ubuntu only; elsewhere it says what is missing. Does nothing when all is there.
set -eu

# What bindgen loads: libclang.so or libclang-14.so, wherever the compiler's packages put it.
libclang() {
    for candidate in /usr/lib/llvm-*/lib/libclang*.so /usr/lib/*/libclang*.so /usr/lib*/libclang*.so; do
        if [ -e "$candidate" ]; then
            return
        fi
    done
    return 1
}

packages=""
command -v xmlsec1-config >/dev/null || packages="$packages libxmlsec1-dev"
command -v pkg-config >/dev/null || packages="$packages pkg-config"
libclang || packages="$packages libclang-dev"

if [ -z "$packages" ]; then
    exit 0
fi

if ! command -v apt-get >/dev/null; then
    echo "Building rosterd-xmldsig needs what is not installed here. Debian calls the packages:$packages" >&2
    exit 1
fi

if [ "$(id -u)" -ne 0 ]; then
    echo "Building rosterd-xmldsig needs what is not installed here. As root, run:" >&2
    echo "    apt-get update && apt-get install --yes --no-install-recommends$packages" >&2
    exit 1
fi

echo "Installing:$packages" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 # one word a package
apt-get install --yes --no-install-recommends -qq $packages </dev/null >&2
