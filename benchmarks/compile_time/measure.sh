#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
#
# Seconds of CPU that a compiler takes for each file beside this script, at -O0: the least of a few runs.
#   benchmarks/compile_time/measure.sh [--runs N] [COMPILER...]       (default: g++)
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
runs=5
[ "${1:-}" != --runs ] || { runs=$2; shift 2; }
[ $# -gt 0 ] || set -- g++
out="$(mktemp -d)"
trap 'rm -rf "$out"' EXIT
printf '%-20s' file; printf '%14s' "$@"; echo
for file in standard_library umbrella one_plan layers_200; do
  printf '%-20s' "$file"
  for compiler in "$@"; do
    least=
    for ((run = 0; run < runs; ++run)); do
      TIMEFORMAT='%U %S'
      spent="$( { time "$compiler" -std=c++20 -O0 -I "$here/../../include" -c "$here/$file.cpp" -o "$out/o" >&2; } 2>&1 |
        awk 'NF == 2 && $1 + 0 == $1 { print $1 + $2 }')"
      least="$(printf '%s\n' ${least:-$spent} "$spent" | sort -g | head -1)"
    done
    printf '%14.2f' "$least"
  done
  echo
done
