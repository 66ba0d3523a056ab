#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
#
# bench_step beside PyTorch (and ONNX Runtime), in adjacent pairs: ratios of medians with their spread.
#   benchmarks/compare_torch.sh                  # VGG-11, one training step
#   benchmarks/compare_torch.sh --rows vgg19,resnet56
#   benchmarks/compare_torch.sh --all            # the whole table, about 25 minutes on four quiet cores
#   benchmarks/compare_torch.sh --help
# PyTorch is that of $SLIMMING_PYTHON, of python3, or is installed into build/torch-venv.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
root="$(dirname "$here")"
build="${SLIMMING_BUILD:-$root/build}"

has_torch() { command -v "$1" >/dev/null && "$1" -c 'import torch' 2>/dev/null; }

find_python() {
  local venv="$build/torch-venv"
  for python in "${SLIMMING_PYTHON:-}" python3 "$venv/bin/python"; do
    if [ -n "$python" ] && has_torch "$python"; then echo "$python"; return; fi
  done
  echo "installing PyTorch into $venv" >&2
  if python3 -m venv "$venv" >&2 &&
    { "$venv/bin/pip" install -q torch --index-url https://download.pytorch.org/whl/cpu >&2 ||
      "$venv/bin/pip" install -q torch >&2; }; then
    "$venv/bin/pip" install -q numpy onnx onnxruntime >&2 || echo "without ONNX Runtime" >&2
    echo "$venv/bin/python"
    return
  fi
  echo "pip could not; trying Debian's python3-torch" >&2
  local as_root=""
  [ "$(id -u)" = 0 ] || as_root=sudo
  $as_root apt-get install -y -q python3-torch >&2
  has_torch python3 || { echo "no PyTorch: set SLIMMING_PYTHON to an interpreter that has it" >&2; exit 77; }
  echo python3
}

case " $* " in
  *" --help "*) exec python3 "$here/exec/compare_torch.py" --help ;;
  *" --list "*) exec python3 "$here/exec/compare_torch.py" --list ;;
esac
python="$(find_python)"
[ -f "$build/CMakeCache.txt" ] || cmake -S "$root" -B "$build" >&2
cmake --build "$build" --target bench_step --parallel 2 >&2
exec "$python" "$here/exec/compare_torch.py" --build "$build" "$@"
