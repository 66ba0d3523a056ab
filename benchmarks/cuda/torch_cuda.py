#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
"""PyTorch's side of bench_cuda, on the same device: the optimiser step of VGG-19 with the L1 loop over
scale factors, and whole training steps in channels_last with cudnn.benchmark and torch.compile.

  python3 benchmarks/cuda/torch_cuda.py [--eager] [--compiled] [--json FILE]

Without a selection both are measured.
"""
import argparse
import contextlib
import json
import statistics

import torch
import torch.nn as nn
import torch.nn.functional as F

CFG = [64, 64, "M", 128, 128, "M", 256, 256, 256, 256, "M", 512, 512, 512, 512, "M", 512, 512, 512, 512]


class Vgg(nn.Module):
    def __init__(self):
        super().__init__()
        layers, channels = [], 3
        for entry in CFG:
            if entry == "M":
                layers.append(nn.MaxPool2d(2))
                continue
            layers += [nn.Conv2d(channels, entry, 3, padding=1, bias=False), nn.BatchNorm2d(entry), nn.ReLU(inplace=True)]
            channels = entry
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Linear(channels, 10)
        for m in self.modules():
            if isinstance(m, nn.BatchNorm2d):
                nn.init.constant_(m.weight, 0.5)

    def forward(self, x):
        return self.classifier(F.adaptive_avg_pool2d(self.features(x), 1).flatten(1))


def milliseconds(work, calls=30, rounds=7, warmup=10):
    for _ in range(warmup):
        work()
    means = []
    for _ in range(rounds):
        start, stop = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        for _ in range(calls):
            work()
        stop.record()
        stop.synchronize()
        means.append(start.elapsed_time(stop) / calls)
    return statistics.median(means)


def add_l1(norms, strength=1e-4):
    with torch.no_grad():
        for m in norms:
            m.weight.grad.add_(strength * torch.sign(m.weight))


def optimiser_rows():
    net = Vgg().cuda()
    norms = [m for m in net.modules() if isinstance(m, nn.BatchNorm2d)]
    for p in net.parameters():
        p.grad = torch.randn_like(p)
    for name, options in (("fused", {"fused": True}), ("foreach", {"foreach": True})):
        sgd = torch.optim.SGD(net.parameters(), 1e-6, momentum=0.9, weight_decay=1e-4, **options)

        def work():
            add_l1(norms)
            sgd.step()

        yield f"SGD {name} + L1 loop, VGG-19, fp32", milliseconds(work)


def step_row(batch, precision, compiled):
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = precision == "tf32"
    net = Vgg().cuda().to(memory_format=torch.channels_last)
    x = torch.randn(batch, 3, 32, 32, device="cuda").contiguous(memory_format=torch.channels_last)
    y = torch.randint(0, 10, (batch,), device="cuda")
    sgd = torch.optim.SGD(net.parameters(), 0.01, momentum=0.9, weight_decay=1e-4, fused=True)
    norms = [m for m in net.modules() if isinstance(m, nn.BatchNorm2d)]
    torch.compiler.reset()  # every row compiles for its own extents, as if it were alone
    run = torch.compile(net, dynamic=False) if compiled else net
    amp = torch.autocast("cuda", dtype=torch.bfloat16) if precision == "bf16" else contextlib.nullcontext()

    def work():
        sgd.zero_grad(set_to_none=True)
        with amp:
            loss = F.cross_entropy(run(x), y)
        loss.backward()
        add_l1(norms)
        sgd.step()

    name = f"VGG-19 step {precision} batch {batch}" + (", compiled" if compiled else ", eager")
    return name, milliseconds(work)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--json")
    p.add_argument("--eager", action="store_true", help="the optimiser and steps without torch.compile")
    p.add_argument("--compiled", action="store_true", help="steps with torch.compile")
    a = p.parse_args()
    torch.manual_seed(0)
    torch.backends.cudnn.benchmark = True
    rows = []

    def report(name, ms):
        rows.append({"name": name, "ms": ms})
        print(f"{name:58s} {ms:10.4f}", flush=True)
        if a.json:  # after every row: a run that is cut off leaves what it has
            with open(a.json, "w") as out:
                json.dump({"device": torch.cuda.get_device_name(), "torch": torch.__version__, "rows": rows}, out, indent=1)

    print(torch.cuda.get_device_name(), "torch", torch.__version__)
    everything = a.eager == a.compiled
    if a.eager or everything:
        for name, ms in optimiser_rows():
            report(name, ms)
    for compiled in [c for c in (False, True) if everything or c == a.compiled]:
        for precision in ("bf16", "tf32", "fp32"):
            for batch in (64, 256):
                report(*step_row(batch, precision, compiled))


if __name__ == "__main__":
    main()
