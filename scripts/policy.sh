#!/bin/sh
# Checks the dependency tree against deny.toml with cargo-deny.
#
# Licences, bans and sources are checked always. Advisories need the RustSec database, which lives on
# a git host: where that cannot be reached it says so in one line and goes on, and the version floors
# among deny.toml's bans are what is left.
#
# A cargo-deny of that version in PATH is used; otherwise it is built once, from source, into
# target/tools (some 150 s of one core).
set -eu
cd "$(dirname "$0")/.."

version=0.20.2
cargo="${CARGO:-cargo}"
tools=target/tools

is_wanted() {
    [ "$("$1" --version 2>/dev/null)" = "cargo-deny $version" ]
}

deny="$tools/bin/cargo-deny"
if is_wanted cargo-deny; then
    deny=cargo-deny
elif ! is_wanted "$deny"; then
    echo "policy: building cargo-deny $version into $tools (once)" >&2
    # Its dev profile is fast enough here and four times faster to build.
    "$cargo" install --quiet --locked --version "$version" --root "$tools" --target-dir "$tools/build" \
        --profile dev --config profile.dev.debug=0 --no-default-features cargo-deny
    rm -rf "$tools/build"
fi

"$deny" --locked --workspace --log-level warn check --hide-inclusion-graph --show-stats licenses bans sources

log="$tools/advisories.log"
mkdir -p "$tools"
if GIT_TERMINAL_PROMPT=0 "$deny" --locked fetch db >"$log" 2>&1 </dev/null; then
    "$deny" --locked --workspace --log-level warn check --disable-fetch --hide-inclusion-graph advisories
else
    echo "policy: advisories NOT checked: the RustSec database cannot be fetched here (see $log)" >&2
fi
