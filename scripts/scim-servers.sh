#!/bin/sh
# Installs the SCIM server that tests read from, where it is missing: scim2-server from PyPI (pinned by hash, into
# target/tools/scim).
set -eu
cd "$(dirname "$0")/.."

tools=target/tools/scim
wanted=scripts/scim-servers.txt

# Debian's python3 comes without what makes a virtual environment.
if ! python3 -c "import ensurepip" 2>/dev/null; then
    if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
        echo "The tests need Python 3 with venv, which Debian calls python3-venv." >&2
        echo "As root: apt-get update && apt-get install --yes --no-install-recommends python3-venv" >&2
        exit 1
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install --yes --no-install-recommends -qq python3 python3-venv </dev/null >&2
fi

if ! cmp -s "$wanted" "$tools/installed.txt"; then
    echo "scim-servers: installing $wanted into $tools (once; some 60 MB)" >&2
    rm -rf "$tools"
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: \
        --requirement "$wanted"
    # Last, so that an install that was cut off is made again.
    cp "$wanted" "$tools/installed.txt"
fi
