#!/usr/bin/env bash
# Imports point downwards only: each room of src/ knows the rooms below it and none above.
# The order of the rooms is in ci/layers.awk. First the check shows that it can fail.
set -euo pipefail
cd "$(dirname "$0")/.."

check() {
    find "$1" -name '*.rs' -print0 | sort -z | xargs -0 awk -f ci/layers.awk
}

trees=$(mktemp -d)
trap 'rm -rf "$trees"' EXIT
plant() { # name, file, text: a tree of one file
    mkdir -p "$trees/$1/src/$(dirname "$2")"
    printf '%s\n' "$3" >"$trees/$1/src/$2"
}
plant good-1 csv/scan/wide.rs 'use crate::{memory::Region, pool::{Pool, csv}, sync::atomic};'
plant good-2 memory/mod.rs '// crate::pool is above; `use super::*` in tests is not an import
use crate::error::SystemError; mod tests { use super::*; } pub(crate) fn f() {}'
plant good-3 lib.rs 'pub use crate::pool::Pool;'
plant bad-up protocol/slot.rs 'use crate::pool::Pool;'
plant bad-braces memory/region.rs 'use crate::{
    error::SystemError,
    array::SharedArray,
};'
plant bad-sideways error.rs 'use crate::sys::map;'
plant bad-path sync/native.rs 'fn f() { crate::memory::page() }'
plant bad-root pool/mod.rs 'use crate::Pool;'
plant bad-climb array/npy.rs 'use super::super::pool::Pool;'
plant bad-room extra/mod.rs 'fn f() {}'
for tree in "$trees"/good-*; do
    check "$tree/src" || { echo "layers: self-test: ${tree##*/} was refused"; exit 1; }
done
for tree in "$trees"/bad-*; do
    if check "$tree/src" >"$trees/said"; then echo "layers: self-test: ${tree##*/} passed"; exit 1; fi
done

check src || { echo "layers: imports must point downwards"; exit 1; }
echo "layers: every import points downwards ($(ls -d "$trees"/bad-* | wc -l) planted mistakes were found first)"
