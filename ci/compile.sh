#!/usr/bin/env bash
# Benches, examples and the rivals' benches compile. Nothing is timed here.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --locked --release --workspace --benches --examples
cargo check --locked --release --manifest-path benches/compare/Cargo.toml --target-dir target/compare
