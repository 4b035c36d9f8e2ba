#!/usr/bin/env bash
# No warning of the compiler or of clippy is left.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo clippy --locked --workspace --all-targets -- -D warnings
