#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
"""bench_surgery beside Torch-Pruning, network by network, in one run on one machine.

Both take torchvision's shapes with random weights, group L2, global ratio, classifier kept. Torch-Pruning
traces the network with one forward pass; that pass is measured and subtracted.
Prints a Markdown table. Run it through compare_torch_pruning.sh.
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


def measure_ours(program, net, args, threads):
    line = subprocess.run(
        [program, "--json", "--nets", net, "--threads", str(threads), "--ratio", str(args.ratio),
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
    parser.add_argument("--threads", type=int, default=1, help="of both programs")
    parser.add_argument("--more-threads", type=int, default=4, help="a further column of ours; 0: none")
    parser.add_argument("--ratio", type=float, default=0.5)
    parser.add_argument("--reps", type=int, default=15)
    parser.add_argument("--peer-reps", type=int, default=3)
    parser.add_argument("--size", type=int, default=64, help="input side for the peer's forward pass")
    parser.add_argument("--chain", action="store_true", help="a row for a chain of 100,000 layers, ours alone")
    args = parser.parse_args()

    more = [f"{args.more_threads} threads"] if args.more_threads else []
    head = ["network", "parameters", "after", "after (peer)", "groups", "groups (peer)", "ratio", "prune", *more,
            "prune (peer)", "ratio"]

    def row(cells):
        print("| " + " | ".join(cells) + " |", flush=True)

    row(head)
    row(["---"] * len(head))
    millions = lambda n: f"{1e-6 * n:.2f} M"
    for net in args.nets.split(","):
        ours = measure_ours(args.program, net, args, args.threads)
        wide = [measure_ours(args.program, net, args, args.more_threads)] if args.more_threads else []
        peer = measure_torch_pruning(net, args)
        row([net, millions(ours["parameters"]), millions(ours["after"]), millions(peer["after"]),
             f"{ours['graph_ms']:.2f}", f"{peer['groups_ms']:.1f}", f"{peer['groups_ms'] / ours['graph_ms']:.0f}",
             f"{ours['prune_ms']:.1f}", *[f"{w['prune_ms']:.1f}" for w in wide], f"{peer['prune_ms']:.0f}",
             f"{peer['prune_ms'] / ours['prune_ms']:.0f}"])
    if args.chain:
        ours = measure_ours(args.program, "chain", args, args.threads)
        row(["chain of 100,000", millions(ours["parameters"]), millions(ours["after"]), "", f"{ours['graph_ms']:.0f}", "",
             "", f"{ours['prune_ms']:.0f}", *["" for _ in more], "", ""])
    print(f"\nMilliseconds, medians; {args.threads} thread(s), CPU time where it is one. "
          f"Torch-Pruning {peer['version']}, Python {sys.version.split()[0]}.")


if __name__ == "__main__":
    main()
