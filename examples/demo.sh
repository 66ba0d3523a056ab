#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
#
# The main job from end to end: trains a VGG-11 with sparsity on CIFAR-10, prunes half of its channels,
# proves that the pruned network computes what the masked one does, fine-tunes it, prints a table.
set -euo pipefail
[ -z "${SLIMMING_DATA:-}" ] || SLIMMING_DATA=$(realpath --canonicalize-missing -- "$SLIMMING_DATA")
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat <<'TEXT'
usage: examples/demo.sh [--full]

Installs what is missing (Debian; root or sudo), builds build/bin/slim and runs the pipeline. Ends within 6 minutes
on 4 cores.

  --full   the whole VGG-11, 10 epochs and 10 of fine-tuning, on the whole of CIFAR-10. Takes hours where the short
           form takes minutes; a run that was stopped goes on when the command is repeated.

The data are those in $SLIMMING_DATA (data_batch_1.bin ... test_batch.bin). Without it the official archive is
downloaded if that takes less than a minute; otherwise the sample of 2,500 images in examples/data is used.
TEXT
}

full=
[ $# -le 1 ] || { usage >&2; exit 2; }
case "${1:-}" in
  "") ;;
  --full) full=yes ;;
  -h | --help) usage; exit 0 ;;
  *) usage >&2; exit 2 ;;
esac

holds_cifar10() {
  local folder
  for folder in "$1" "$1"/cifar10 "$1"/cifar-10-batches-bin "$1"/cifar-10; do
    [ -f "$folder/data_batch_5.bin" ] && [ -f "$folder/test_batch.bin" ] && return 0
  done
  return 1
}
if [ -n "${SLIMMING_DATA:-}" ] && ! holds_cifar10 "$SLIMMING_DATA"; then
  echo "\$SLIMMING_DATA is $SLIMMING_DATA, which does not hold data_batch_1.bin ... test_batch.bin" >&2
  exit 2
fi

started=$SECONDS
say() { printf '\n== %s (%d s)\n' "$*" $((SECONDS - started)); }
show() { printf '$ %s\n' "$*"; "$@"; }

# --- what is missing, and the program -------------------------------------------------------------
source cmake/install_packages.sh
install_packages
say "building build/bin/slim"
[ -f build/CMakeCache.txt ] || cmake -S . -B build -G Ninja >/dev/null
cmake --build build --target slim | tail -1
slim=build/bin/slim

# --- the data -------------------------------------------------------------------------------------
archive_md5=c32a1d4ab5d03f1284b67883e8d87530
archive_url=https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz
downloaded=build/data/cifar-10-batches-bin

download() {
  local file=build/data/cifar-10-binary.tar.gz
  mkdir -p build/data
  if command -v curl >/dev/null; then
    curl --silent --fail --location --connect-timeout 5 --max-time 60 --output "$file" "$archive_url" || return 1
  elif command -v wget >/dev/null; then
    timeout 60 wget --quiet --tries 1 --connect-timeout 5 --output-document "$file" "$archive_url" || return 1
  else
    return 1
  fi
  echo "$archive_md5  $file" | md5sum --check --status || { echo "what came is not the archive: its md5 differs"; return 1; }
  rm -rf build/data/unpacking && mkdir build/data/unpacking
  tar --extract --gzip --file "$file" --directory build/data/unpacking || return 1
  mv build/data/unpacking/* build/data/  # all of it or nothing, also when interrupted
}

if [ -n "${SLIMMING_DATA:-}" ]; then
  data=$SLIMMING_DATA
  which_data="CIFAR-10, 50,000 training images, from \$SLIMMING_DATA"
elif holds_cifar10 build/data; then
  data=$downloaded
  which_data="CIFAR-10, 50,000 training images, downloaded before"
elif say "looking for the official archive of CIFAR-10" && download 2>/dev/null; then
  data=$downloaded
  which_data="CIFAR-10, 50,000 training images, downloaded"
elif [ -n "$full" ]; then
  echo "--full needs the whole of CIFAR-10: name its directory in \$SLIMMING_DATA" >&2
  exit 1
else
  data=examples/data/cifar10
  which_data="the SAMPLE of CIFAR-10 in examples/data, 2,500 training images: enough to see every step, too few for
   the accuracies of the papers"
fi

# --- how long ---------------------------------------------------------------------------------------
run=build/demo
if [ -n "$full" ]; then
  width=1 epochs=10 more_epochs=10 run=build/demo-full
elif [ "$data" = examples/data/cifar10 ]; then
  width=0.25 epochs=16 more_epochs=8
else
  width=0.25 epochs=5 more_epochs=3
fi
[ -n "$full" ] || rm -rf "$run"
mkdir -p "$run"

train() {  # directory, command...: goes on if the directory holds a run
  local folder=$1
  shift
  [ -f "$folder/model.safetensors" ] && return 0
  [ -d "$folder" ] && set -- "$@" --resume
  show "$@" --out "$folder"
}

say "data: $which_data"
say "training VGG-11, $width of its width, with L1 on the scale factors, $epochs epochs"
train "$run/sparse" "$slim" train --arch vgg11 --width "$width" --data "$data" --epochs "$epochs" --lr 0.1 \
  --schedule cosine --warmup 1 --sparsity 1e-4

say "pruning half of the channels"
show "$slim" prune "$run/sparse/model.safetensors" --percent 0.5 --data "$data" --out "$run/pruned.safetensors" \
  --plan "$run/plan.json" --report "$run/prune.txt"

say "does the pruned network compute what the masked one does?"
show "$slim" verify "$run/sparse/model.safetensors" "$run/pruned.safetensors" --plan "$run/plan.json"

say "fine-tuning, $more_epochs epochs"
train "$run/fine" "$slim" finetune "$run/pruned.safetensors" --data "$data" --epochs "$more_epochs" --lr 0.05 \
  --schedule cosine

say "before, right after pruning, and after fine-tuning"
show "$slim" eval "$run/sparse/model.safetensors" "$run/pruned.safetensors" "$run/fine/model.safetensors" \
  --data "$data" --latency
printf '\nData: %s.\nVGG-11, width x%s, %s + %s epochs; latency: one image, median. All of it took %d s.\n' \
  "$which_data" "$width" "$epochs" "$more_epochs" $((SECONDS - started))
