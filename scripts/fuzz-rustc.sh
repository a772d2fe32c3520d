#!/bin/sh
# The compiler for `make fuzz`: called by cargo as RUSTC_WORKSPACE_WRAPPER, with the compiler first.
#
# Only this workspace's own crates are compiled by it, so only they say to the fuzzer where they have
# been, and everything below them is what `make test` has built already. The passes are the stable
# compiler's own (SanitizerCoverage); no sanitizer is linked. Cargo does not see a change of this file:
# `cargo clean --package rosterd --package rosterd-core --package rosterd-fuzz` does.
set -eu
exec "$@" \
    --cfg fuzzing \
    -C opt-level=1 \
    -C codegen-units=8 \
    -C passes=sancov-module \
    -C llvm-args=-sanitizer-coverage-level=4 \
    -C llvm-args=-sanitizer-coverage-inline-8bit-counters \
    -C llvm-args=-sanitizer-coverage-pc-table \
    -C llvm-args=-sanitizer-coverage-trace-compares \
    -C llvm-args=-simplifycfg-branch-fold-threshold=0
