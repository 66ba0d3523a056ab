#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
"""Runs bench_step and PyTorch in adjacent pairs and prints ratios; benchmarks/compare_torch.sh starts it.

A row is one configuration. PyTorch's variant (default or channels_last, each with and without torch.compile) is chosen
by the shortest median, for every configuration of its own; then pairs alternate, and each yields one ratio. Finished rows are kept in a file, so that
a run that was stopped goes on where it was.
"""
import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
CORES = os.cpu_count()


def rows():
    """Name -> options. `against` is what the first column is divided by."""
    table = {}

    def add(name, against="torch", **options):
        table[name] = {"arch": "vgg11", "batch": 64, "threads": CORES, "mask": 0, "inference": False, "march": None,
                       "against": against, **options}

    add("vgg11")
    add("vgg11-1-thread", threads=1)
    add("vgg19", arch="vgg19")
    add("resnet56", arch="resnet56")
    add("preresnet56", arch="preresnet56")
    add("densenet40", arch="densenet40")
    add("vgg11-mask-0.5", "dense", mask=0.5)
    add("vgg11-mask-0.7", "dense", mask=0.7)
    for batch in (1, 64):
        for peer in ("torch", "onnxruntime"):
            add(f"vgg19-inference-{batch}-{peer}", peer, arch="vgg19", batch=batch, inference=True)
    for batch in (32, 128, 256):
        add(f"vgg11-batch-{batch}", batch=batch)
    add("vgg16", arch="vgg16")
    for arch in ("vgg19", "resnet56", "preresnet56", "densenet40"):
        add(f"{arch}-mask-0.5", "dense", arch=arch, mask=0.5)
    for arch in ("vgg11", "vgg19", "resnet56", "preresnet56", "densenet40"):
        add(f"{arch}-scaling", "one thread", arch=arch)
    add("vgg19-1-thread", arch="vgg19", threads=1)
    for march in ("x86-64", "x86-64-v3", "x86-64-v4"):
        add(f"vgg11-{march}", "native", march=march)
    return table


