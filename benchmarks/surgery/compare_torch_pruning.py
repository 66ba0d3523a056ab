#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
"""bench_surgery beside Torch-Pruning, network by network, in one run on one machine.

Both take torchvision's shapes with random weights, group L2, global ratio, classifier kept. Torch-Pruning
traces the network with one forward pass; that pass is measured and subtracted.
Run it through compare_torch_pruning.sh.
"""
import argparse
import json
import statistics
import subprocess
import sys
import time
import warnings

warnings.filterwarnings("ignore")
NETS = "resnet18,resnet50,resnet152,resnext50,densenet121,densenet201,mobilenet_v2,vgg19_bn"
TORCHVISION = {"resnext50": "resnext50_32x4d"}


def measure_ours(program, net, args):
    line = subprocess.run(
        [program, "--json", "--nets", net, "--threads", str(args.threads), "--ratio", str(args.ratio),
         "--reps", str(args.reps)], check=True, capture_output=True, text=True).stdout
    return json.loads(line)


def measure_torch_pruning(net, args):
    import torch
    import torch_pruning
    import torchvision

    torch.set_num_threads(args.threads)
    clock = time.process_time if args.threads == 1 else time.perf_counter
    image = torch.randn(1, 3, args.size, args.size)
    laps = {"forward": [], "groups": [], "prune": []}

    def timed(key, work):
        start = clock()
        result = work()
        laps[key].append(1e3 * (clock() - start))
        return result

    for _ in range(args.peer_reps):
        torch.manual_seed(0)
        model = getattr(torchvision.models, TORCHVISION.get(net, net))(weights=None).eval()
        classifier = [m for m in model.modules() if isinstance(m, torch.nn.Linear) and m.out_features == 1000]
        with torch.no_grad():
            timed("forward", lambda: model(image))
        graph = torch_pruning.DependencyGraph().build_dependency(model, example_inputs=image, verbose=False)
        timed("groups", lambda: list(graph.get_all_groups(ignored_layers=classifier)))
        del graph

        def prune():
            torch_pruning.pruner.BasePruner(
                model, image, importance=torch_pruning.importance.GroupMagnitudeImportance(p=2),
                global_pruning=True, pruning_ratio=args.ratio, ignored_layers=classifier).step()

        timed("prune", prune)
    median = {key: statistics.median(values) for key, values in laps.items()}
    return {"groups_ms": median["groups"], "prune_ms": median["prune"] - median["forward"],
            "after": sum(p.numel() for p in model.parameters()), "version": torch_pruning.__version__}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="path of bench_surgery")
    parser.add_argument("--nets", default=NETS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--ratio", type=float, default=0.5)
    parser.add_argument("--reps", type=int, default=5)
    parser.add_argument("--peer-reps", type=int, default=3)
    parser.add_argument("--size", type=int, default=64, help="input side for the peer's forward pass")
    args = parser.parse_args()
    print(f"{args.threads} thread(s), milliseconds; parameters after, in millions")
    print(f"{'net':<13}{'groups':>10}{'peer':>10}{'ratio':>8}{'prune':>12}{'peer':>10}{'ratio':>8}"
          f"{'after':>10}{'peer':>8}")
    for net in args.nets.split(","):
        ours, peer = measure_ours(args.program, net, args), measure_torch_pruning(net, args)
        print(f"{net:<13}{ours['graph_ms']:>10.2f}{peer['groups_ms']:>10.1f}"
              f"{peer['groups_ms'] / ours['graph_ms']:>8.0f}{ours['prune_ms']:>12.2f}{peer['prune_ms']:>10.1f}"
              f"{peer['prune_ms'] / ours['prune_ms']:>8.1f}{1e-6 * ours['after']:>10.2f}"
              f"{1e-6 * peer['after']:>8.2f}", flush=True)
    print(f"Torch-Pruning {peer['version']}, Python {sys.version.split()[0]}")


if __name__ == "__main__":
    main()
