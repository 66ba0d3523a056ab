#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
"""Makes graphs.zip: every architecture of torchvision's classification, segmentation and detection families,
and detectors in the manner of YOLO, as ONNX graphs without weights.

    python3 export.py [--out graphs.zip] [NAME...]

needs torch, torchvision, onnx and numpy. Named networks replace their entries in an existing archive.

A graph without weights is one whose parameters are inputs. How to draw each of them is in the metadata
"zoo.parameters": a line "NAME MEAN DEVIATION LOW HIGH" per parameter, from the network as it was initialised
and its batch norms calibrated on noise, so that what is drawn neither explodes nor vanishes with depth.
Constants that compress well (anchors, masks, grids) stay as they are.
"""
import argparse
import gc
import os
import sys
import tempfile
import warnings
import zipfile
import zlib

import numpy as np
import onnx
import torch
import torchvision
from torch import nn
from torchvision.models import detection, get_model, list_models, segmentation

import yolo

OPSET = 17
SMALL = 32  # elements; smaller constants stay


def families():
    """Names by family; quantised, video and optical-flow networks are modules of their own and not part."""
    return {
        "classification": list_models(torchvision.models),
        "segmentation": list_models(segmentation),
        "detection": list_models(detection),
        "yolo": sorted(yolo.NETWORKS),
    }


# The side of the square input: 64 unless the architecture asks for more. The adaptive pools of AlexNet and VGG
# need maps of their own size; windows of 7 patches should not be padding for the most part.
SIDES = {"alexnet": 224, "vgg": 224, "inception": 96, "swin": 112, "maxvit": 224, "vit_h_14": 56, "deeplab": 96,
         "fcn": 96, "lraspp": 96, "yolo": 128, "ssd300": 300, "ssdlite320": 320}


def side_of(name, family):
    for prefix in sorted(SIDES, key=len, reverse=True):
        if name.startswith(prefix):
            return SIDES[prefix]
    return 128 if family == "detection" else 64


def make(name, family, side):
    if family == "yolo":
        return yolo.NETWORKS[name]()
    options = {"weights": None}
    if family != "classification":
        options["weights_backbone"] = None
    if name.startswith("vit"):
        options["image_size"] = side
    if name in ("googlenet", "inception_v3"):
        options["init_weights"] = True
    if family == "detection":
        if not name.startswith("ssd"):
            options |= {"min_size": side, "max_size": side}
        if "rcnn" in name:  # few regions: each costs a head
            options |= {"rpn_pre_nms_top_n_test": 60, "rpn_post_nms_top_n_test": 12, "box_detections_per_img": 6}
    return get_model(name, **options)


def calibrate(net, family, side):
    """Biases, shifts and scales vary; running statistics are those of noise."""
    for m in net.modules():
        if isinstance(m, (nn.BatchNorm2d, nn.LayerNorm, nn.GroupNorm)) and m.weight is not None:
            nn.init.uniform_(m.weight, 0.5, 1.5)
            nn.init.normal_(m.bias, 0, 0.1)
        if isinstance(m, nn.BatchNorm2d):
            m.momentum = None
        if isinstance(m, (nn.Conv2d, nn.Linear)) and m.bias is not None:
            m.bias.data.add_(torch.randn_like(m.bias), alpha=0.05)
    net.eval()
    for m in net.modules():
        if isinstance(m, nn.BatchNorm2d):
            m.train()
    images = torch.randn(4, 3, side, side)
    with torch.no_grad():
        net(list(images) if family == "detection" else images)
    net.eval()


def freeze(module):
    """Batch norms as published detectors have them: constants in arithmetic."""
    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm2d):
            frozen = torchvision.ops.FrozenBatchNorm2d(child.num_features, child.eps)
            frozen.load_state_dict({k: v for k, v in child.state_dict().items() if k != "num_batches_tracked"})
            setattr(module, name, frozen)
        else:
            freeze(child)


class Images(nn.Module):
    """A detector over one tensor; its results in a fixed order."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, image):
        result = self.net([image])[0]
        return tuple(result[k] for k in ("boxes", "labels", "scores", "masks", "keypoints") if k in result)


class FirstOf(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        return self.net(x)["out"]


def export(name, family, side, path):
    """Batch norms stay nodes of their own, but in YOLO, which is published with them folded in."""
    net = make(name, family, side)
    calibrate(net, family, side)
    image = torch.randn(3, side, side)
    if family == "detection":
        if "resnet50" in name and "v2" not in name:
            freeze(net)
        net, example = Images(net), (image,)
    else:
        net, example = FirstOf(net) if family == "segmentation" else net, (image[None],)
    mode = torch.onnx.TrainingMode.EVAL if family in ("yolo", "detection") else torch.onnx.TrainingMode.PRESERVE
    torch.onnx.export(net.eval(), example, path, dynamo=False, opset_version=OPSET, training=mode,
                      do_constant_folding=True, input_names=["image"])


def strip(path):
    """The graph of a file with its parameters as inputs."""
    model = onnx.load(path)
    lines, keep = [], []
    for tensor in model.graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        raw = values.tobytes()
        if values.dtype != np.float32 or values.size <= SMALL or (
                len(raw) < 1 << 22 and len(zlib.compress(raw)) < len(raw) // 4):
            keep.append(tensor)
            continue
        mean, deviation, low, high = (float(f(values)) for f in (np.mean, np.std, np.min, np.max))
        assert np.isfinite([mean, deviation]).all(), tensor.name
        if low > 0:  # a variance: what is drawn does not know its channel, so it stays near the mean
            deviation = min(deviation, mean / 4)
        lines.append(" ".join([tensor.name] + ["%.4g" % x for x in (mean, deviation, low, high)]))
        model.graph.input.append(onnx.helper.make_tensor_value_info(tensor.name, onnx.TensorProto.FLOAT, values.shape))
    for tensor in keep:  # whatever lay in a file of its own does not any more
        assert not tensor.external_data, tensor.name
    del model.graph.initializer[:]
    model.graph.initializer.extend(keep)
    onnx.helper.set_model_props(model, {"zoo.parameters": "\n".join(lines)})
    return model.SerializeToString()


def write(path, entries):
    with zipfile.ZipFile(path + ".part", "w") as archive:
        for name in sorted(entries):
            entry = zipfile.ZipInfo(name)  # a fixed date: equal graphs give equal archives
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, entries[name], compresslevel=9)
    os.replace(path + ".part", path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "graphs.zip"))
    parser.add_argument("--list", action="store_true", help="print the families and stop")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    if arguments.list:
        for family, names in families().items():
            print(family, len(names), *names)
        return
    warnings.filterwarnings("ignore")
    entries = {}
    if arguments.names and os.path.exists(arguments.out):
        with zipfile.ZipFile(arguments.out) as archive:
            entries = {name: archive.read(name) for name in archive.namelist()}
    failed = []
    for family, names in families().items():
        for name in names:
            if arguments.names and name not in arguments.names:
                continue
            side = side_of(name, family)
            torch.manual_seed(1)
            try:
                with tempfile.TemporaryDirectory() as folder:
                    path = os.path.join(folder, name + ".onnx")
                    export(name, family, side, path)
                    entries[name + ".onnx"] = strip(path)
            except Exception as error:  # the others are still wanted
                failed.append(name)
                print(f"{name}: {type(error).__name__}: {str(error)[:300]}", file=sys.stderr, flush=True)
                continue
            print(f"{family} {name} {side} {len(entries[name + '.onnx'])}", flush=True)
            write(arguments.out, entries)
            gc.collect()
    sys.exit(f"failed: {' '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
