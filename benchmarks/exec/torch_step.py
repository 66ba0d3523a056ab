#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
"""One step of network slimming in PyTorch on the CPU: the peer of bench_step.

Forward, cross entropy, backward, L1 sub-gradient on every scale factor, SGD with momentum and weight decay; or one
inference, in PyTorch or in ONNX Runtime. The images are noise: the time does not depend on them.

  torch_step.py --arch vgg11 --batch 64 --threads 4 --variant channels_last
  torch_step.py --serve      # reads one JSON object of options per line, answers with one line each; stays warm
"""
import argparse
import io
import json
import statistics
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

VGG = {
    "vgg11": "64 M 128 M 256 256 M 512 512 M 512 512",
    "vgg16": "64 64 M 128 128 M 256 256 256 M 512 512 512 M 512 512 512",
    "vgg19": "64 64 M 128 128 M 256 256 256 256 M 512 512 512 512 M 512 512 512 512",
}
VARIANTS = ("default", "channels_last", "compile", "compile_channels_last", "onnxruntime")


def conv(i, o, kernel, stride=1):
    return nn.Conv2d(i, o, kernel, stride, kernel // 2, bias=False)


class Head(nn.Module):
    """Global pooling and the linear layer."""

    def __init__(self, channels):
        super().__init__()
        self.linear = nn.Linear(channels, 10)

    def forward(self, x):
        return self.linear(F.adaptive_avg_pool2d(x, 1).flatten(1))


def vgg(cfg):
    layers, channels = [], 3
    for entry in cfg.split():
        if entry == "M":
            layers.append(nn.MaxPool2d(2))
        else:
            layers += [conv(channels, int(entry), 3), nn.BatchNorm2d(int(entry)), nn.ReLU(inplace=True)]
            channels = int(entry)
    return nn.Sequential(*layers, Head(channels))


class BasicBlock(nn.Module):
    """Two 3x3 convolutions; where the width grows, the shortcut is subsampled and padded with zeros."""

    def __init__(self, i, o, stride):
        super().__init__()
        self.conv1, self.bn1 = conv(i, o, 3, stride), nn.BatchNorm2d(o)
        self.conv2, self.bn2 = conv(o, o, 3), nn.BatchNorm2d(o)
        self.stride, self.pad = stride, (o - i) // 2

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        if self.pad:
            x = F.pad(x[:, :, ::self.stride, ::self.stride], (0, 0, 0, 0, self.pad, self.pad))
        return F.relu(y + x)


def resnet(depth):
    blocks, width, layers = (depth - 2) // 6, 16, [conv(3, 16, 3), nn.BatchNorm2d(16), nn.ReLU(inplace=True)]
    for out in (16, 32, 64):
        for n in range(blocks):
            layers.append(BasicBlock(width, out, 2 if n == 0 and out > 16 else 1))
            width = out
    return nn.Sequential(*layers, Head(width))


class Bottleneck(nn.Module):
    """Normalisation before every convolution: 1x1, 3x3, 1x1 to four times the width."""

    def __init__(self, i, planes, stride, first):
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(i), conv(i, planes, 1)
        self.bn2, self.conv2 = nn.BatchNorm2d(planes), conv(planes, planes, 3, stride)
        self.bn3, self.conv3 = nn.BatchNorm2d(planes), conv(planes, 4 * planes, 1)
        self.shortcut = conv(i, 4 * planes, 1, stride) if first else nn.Identity()

    def forward(self, x):
        y = self.conv1(F.relu(self.bn1(x)))
        y = self.conv2(F.relu(self.bn2(y)))
        return self.conv3(F.relu(self.bn3(y))) + self.shortcut(x)


def preresnet(depth):
    blocks, width, layers = (depth - 2) // 9, 16, [conv(3, 16, 3)]
    for planes in (16, 32, 64):
        for n in range(blocks):
            layers.append(Bottleneck(width, planes, 2 if n == 0 and planes > 16 else 1, n == 0))
            width = 4 * planes
    return nn.Sequential(*layers, nn.BatchNorm2d(width), nn.ReLU(inplace=True), Head(width))


class DenseLayer(nn.Module):
    def __init__(self, width, growth):
        super().__init__()
        self.bn, self.conv = nn.BatchNorm2d(width), conv(width, growth, 3)

    def forward(self, x):
        return torch.cat((x, self.conv(F.relu(self.bn(x)))), 1)


def densenet(depth, growth=12):
    width, layers = 2 * growth, [conv(3, 2 * growth, 3)]
    for stage in range(3):
        for _ in range((depth - 4) // 3):
            layers.append(DenseLayer(width, growth))
            width += growth
        layers += [nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
        if stage < 2:
            layers += [conv(width, width, 1), nn.AvgPool2d(2)]
    return nn.Sequential(*layers, Head(width))


def make_net(arch):
    family = arch.rstrip("0123456789")
    if family == "vgg":
        return vgg(VGG[arch])
    return {"resnet": resnet, "preresnet": preresnet, "densenet": densenet}[family](int(arch[len(family):]))


def memory_mb():
    with open("/proc/self/status") as status:
        return {line.split(":")[0]: float(line.split()[1]) / 1e3 * 1.024
                for line in status if line.startswith(("VmHWM", "VmRSS"))}


class Stepper:
    """A network in one variant, and the step that is timed."""

    def __init__(self, o):
        torch.manual_seed(0)
        if o["threads"]:
            torch.set_num_threads(o["threads"])
        layout = torch.channels_last if "channels_last" in o["variant"] else torch.contiguous_format
        self.net = make_net(o["arch"]).to(memory_format=layout)
        self.x = torch.randn(o["batch"], 3, 32, 32).contiguous(memory_format=layout)
        self.y = torch.randint(0, 10, (o["batch"],))
        self.run = torch.compile(self.net) if "compile" in o["variant"] else self.net
        self.norms = [m for m in self.net.modules() if isinstance(m, nn.BatchNorm2d)]
        if o["variant"] == "onnxruntime":
            self.step = self.onnx_session(o)
        elif o["inference"]:
            self.net.eval()
            self.step = self.infer
        else:
            try:
                self.sgd = torch.optim.SGD(self.net.parameters(), 0.01, momentum=0.9, weight_decay=1e-4, fused=True)
            except (TypeError, RuntimeError):  # before 2.4
                self.sgd = torch.optim.SGD(self.net.parameters(), 0.01, momentum=0.9, weight_decay=1e-4)
            self.step = self.train

    def train(self):
        self.sgd.zero_grad(set_to_none=True)
        loss = F.cross_entropy(self.run(self.x), self.y)
        loss.backward()
        with torch.no_grad():
            for m in self.norms:
                m.weight.grad.add_(torch.sign(m.weight), alpha=1e-4)
        self.sgd.step()
        return loss.item()

    def infer(self):
        with torch.inference_mode():
            self.run(self.x)

    def onnx_session(self, o):
        import onnxruntime
        file = io.BytesIO()
        torch.onnx.export(self.net.eval(), (self.x,), file, dynamo=False)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = o["threads"]
        session = onnxruntime.InferenceSession(file.getvalue(), options, providers=["CPUExecutionProvider"])
        feed = {session.get_inputs()[0].name: self.x.numpy()}
        return lambda: session.run(None, feed)


def measure(step, o):
    for _ in range(2):
        step()
    times, cpu, start = [], time.process_time(), time.perf_counter()
    while time.perf_counter() - start < o["seconds"] or len(times) < o["steps"]:
        begin = time.perf_counter()
        step()
        times.append(1e3 * (time.perf_counter() - begin))
    return {"median_ms": round(statistics.median(times), 3), "min_ms": round(min(times), 3), "steps": len(times),
            "cpu_ms": round(1e3 * (time.process_time() - cpu) / len(times), 3),
            "images_per_s": round(1e3 * o["batch"] / statistics.median(times), 1)}


def answer(o, last={}):
    """Measures one set of options; the network stays for the next call with the same ones."""
    key = {k: o[k] for k in ("arch", "batch", "threads", "inference", "variant")}
    if last.get("key") != key:
        last.clear()
        before = memory_mb()["VmRSS"]
        last.update(key=key, stepper=Stepper(o), before=before)
    result = measure(last["stepper"].step, o)
    memory = memory_mb()["VmHWM"]
    return {**key, "torch": torch.__version__, **result, "memory_mb": round(memory, 1),
            "memory_above_import_mb": round(memory - last["before"], 1)}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--arch", default="vgg11")
    p.add_argument("--batch", type=int, default=64)
    p.add_argument("--threads", type=int, default=0, help="0: PyTorch's own choice")
    p.add_argument("--inference", action="store_true")
    p.add_argument("--variant", choices=VARIANTS, default="default")
    p.add_argument("--seconds", type=float, default=3)
    p.add_argument("--steps", type=int, default=10, help="at least this many")
    p.add_argument("--serve", action="store_true")
    a = vars(p.parse_args())
    if not a.pop("serve"):
        print(json.dumps(answer(a)))
        return
    for line in sys.stdin:
        try:
            result = answer({**a, **json.loads(line)})
        except Exception as e:  # a variant that this PyTorch cannot run is an answer too
            result = {"error": f"{type(e).__name__}: {e}".splitlines()[0][:200]}
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
