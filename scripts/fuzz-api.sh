#!/bin/sh
# Tries the API by what its own description promises: schemathesis makes requests from it, good and
# bad ones, and no answer may be a 5xx or another one than the description says.
#
#   scripts/fuzz-api.sh URL TOKEN [EXAMPLES]
#
# URL is a daemon that may be played with, on loopback; TOKEN has every scope. `make fuzz-api` starts
# one. schemathesis comes from PyPI into target/tools; nothing is installed into the system.
set -eu

version=4.32.5
home="$(cd "$(dirname "$0")/.." && pwd)/target/tools/schemathesis-$version"

url="${1:?"say the URL of a daemon that may be played with"}"
token="${2:?"say a token with every scope"}"
examples="${3:-20}"

case "$url" in
http://127.0.0.1:* | http://localhost:*) ;;
*)
    echo "only a daemon on this machine is tried: $url" >&2
    exit 64
    ;;
esac

# The marker is written last, so that an installation that was cut off is made again.
if [ ! -e "$home/.done" ]; then
    mkdir -p "$home"
    exec 9>"$home/.lock"
    flock 9
fi
if [ ! -e "$home/.done" ]; then
    if ! python3 -m venv "$home"; then
        echo "The fuzzing of the API needs python3 (3.10 or newer) with venv. Debian: apt-get install python3-venv" >&2
        exit 1
    fi
    if ! "$home/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$version" >&2; then
        echo "schemathesis $version could not be had from PyPI. Where there is no network, install it into the" >&2
        echo "virtual environment $home and make an empty file $home/.done" >&2
        exit 1
    fi
    touch "$home/.done"
fi

# One worker: with two, Python 3.11 now and then fails in its own parser, of which threads share a counter
# ("AST constructor recursion depth mismatch"), and the test with it.
exec "$home/bin/schemathesis" run "$url/api/v1/openapi.json" \
    --header "Authorization: Bearer $token" \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,unsupported_method \
    --phases examples,coverage,fuzzing \
    --max-examples "$examples" --workers 1 --request-timeout 30 --seed 1 \
    --generation-database none --no-color
