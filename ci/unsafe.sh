#!/usr/bin/env bash
# `unsafe` stands only in the files that docs/unsafe.md lists under "## Files", and each file listed there has some.
# A listed file reads "- `src/sys/map.rs`: ...". First the check shows that it can fail.
set -euo pipefail
cd "$(dirname "$0")/.."

# Prints the files among those named on standard input that use the word, or allow it, outside comments.
unsafe_files() {
    while read -r file; do
        # Not grep -q: it would leave at the first match, and sed would die of the closed pipe.
        if sed 's://.*::' "$file" | grep -E '(^|[^[:alnum:]_])unsafe([^[:alnum:]_]|$)|allow\([^)]*unsafe_code' >/dev/null
        then
            echo "$file"
        fi
    done
}

listed_files() {
    awk '/^## /{inside = /^## Files/} inside && /^- `/{split($0, parts, "`"); print parts[2]}' "$1"
}

# Says what differs: files with `unsafe` that are not listed, files listed that have none.
compare() { # found, listed
    local wrong=0 file
    while read -r file; do echo "unsafe: $file has unsafe code and is not in docs/unsafe.md"; wrong=1; done \
        < <(comm -23 "$1" "$2")
    while read -r file; do echo "unsafe: $file is in docs/unsafe.md and has no unsafe code"; wrong=1; done \
        < <(comm -13 "$1" "$2")
    return "$wrong"
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
printf '// unsafe in a comment\nlet unsafely = 1;\n' >"$scratch/safe.rs"
printf 'let x = unsafe { *p };\n' >"$scratch/block.rs"
printf '#![allow(unsafe_code)]\n' >"$scratch/allow.rs"
printf '%s\n' "$scratch"/*.rs | unsafe_files | sort >"$scratch/found"
printf '%s\n' "$scratch/allow.rs" "$scratch/block.rs" >"$scratch/listed"
compare "$scratch/found" "$scratch/listed" || { echo "unsafe: self-test failed"; exit 1; }
printf '%s\n' "$scratch/allow.rs" >"$scratch/listed"
if compare "$scratch/found" "$scratch/listed" >/dev/null; then echo "unsafe: self-test passed a new file"; exit 1; fi

git ls-files --cached --others --exclude-standard '*.rs' | unsafe_files | sort >"$scratch/found"
listed_files docs/unsafe.md | sort >"$scratch/listed"
compare "$scratch/found" "$scratch/listed"
echo "unsafe: $(wc -l <"$scratch/found") files, all listed in docs/unsafe.md"
