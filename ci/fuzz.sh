#!/usr/bin/env bash
# Every fuzz target reads its corpus again and then hunts for new cases: ci/fuzz.sh [SECONDS for each]. A case that fails
# is kept in target/fuzz/artifacts. First the check shows that it can fail: it has to find a planted mistake.
# Coverage on a stable compiler: the instrumentation is a pass of LLVM, and `-C passes` may name it.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-15}

command -v "${CXX:-c++}" >/dev/null || { echo "fuzz: skipped: no C++ compiler to build libFuzzer with"; exit 0; }

# With a target named, the flags are for the targets and what they link, not for build scripts.
host=$(rustc --print host-tuple)
coverage=(
    -Cpasses=sancov-module
    -Cllvm-args=-sanitizer-coverage-level=4
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
    -Cllvm-args=-sanitizer-coverage-pc-table
    -Cllvm-args=-sanitizer-coverage-trace-compares
    --cfg fuzzing
)
RUSTFLAGS="${coverage[*]}" cargo build --locked --release --manifest-path fuzz/Cargo.toml \
    --target "$host" --target-dir target/fuzz
binaries=target/fuzz/$host/release
artifacts=target/fuzz/artifacts
mkdir -p "$artifacts"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Runs a target. What is new goes to the folder that is named first, so that the corpus in the repository stays as it is.
# No time limit on a case but one that only a hang reaches: the machine may be busy.
hunt() { # target, where to keep a failing case, further arguments
    local target=$1 keep=$2
    shift 2
    mkdir -p "$scratch/$target"
    TMPDIR=$scratch "$binaries/$target" -rss_limit_mb=2048 -timeout=120 -artifact_prefix="$keep" \
        "$scratch/$target" "$@" >"$scratch/said" 2>&1
}

if hunt planted "$scratch/" -max_total_time=60; then echo "fuzz: self-test: the planted mistake was not found"; exit 1; fi
grep -q 'the planted mistake was found' "$scratch/said" || { cat "$scratch/said"; exit 1; }

for source in fuzz/fuzz_targets/*.rs; do
    target=$(basename "$source" .rs)
    [ "$target" != planted ] || continue
    if ! hunt "$target" "$artifacts/$target-" -max_total_time="$seconds" -print_final_stats=1 "fuzz/corpus/$target"; then
        tail -n 60 "$scratch/said"
        case=$(sed -n 's/.*Test unit written to //p' "$scratch/said" | tail -n 1)
        echo "fuzz: $target failed; once more with that case: $binaries/$target ${case:-(none was kept)}"
        exit 1
    fi
    cases=$(sed -n 's/^stat::number_of_executed_units: *//p' "$scratch/said")
    new=$(sed -n 's/^stat::new_units_added: *//p' "$scratch/said")
    echo "fuzz: $target: $cases cases, $new of them led somewhere new"
done
