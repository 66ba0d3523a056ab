#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
#
# bench_surgery beside Torch-Pruning in one run; a Markdown table. About five minutes, four of them for the
# peer's DenseNets. Build with: cmake --build build --target bench_surgery
#   benchmarks/surgery/compare_torch_pruning.sh [--python PYTHON] [--build DIR] [options of the .py]
# PYTHON needs torch, torchvision and torch-pruning.
set -euo pipefail
python=python3
here="$(cd "$(dirname "$0")" && pwd)"
build="$here/../../build"
while [ $# -gt 0 ]; do
  case $1 in
    --python) python=$2; shift 2 ;;
    --build) build=$2; shift 2 ;;
    *) break ;;
  esac
done
"$python" -c 'import torch, torchvision, torch_pruning' 2>/dev/null ||
  { echo "$python lacks torch, torchvision or torch-pruning: pip install torch torchvision torch-pruning" >&2; exit 77; }
exec "$python" "$here/compare_torch_pruning.py" "$build/bin/bench_surgery" "$@"
