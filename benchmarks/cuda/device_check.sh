#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
#
# Everything that needs a GPU, in one run: builds, runs the device tests and the kernels under
# compute-sanitizer, measures bench_cuda beside PyTorch, and trains the paper's CIFAR-10 rows.
#
#   benchmarks/cuda/device_check.sh [--build DIR] [--out DIR] [--budget SECONDS] [PIECE...]
#
# Pieces, in order: build tests memcheck racecheck executor_memcheck kernels training nondeterministic
# torch torch_compiled compare vgg19 multipass. Without names all run; vgg19 and multipass need CIFAR-10
# in $SLIMMING_DATA and are left out where it is not named. SEEDS="1 2 3" trains the rows three times.
#
# Where device time comes in slices: run the same line again and it goes on where it was. A piece that
# passed leaves OUT/PIECE.done and is not repeated; no piece but a training takes ten minutes, and a
# training that the budget ends saves its step and is resumed. Exit code: 0 all done, 1 something
# failed, 3 the budget is spent and there is more to do. Logs and JSON files are in OUT.
set -u
cd "$(dirname "$0")/../.."
build=build out=device_check budget=0
while [ $# -gt 0 ]; do
  case $1 in
    --build) build=$2; shift 2 ;;
    --out) out=$2; shift 2 ;;
    --budget) budget=$2; shift 2 ;;
    -h | --help) sed -n '5,20p' "$0" | cut -c3-; exit 0 ;;
    *) break ;;
  esac
