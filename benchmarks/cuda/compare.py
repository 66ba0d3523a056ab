#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
"""The figures of bench_cuda and torch_cuda.py beside the targets. Reads the JSON files that device_check.sh
leaves in a folder; a file that is missing leaves its rows out.

  python3 benchmarks/cuda/compare.py FOLDER
"""
import json
import pathlib
import sys


def rows_of(path):
    if not path.exists():
        return {}
    return {(r["name"], r.get("figure", "")): r for r in json.loads(path.read_text())["rows"]}


def main():
    folder = pathlib.Path(sys.argv[1])
    ours = {name: rows_of(folder / f"{name}.json") for name in ("kernels", "training", "nondeterministic")}
    torch = {**rows_of(folder / "torch.json"), **rows_of(folder / "torch_compiled.json")}
    torch_ms = {name: r["ms"] for (name, _), r in torch.items()}
    table = []

    def add(what, value, floor, aim, more_is_better=True):
        reached = value >= floor if more_is_better else value <= floor
        table.append((what, f"{value:.3f}", f"{floor:g}", f"{aim:g}", "" if reached else "below the floor"))

    for (name, figure), r in ours["kernels"].items():
        if name == "SGD with gamma-L1, VGG-19, fp32":
            add(name + ": share of copy bandwidth", r["value"], 0.80, 0.92)
            fused = torch_ms.get("SGD fused + L1 loop, VGG-19, fp32")
            if fused:
                add(name + ": PyTorch fused / ours", fused / r["ms"], 1.5, 1.5)
        elif name.startswith("BN+ReLU") and "256x64x1024" in name:
            if figure == "share of copy bandwidth":
                add(name + ": share of copy bandwidth", r["value"], 0.75, 0.90)
            elif "50 %" in name:
                add(name + ": of the dense time", r["value"], 0.60, 0.52, more_is_better=False)
            elif "70 %" in name:
                add(name + ": of the dense time", r["value"], 0.40, 0.32, more_is_better=False)
        elif name.startswith("surgery of ResNet-50"):
            add("surgery of ResNet-50: ms", r["ms"], 2.0, 0.5, more_is_better=False)
    for kind in ("training", "nondeterministic"):
        for (name, figure), r in ours[kind].items():
            label = name if kind == "training" else name + ", nondeterministic"
            if figure == "thousand images/s":
                for how in ("compiled", "eager"):
                    other = torch_ms.get(f"{name}, {how}")
                    if other:
                        add(f"{label}: PyTorch {how} / ours", other / r["ms"], 1.15, 1.5)
            elif "50 % masked" in name:
                add(f"{label}: dense / masked time", r["value"], 1.6, 2.2)
            elif "160 epochs" in name and "bf16 batch 64," in name:
                add(f"{label}: minutes of training steps", r["value"], 20, 8, more_is_better=False)
    if not table:
        sys.exit("nothing to compare in " + str(folder))
    heads = ("", "measured", "floor", "aim", "")
    widths = [max(len(row[i]) for row in [heads, *table]) for i in range(5)]
    for row in [heads, *table]:
        print(row[0].ljust(widths[0]), *(row[i].rjust(widths[i]) for i in (1, 2, 3)), row[4])


if __name__ == "__main__":
    main()
