#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
#
# Networks through train -> prune -> verify -> fine-tune -> eval on the full CIFAR-10, unattended; prints the table.
# What is done is not done again: repeat the command after Ctrl-C or a power cut.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: benchmarks/train/pipeline.sh [--slim PROGRAM] [--out DIR] [--epochs N --more-epochs N] DATA [ROW ...]

  DATA    directory of CIFAR-10's binary batches
  ROW     vgg11 (10 + 10 epochs, 50 % of the channels pruned), preresnet20 (8 + 4, 40 %), densenet40 (2 + 1, 40 %);
          default: all three
  --out   where runs, models and reports go (default: build/pipeline)
  --epochs, --more-epochs   of training and of fine-tuning, for every row, instead of those above
TEXT
}

slim=$(dirname "${BASH_SOURCE[0]}")/../../build/bin/slim
out=$(dirname "${BASH_SOURCE[0]}")/../../build/pipeline
epochs= more_epochs=
while [ $# -gt 0 ]; do
  case $1 in
    --slim) slim=$2; shift 2 ;;
    --out) out=$2; shift 2 ;;
    --epochs) epochs=$2; shift 2 ;;
    --more-epochs) more_epochs=$2; shift 2 ;;
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; exit 2 ;;
    *) break ;;
  esac
done
[ $# -gt 0 ] || { usage >&2; exit 2; }
data=$1
shift
[ $# -gt 0 ] || set -- vgg11 preresnet20 densenet40
for row in "$@"; do
  case $row in vgg11 | preresnet20 | densenet40) ;; *) usage >&2; exit 2 ;; esac
done
command -v "$slim" >/dev/null || { echo "$slim was not built" >&2; exit 2; }
mkdir -p "$out"

show() { printf '$ %s\n' "$*"; "$@"; }
run() {  # directory, command...: trains, or goes on, or is done
  local folder=$1
  shift
  [ -f "$folder/model.safetensors" ] && return 0
  [ -f "$folder/checkpoint.safetensors" ] && set -- "$@" --resume
  rm -f "$folder"/*.part
  show "$@" --out "$folder"
}

row() {
  local name=$1 at=$out/$1 percent n m options=() more=()
  case $name in
    vgg11)
      n=10 m=10 percent=0.5
      options=(--lr 0.05 --warmup 1 --nesterov --weight-decay 5e-4)
      more=(--nesterov --weight-decay 5e-4)
      ;;
    preresnet20) n=8 m=4 percent=0.4 options=(--lr 0.1) ;;
    densenet40) n=2 m=1 percent=0.4 options=(--lr 0.1) ;;
  esac
  n=${epochs:-$n} m=${more_epochs:-$m}
  local set=(--dataset cifar10 --data "$data")
  mkdir -p "$at"
  run "$at/sparse" "$slim" train --arch "$name" "${set[@]}" --epochs "$n" --batch 64 "${options[@]}" \
    --schedule cosine --sparsity 1e-4 --seed 1
  [ -f "$at/prune.json" ] || show "$slim" prune "$at/sparse/model.safetensors" --percent "$percent" "${set[@]}" \
    --out "$at/pruned.safetensors" --plan "$at/plan.json" --report "$at/prune.txt" --json "$at/prune.json"
  show "$slim" verify "$at/sparse/model.safetensors" "$at/pruned.safetensors" --plan "$at/plan.json" \
    --json "$at/verify.json"
  run "$at/fine" "$slim" finetune "$at/pruned.safetensors" "${set[@]}" --epochs "$m" --batch 64 --lr 0.02 \
    --schedule cosine "${more[@]}" --seed 1
  show "$slim" eval "$at/sparse/model.safetensors" "$at/pruned.safetensors" "$at/fine/model.safetensors" \
    "${set[@]}" --latency --json "$at/eval.json"
}

for name in "$@"; do row "$name"; done

python3 - "$out" "$@" <<'PYTHON'
import json
import os
import statistics
import sys

out, rows = sys.argv[1], sys.argv[2:]
print("\n| network | epochs | accuracy: trained | masked | pruned | fine-tuned | parameters | MACs | file |"
      " training images/s | latency of one image | masked - pruned |")
print("|" + "---|" * 12)
for row in rows:
    at = os.path.join(out, row)

    def read(name):
        with open(os.path.join(at, name)) as file:
            return json.load(file)

    def log(run):
        with open(os.path.join(at, run, "log.jsonl")) as file:
            return [json.loads(line) for line in file]

    trained, pruned, fine = read("eval.json")["models"]
    epochs, more = log("sparse"), log("fine")
    speed = [statistics.median(e["images_per_second"] for e in l) for l in (epochs, more)]
    print(f"| {row} | {len(epochs)} + {len(more)} | {trained['accuracy']:.2%} | {read('prune.json')['masked_accuracy']:.2%}"
          f" | {pruned['accuracy']:.2%} | {fine['accuracy']:.2%}"
          f" | {trained['parameters']:,} -> {fine['parameters']:,}"
          f" | {trained['macs'] / 1e6:.1f} M -> {fine['macs'] / 1e6:.1f} M"
          f" | {trained['bytes'] / 1e6:.2f} MB -> {fine['bytes'] / 1e6:.2f} MB"
          f" | {speed[0]:,.0f} -> {speed[1]:,.0f}"
          f" | {trained['latency'] * 1e3:.2f} ms -> {fine['latency'] * 1e3:.2f} ms"
          f" | {read('verify.json')['relative_difference']:.1e} |")
PYTHON