done
pieces=("$@")
if [ ${#pieces[@]} -eq 0 ]; then
  pieces=(build tests memcheck racecheck executor_memcheck kernels training nondeterministic torch torch_compiled compare)
  [ -z "${SLIMMING_DATA:-}" ] || pieces+=(vgg19 multipass)
fi
mkdir -p "$out"
tests=$build/tests/bin/cuda_device_tests bench=$build/bin/bench_cuda slim=$build/bin/slim
# The kernels' own cases; whole networks would take the sanitizer too long.
kernels='[cuda.block],[cuda.sgd],[cuda.gamma_l1],[cuda.batch_norm],[cuda.slice],[cuda.threshold],[cuda.pool],[cuda.reduction],[cuda.sort],[cuda.elementwise],[cuda.channels],[cuda.softmax_cross_entropy],[cuda.augmentation]'

# cuDNN where it is not on the loader's path: PyTorch's wheels bring one.
if command -v python3 >/dev/null; then
  wheels=$(python3 -c 'import glob, os, sys
print(":".join(p for s in sys.path for p in glob.glob(os.path.join(s, "nvidia", "*", "lib"))))')
  export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:-}${LD_LIBRARY_PATH:+:}$wheels"
fi

failed=0 is_first=1
seconds_left() { [ "$budget" -eq 0 ] && echo 86400 || echo $((budget - SECONDS)); }
finish_early() { echo "== the budget is spent: run the same line again"; exit 3; }

# piece NAME LIMIT COMMAND...: once, within LIMIT seconds; shows the end of its log.
piece() {
  local name=$1 limit=$2 start=$SECONDS status left
  shift 2
  [ ! -e "$out/$name.done" ] || { echo "== $name: done before"; return 0; }
  left=$(seconds_left)
  if [ "$left" -lt "$limit" ]; then
    [ "$is_first" -eq 1 ] && [ "$left" -gt 0 ] || finish_early
    limit=$left  # the slice is shorter than the piece: waiting for another one would never end
  fi
  is_first=0
  timeout -k 10 "$limit" "$@" >"$out/$name.log" 2>&1
  status=$?
  echo "== $name: exit $status after $((SECONDS - start)) s"
  tail -n 40 "$out/$name.log" | cut -c1-160
  if [ $status -eq 0 ]; then touch "$out/$name.done"; else failed=1; fi
  return $status
}

# training NAME RUN COMMAND...: a slim command with --out RUN, as far as the budget goes.
training() {
  local name=$1 run=$2 status left
  shift 2
  [ ! -e "$out/$name.done" ] || { echo "== $name: done before"; return 0; }
  left=$(($(seconds_left) - 20))
  [ "$left" -ge 40 ] || finish_early
  is_first=0
  timeout -s TERM "$left" "$@" --out "$run" --resume >>"$out/$name.log" 2>&1
  status=$?
  tail -n 3 "$out/$name.log" | cut -c1-160
  if [ $status -eq 0 ]; then touch "$out/$name.done"; return 0; fi
  [ $status -ne 124 ] || finish_early
  echo "== $name: exit $status, see $out/$name.log"
  exit 1
}

on_gpu=(--device cuda --precision bf16)
data=(--dataset cifar10 --data "${SLIMMING_DATA:-}")

# Liu et al. 2017, table 1: baseline, sparsity 1e-4, 70 % pruned, fine-tuned.
vgg19() {
  local seed=$1 dir=$out/vgg19-$1
  mkdir -p "$dir"
  training "vgg19-$seed.baseline" "$dir/baseline" "$slim" train --arch vgg19 "${data[@]}" "${on_gpu[@]}" --sparsity 0 --seed "$seed"
  training "vgg19-$seed.sparse" "$dir/sparse" "$slim" train --arch vgg19 "${data[@]}" "${on_gpu[@]}" --sparsity 1e-4 --seed "$seed"
  piece "vgg19-$seed.prune" 120 "$slim" prune "$dir/sparse/model.safetensors" --percent 0.7 --out "$dir/pruned.safetensors" --plan "$dir/plan.json" || return
  piece "vgg19-$seed.verify" 120 "$slim" verify "$dir/sparse/model.safetensors" "$dir/pruned.safetensors" --plan "$dir/plan.json" || return
  training "vgg19-$seed.finetune" "$dir/finetune" "$slim" finetune "$dir/pruned.safetensors" "${data[@]}" "${on_gpu[@]}" --seed "$seed"
  piece "vgg19-$seed.table" 120 "$slim" eval "$dir/baseline/model.safetensors" "$dir/sparse/model.safetensors" "$dir/pruned.safetensors" "$dir/finetune/model.safetensors" "${data[@]}" --device cuda --json "$dir/table.json"
}
multipass() {
  training "multipass-$1" "$out/multipass-$1" "$slim" multipass --arch vgg19 "${data[@]}" "${on_gpu[@]}" --passes 5 --percent 0.5 --seed "$1"
}

for p in "${pieces[@]}"; do
  case $p in
    build)
      piece configure 120 cmake -S . -B "$build" -G Ninja -DCMAKE_CUDA_ARCHITECTURES=native || exit 1
      piece build 590 cmake --build "$build" --target cuda_device_tests bench_cuda slim || exit 1
      ;;
    tests) piece tests 500 "$tests" ;;
    memcheck) piece memcheck 500 compute-sanitizer --tool memcheck --error-exitcode 9 "$tests" "$kernels" ;;
    racecheck) piece racecheck 500 compute-sanitizer --tool racecheck --error-exitcode 9 "$tests" "$kernels" ;;
    executor_memcheck) piece executor_memcheck 500 compute-sanitizer --tool memcheck --error-exitcode 9 "$tests" '[cuda.executor]' ;;
    kernels) piece kernels 240 "$bench" --kernels --json "$out/kernels.json" ;;
    training) piece training 300 "$bench" --training --json "$out/training.json" ;;
    nondeterministic) piece nondeterministic 300 "$bench" --training --nondeterministic --json "$out/nondeterministic.json" ;;
    torch) piece torch 300 python3 benchmarks/cuda/torch_cuda.py --eager --json "$out/torch.json" ;;
    torch_compiled) piece torch_compiled 580 python3 benchmarks/cuda/torch_cuda.py --compiled --json "$out/torch_compiled.json" ;;
    compare) rm -f "$out/compare.done"; piece compare 30 python3 benchmarks/cuda/compare.py "$out" ;;
    vgg19) for seed in ${SEEDS:-1}; do vgg19 "$seed"; done ;;
    multipass) for seed in ${SEEDS:-1}; do multipass "$seed"; done ;;
    *) echo "unknown piece $p; --help lists them" >&2; exit 2 ;;
  esac
done
exit $failed
