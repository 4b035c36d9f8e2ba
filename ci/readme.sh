#!/usr/bin/env bash
# Runs a command of the README: the block that follows the marker `<!-- command: NAME -->`. What it says must work.
set -euo pipefail
cd "$(dirname "$0")/.."
name=${1:?usage: ci/readme.sh NAME}

script=$(awk -v marker="<!-- command: $name -->" '
    index($0, marker) { wanted = 1; next }
    wanted && /^```/ { if (inside) exit; inside = 1; next }
    inside { print }
' README.md)
[ -n "$script" ] || { echo "readme: no command named $name"; exit 1; }
echo "+ $script"
bash -euo pipefail -c "$script"