class Torch:
    """A process of torch_step.py that stays warm."""

    def __init__(self):
        self.process = subprocess.Popen([sys.executable, os.path.join(HERE, "torch_step.py"), "--serve"], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        start_new_session=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.process.stdin.close()
        except BrokenPipeError:  # it was stopped
            pass
        self.process.wait()

    def stop(self):
        os.killpg(self.process.pid, signal.SIGKILL)

    def __call__(self, row, variant, seconds, steps=5, limit=None):
        """An answer of torch_step.py. After `limit` seconds without one the process is stopped."""
        options = {k: row[k] for k in ("arch", "batch", "threads", "inference")}
        self.process.stdin.write(json.dumps({**options, "variant": variant, "seconds": seconds, "steps": steps}) + "\n")
        self.process.stdin.flush()
        timer = threading.Timer(limit, self.stop) if limit else None
        if timer:
            timer.start()
        line = self.process.stdout.readline()
        if timer:
            timer.cancel()
        return json.loads(line) if line else {"error": f"no answer within {limit} s" if limit else "the process ended"}


class Comparison:
    def __init__(self, a):
        self.a = a
        self.variants = {}  # configuration -> (name, what was tried)
        self.binaries = {None: os.path.join(a.build, "bin", "bench_step")}

    def ours(self, row, **changes):
        o = {**row, **changes}
        command = [self.binary(o["march"]), "--json", "--arch", o["arch"], "--batch", str(o["batch"]), "--threads",
                   str(o["threads"]), "--mask", str(o["mask"]), "--seconds", str(self.a.seconds), "--steps", "5"]
        return json.loads(subprocess.run(command + ["--inference"] * o["inference"], check=True, text=True,
                                         stdout=subprocess.PIPE).stdout)

    def binary(self, march):
        if march not in self.binaries:
            build = os.path.join(self.a.build, f"march-{march}")
            root = os.path.dirname(os.path.dirname(HERE))
            for command in (["cmake", "-S", root, "-B", build, f"-DSLIMMING_ARCH={march}", "-DSLIMMING_BUILD_TESTS=OFF",
                             "-DSLIMMING_BUILD_EXAMPLES=OFF", "-DSLIMMING_ENABLE_CUDA=OFF"],
                            ["cmake", "--build", build, "--target", "bench_step"]):
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            self.binaries[march] = os.path.join(build, "bin", "bench_step")
        return self.binaries[march]

    def best_variant(self, row):
        key = tuple(row[k] for k in ("arch", "inference", "batch", "threads"))
        if key not in self.variants:
            tried = {}
            for variant in ("default", "channels_last", "compile", "compile_channels_last"):
                if variant.startswith("compile") and self.a.no_compile:
                    continue
                with Torch() as torch:
                    tried[variant] = torch(row, variant, 1, 3, self.a.compile_limit)
            best = min(tried, key=lambda v: tried[v].get("median_ms", 1e9))
            self.variants[key] = best, {v: r.get("median_ms", r.get("error")) for v, r in tried.items()}
        return self.variants[key]

    def run(self, name, row):
        start, load = time.time(), os.getloadavg()[0]
        variant, tried = "onnxruntime" if row["against"] == "onnxruntime" else None, None
        if row["against"] == "torch":
            variant, tried = self.best_variant(row)
        pairs = []
        with Torch() if variant else open(os.devnull) as torch:
            if variant:
                torch(row, variant, 0, 1)  # compiles, allocates
            for _ in range(self.a.pairs):
                mine = self.ours(row)
                if variant:
                    other = torch(row, variant, self.a.seconds)
                elif row["against"] == "dense":
                    other = self.ours(row, mask=0)
                elif row["against"] == "one thread":
                    other = self.ours(row, threads=1)
                else:
                    other = self.ours(row, march=None)
                if "error" in other:
                    return {"row": name, "error": other["error"]}
                pairs.append((mine, other))
        ratios = [o["median_ms"] / m["median_ms"] for m, o in pairs]
        median = lambda side, field: statistics.median(p[side][field] for p in pairs)
        result = {"row": name, **row, "pairs": len(pairs), "ratio": round(statistics.median(ratios), 3),
                  "least": round(min(ratios), 3), "most": round(max(ratios), 3),
                  "ours_ms": median(0, "median_ms"), "other_ms": median(1, "median_ms"),
                  "cpu_ratio": round(statistics.median(o["cpu_ms"] / m["cpu_ms"] for m, o in pairs), 3),
                  "images_per_s": median(0, "images_per_s"), "gflops": median(0, "gflops"),
                  "peak_gflops": median(0, "peak_gflops"), "peak_percent": median(0, "peak_percent"),
                  "l1_percent": median(0, "l1_percent"), "memory_mb": median(0, "memory_mb"),
                  "other_memory_mb": median(1, "memory_mb"), "load_before": round(load, 2)}
        if variant:
            result.update(variant=variant, tried=tried, torch=pairs[0][1]["torch"],
                          other_memory_above_import_mb=median(1, "memory_above_import_mb"))
        result["seconds"] = round(time.time() - start, 1)
        return result


def supports(march):
    if march != "x86-64-v4":
        return True
    with open("/proc/cpuinfo") as info:
        return "avx512f" in info.read()


def text(r):
    if "error" in r:
        return f"| {r['row']} | {r['error']} |" + " |" * 8
    against = r.get("variant", r["against"])
    other = f"{r['other_memory_mb']:.0f}"
    if "other_memory_above_import_mb" in r:
        other += f" ({r['other_memory_above_import_mb']:.0f} above its import)"
    return (f"| {r['row']} | {against} | {r['ratio']:.2f}x ({r['least']:.2f} to {r['most']:.2f}) | {r['cpu_ratio']:.2f}x | "
            f"{r['ours_ms']:.2f} | {r['other_ms']:.2f} | {r['images_per_s']:.0f} | {r['peak_percent']:.0f} % | "
            f"{r['l1_percent']:.3f} % | {r['memory_mb']:.0f} / {other} |")


def main():
    table = rows()
    p = argparse.ArgumentParser(prog="compare_torch.sh", description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--rows", help="comma-separated names, of networks or of rows (vgg11)")
    p.add_argument("--all", action="store_true", help="every row")
    p.add_argument("--list", action="store_true", help="print the names of the rows")
    p.add_argument("--pairs", type=int, default=5)
    p.add_argument("--seconds", type=float, default=2, help="per half of a pair, at least; and at least 5 steps")
    p.add_argument("--no-compile", action="store_true", help="do not try torch.compile")
    p.add_argument("--compile-limit", type=float, default=90, help="seconds that one torch.compile may take (90)")
    p.add_argument("--file", help="where finished rows are kept (build/compare_torch.jsonl with --all, else nowhere)")
    p.add_argument("--fresh", action="store_true", help="forget the rows in that file")
    p.add_argument("--json", action="store_true", help="one JSON object per row instead of a table")
    p.add_argument("--build", default="build", help=argparse.SUPPRESS)
    a = p.parse_args()
    if a.list:
        print("\n".join(table))
        return
    wanted = list(table) if a.all else (a.rows or "vgg11").split(",")
    unknown = [name for name in wanted if name not in table]
    if unknown:
        p.error(f"no row is called {', '.join(unknown)}; --list names them")
    file = a.file or (os.path.join(a.build, "compare_torch.jsonl") if a.all else None)
    done = {}
    if file and os.path.exists(file) and not a.fresh:
        with open(file) as lines:
            done = {r["row"]: r for r in map(json.loads, lines)}
    elif file:
        open(file, "w").close()
    if not a.json:
        print("| row | against | ratio, median (least to most) | CPU time | ours, ms | other, ms | images/s | of peak | "
              "L1 term | memory, MB |\n|" + "---|" * 10, flush=True)
    comparison = Comparison(a)
    for name in wanted:
        row = table[name]
        if name not in done:
            if not supports(row["march"]):
                done[name] = {"row": name, "error": "not run: this CPU lacks AVX-512"}
            else:
                try:
                    done[name] = comparison.run(name, row)
                except (OSError, subprocess.CalledProcessError, ValueError) as e:  # the other rows still count
                    done[name] = {"row": name, "error": str(e).splitlines()[0][:200]}
            if file and "error" not in done[name]:
                with open(file, "a") as out:
                    out.write(json.dumps(done[name]) + "\n")
        print(json.dumps(done[name]) if a.json else text(done[name]), flush=True)
    if not a.json:
        for name in wanted:
            if done[name].get("tried"):
                tried = ", ".join(f"{v} {t}" for v, t in done[name]["tried"].items())
                print(f"\n{name}: PyTorch {done[name]['torch']}, ms: {tried}", end="")
        print()


if __name__ == "__main__":
    main()
