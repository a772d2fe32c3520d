#!/bin/sh
# Lets a fuzzer look for bytes that break what fuzz/ promises: each target for FUZZ_SECONDS.
#
#   scripts/fuzz.sh                 every target, one after the other
#   scripts/fuzz.sh message inbox   these
#   scripts/fuzz.sh --merge         adds to fuzz/corpus what reaches code that nothing there reaches
#
# Stable Rust and libFuzzer, which is compiled from the crate libfuzzer-sys: that takes a C++ compiler.
# What was found before and is not in fuzz/corpus stays in target/fuzz/TARGET. Bytes that break a
# target are written to target/fuzz/crashes; `cargo run --package rosterd-fuzz TARGET FILE` tries them
# again without a fuzzer, and a copy in fuzz/corpus/TARGET keeps them from coming back.
set -eu
cd "$(dirname "$0")/.."

seconds="${FUZZ_SECONDS:-300}"
cargo="${CARGO:-cargo}"
found="${CARGO_TARGET_DIR:-target}/fuzz"

if ! command -v c++ >/dev/null; then
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        echo "fuzz: a C++ compiler is needed; Debian calls the package g++" >&2
        exit 1
    fi
    echo "Installing: g++" >&2
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends -qq g++ </dev/null >&2
fi

RUSTC_WORKSPACE_WRAPPER="$PWD/scripts/fuzz-rustc.sh" "$cargo" build --locked --package rosterd-fuzz --bin rosterd-fuzz
# Beside the ordinary build of the same name, whatever that was: the next build makes it anew.
mkdir -p "$found/crashes"
cp "${CARGO_TARGET_DIR:-target}/debug/rosterd-fuzz" "$found/rosterd-fuzz"

merge=""
if [ "${1:-}" = --merge ]; then
    merge=yes
    shift
fi
if [ $# -eq 0 ]; then
    for folder in fuzz/corpus/*/; do
        set -- "$@" "$(basename "$folder")"
    done
fi

for target in "$@"; do
    export ROSTERD_FUZZ_TARGET="$target"
    mkdir -p "$found/$target"
    if [ -n "$merge" ]; then
        "$found/rosterd-fuzz" -merge=1 -max_len=32768 "fuzz/corpus/$target" "$found/$target"
        continue
    fi
    echo "fuzz: $target, $seconds s" >&2
    # The first folder is where what is new goes. An input that takes 10 s, or 512 MB, is a finding.
    "$found/rosterd-fuzz" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=512 -max_len=32768 \
        -print_final_stats=1 -artifact_prefix="$found/crashes/$target-" \
        "$found/$target" "fuzz/corpus/$target"
done
