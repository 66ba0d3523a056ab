#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
#
# Builds every fuzz target with libFuzzer and the address and undefined-behaviour sanitizers, and runs each.
#   tests/fuzz/run.sh [SECONDS_EACH] [TARGET...]        SECONDS_EACH defaults to 10; TARGET is safetensors, npz, ...
# Corpora grow in build-fuzz/corpus; an input that fails is kept in build-fuzz/failures and ends the run with 1.
# FUZZ_CXX names another clang++, FUZZ_JOBS how many targets run at once.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-10}
[ $# -eq 0 ] || shift
cxx=${FUZZ_CXX:-$(command -v clang++-14 || command -v clang++ || true)}
[ -n "$cxx" ] || { echo "fuzzing needs clang++ (Debian: clang)" >&2; exit 77; }
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  for file in tests/fuzz/*_fuzz.cpp; do targets+=("$(basename "$file" _fuzz.cpp)"); done
fi
mkdir -p build-fuzz/failures build-fuzz/logs

# The comments at the head of a target name its seeds, packages and flags.
comment() { sed -n "s|^// $2: *||p" "tests/fuzz/$1_fuzz.cpp"; }

fuzz_one() {
  local target=$1 packages flags=() own=()
  packages=$(comment "$target" packages)
  read -ra own <<<"$(comment "$target" flags)"
  # shellcheck disable=SC2086
  [ -z "$packages" ] || read -ra flags <<<"$(pkg-config --cflags --libs $packages)"
  "$cxx" -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -Iinclude -I. \
    "tests/fuzz/${target}_fuzz.cpp" "${own[@]}" "${flags[@]}" -o "build-fuzz/$target" || return 1
  local corpus=build-fuzz/corpus/$target
  mkdir -p "$corpus"
  # shellcheck disable=SC2046
  cp -n $(comment "$target" seeds) "$corpus"
  if ! "build-fuzz/$target" "$corpus" -max_total_time="$seconds" -max_len=65536 -malloc_limit_mb=64 -rss_limit_mb=2048 \
    -timeout=10 -print_final_stats=1 -artifact_prefix="build-fuzz/failures/$target-" >"build-fuzz/logs/$target.log" 2>&1; then
    echo "FAILED $target:" && tail -n 40 "build-fuzz/logs/$target.log"
    return 1
  fi
  echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "build-fuzz/logs/$target.log") executions, no failure"
}
export -f fuzz_one comment
export cxx seconds
printf '%s\n' "${targets[@]}" | xargs -P "${FUZZ_JOBS:-2}" -I{} bash -euo pipefail -c 'fuzz_one {}'
