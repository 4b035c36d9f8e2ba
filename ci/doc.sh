#!/usr/bin/env bash
# The library's documentation builds, every link in it leads somewhere, and nothing public is undocumented.
set -euo pipefail
cd "$(dirname "$0")/.."
RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --package ringmill
