#!/usr/bin/env bash
# The library compiles without a warning with no feature, with each one alone, and on another architecture: the tests see
# all features at once and one machine, so nothing else would notice.
set -euo pipefail
cd "$(dirname "$0")/.."

# Clippy, because the flags behind `--` bind the library alone and build none of its dependencies anew.
alone() { cargo clippy --locked --package ringmill --lib --no-default-features "$@" -- -D warnings; }

features=$(awk '/^\[/{inside = /^\[features\]/} inside && /^[a-z0-9_-]+ *=/{print $1}' Cargo.toml)
[ -n "$features" ] || { echo "features: none found in Cargo.toml"; exit 1; }
alone
for feature in $features; do alone --features "$feature"; done

other=aarch64-unknown-linux-gnu
if [ -d "$(rustc --print sysroot)/lib/rustlib/$other/lib" ]; then
    # Nothing is linked and no C compiled for it: what C code there is belongs to a feature.
    alone --target "$other"
    echo "features: none, each of" $features "alone, and none on $other"
else
    echo "features: none, and each of" $features "alone; skipped: $other, whose standard library is not installed"
fi
