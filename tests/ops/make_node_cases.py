#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
"""Writes node_cases.txt: single nodes with inputs and the outputs of ONNX Runtime (where it has no
kernel for the operator set, of the reference evaluator of the onnx package).

    python3 tests/ops/make_node_cases.py > tests/ops/node_cases.txt

Needs numpy, onnx and onnxruntime. The format is read by tests/support/node_cases.hpp.
"""
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

random = np.random.default_rng(7)
TYPES = {np.dtype("float32"): "float32", np.dtype("int64"): "int64", np.dtype("int32"): "int32",
         np.dtype("bool"): "boolean"}
counts = {}


def real(*shape, low=-2.0, high=2.0):
    # Three decimals: exact enough to make results differ, short enough to commit.
    return np.round(random.uniform(low, high, shape), 3).astype(np.float32)


def ints(*values):
    return np.array(values, dtype=np.int64)


def text(value):
    if value.dtype == np.bool_:
        return str(int(value))
    return np.format_float_positional(value, unique=True, trim="-") if value.dtype.kind == "f" \
        else str(value)


def show(kind, array):
    array = np.asarray(array)
    print(kind, TYPES[array.dtype], array.ndim, *array.shape, *(text(v) for v in array.reshape(-1)))


def run(model, feeds, names):
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(),
                                               providers=["CPUExecutionProvider"])
        return session.run(names, feeds)
    except Exception:  # no kernel for this operator set
        return ReferenceEvaluator(model).run(names, feeds)


def case(op, inputs, opset=18, outputs=1, **attributes):
    node = helper.make_node(op, [f"i{k}" if x is not None else "" for k, x in enumerate(inputs)],
                            [f"o{k}" for k in range(outputs)], **attributes)
    feeds = {f"i{k}": np.asarray(x) for k, x in enumerate(inputs) if x is not None}
    infos = [helper.make_tensor_value_info(k, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape)
             for k, v in feeds.items()]
    names = [f"o{k}" for k in range(outputs)]
    outs = [helper.make_tensor_value_info(n, TensorProto.UNDEFINED, None) for n in names]
    model = helper.make_model(helper.make_graph([node], "g", infos, outs),
                              opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    for o in model.graph.output:  # let inference fill in the types
        o.type.Clear()
    inferred = onnx.shape_inference.infer_shapes(model)
    known = {v.name: v for v in list(inferred.graph.value_info) + list(inferred.graph.output)}
    for o in model.graph.output:
        o.CopyFrom(known[o.name])
    results = run(model, feeds, names)
    counts[op] = counts.get(op, 0) + 1
    print("case", f"{op.lower()}_{counts[op]}", op, opset)
    for key, value in attributes.items():
        if isinstance(value, str):
            print("text", key, value)
        elif isinstance(value, float):
            print("real", key, value)
        elif isinstance(value, int):
            print("integer", key, value)
        elif isinstance(value, onnx.TensorProto):
            array = onnx.numpy_helper.to_array(value)
            show(f"tensor {key}", array)
        elif isinstance(value[0], float):
            print("reals", key, *value)
        else:
            print("integers", key, *value)
    for x in inputs:
        if x is None:
            print("absent")
        else:
            show("input", x)
    for y in results:
        show("output", y)
    print("end")


def convolutions():
    case("Conv", [real(1, 2, 5, 4), real(3, 2, 3, 3), real(3)], pads=[1, 1, 1, 1])
    case("Conv", [real(2, 4, 5, 5), real(6, 2, 3, 2)], group=2, strides=[2, 1], pads=[0, 1, 2, 0])
    case("Conv", [real(1, 3, 6, 6), real(6, 1, 3, 3), real(6)], group=3, dilations=[2, 1])
    case("Conv", [real(1, 2, 7), real(3, 2, 3)], strides=[2], auto_pad="SAME_UPPER")
    case("Conv", [real(1, 2, 6, 6), real(2, 2, 3, 3)], strides=[2, 2], auto_pad="SAME_LOWER")
    case("Conv", [real(1, 2, 5), real(2, 2, 3)], auto_pad="VALID")
    case("Conv", [real(1, 2, 3, 4, 3), real(2, 2, 2, 2, 2)], pads=[0, 1, 0, 1, 0, 0])
    case("ConvTranspose", [real(1, 3, 3, 3), real(3, 2, 3, 3), real(2)], strides=[2, 2],
         pads=[1, 1, 1, 1], output_padding=[1, 1])
    case("ConvTranspose", [real(1, 4, 3), real(4, 2, 3)], group=2, dilations=[2])
    case("ConvTranspose", [real(1, 2, 3, 3), real(2, 2, 3, 3)], strides=[3, 2],
         output_shape=[10, 8])
    case("ConvTranspose", [real(1, 2, 3, 3), real(2, 1, 3, 3)], strides=[2, 2],
         auto_pad="SAME_UPPER")


def products():
    case("Gemm", [real(2, 3), real(3, 4), real(4)], alpha=0.5, beta=2.0)
    case("Gemm", [real(3, 2), real(4, 3), real(2, 1)], transA=1, transB=1)
    case("Gemm", [real(2, 3), real(4, 3)], transB=1)
    case("MatMul", [real(2, 3, 4), real(4, 2)])
    case("MatMul", [real(2, 1, 3, 4), real(3, 4, 2)])
    case("MatMul", [real(3), real(2, 3, 4)])
    case("MatMul", [real(2, 3), real(3)])
    case("MatMul", [ints(1, 2, 3, 4).reshape(2, 2), ints(5, 6, 7, 8).reshape(2, 2)])


def norms():
    def bn(n):
        return [real(n), real(n), real(n), real(n, low=0.5)]
    case("BatchNormalization", [real(2, 3, 2, 2), *bn(3)], epsilon=0.01)
    case("BatchNormalization", [real(3, 4), *bn(4)])
    case("InstanceNormalization", [real(2, 3, 3, 2), real(3), real(3)], epsilon=0.001)
    case("GroupNormalization", [real(2, 4, 3), real(4), real(4)], opset=21, num_groups=2)
    case("GroupNormalization", [real(1, 4, 2, 2), real(2), real(2)], opset=18, num_groups=2)
    case("LayerNormalization", [real(2, 3, 4), real(4), real(4)])
    case("LayerNormalization", [real(2, 3, 4), real(3, 4)], axis=1, epsilon=0.1)
    case("LpNormalization", [real(2, 3, 4)], axis=1, p=2)
    case("LpNormalization", [real(2, 3)], axis=-1, p=1)


def activations():
    for op in ["Relu", "Abs", "Neg", "Sign", "Sigmoid", "HardSwish", "Softplus", "Softsign", "Mish",
               "Tanh", "Erf", "Exp", "Sin", "Cos", "Floor", "Ceil", "Round", "Identity"]:
        case(op, [real(2, 3, 2)])
    for op in ["Log", "Sqrt", "Reciprocal"]:
        case(op, [real(2, 3, low=0.1)])
    case("LeakyRelu", [real(2, 3)])
    case("LeakyRelu", [real(2, 3)], alpha=0.2)
    case("Elu", [real(2, 3)], alpha=1.5)
    case("Celu", [real(2, 3)], alpha=0.7)
    case("Selu", [real(2, 3)])
    case("ThresholdedRelu", [real(2, 3)], alpha=0.5)
    case("HardSigmoid", [real(2, 3)])
    case("HardSigmoid", [real(2, 3)], alpha=0.1666, beta=0.4)
    case("Gelu", [real(2, 3)], opset=20)
    case("Gelu", [real(2, 3)], opset=20, approximate="tanh")
    case("Clip", [real(2, 3), np.float32(-0.5), np.float32(1)])
    case("Clip", [real(2, 3), None, np.float32(0.5)])
    case("Clip", [real(2, 3)], opset=6, min=-1.0, max=0.25)
    case("Cast", [real(2, 3)], to=TensorProto.INT64)
    case("Cast", [ints(0, 1, 5)], to=TensorProto.BOOL)
    case("Cast", [ints(0, -1, 5)], to=TensorProto.FLOAT)
    case("Dropout", [real(2, 3)], opset=13)
    case("Not", [np.array([True, False])])
    case("IsNaN", [np.array([1, np.nan], dtype=np.float32)])


def elementwise():
    for op in ["Add", "Sub", "Mul", "Div", "PRelu"]:
        case(op, [real(2, 3, 4), real(3, 1, low=0.5)])
    case("Add", [real(1), real(2, 1, 3)])
    case("Div", [ints(7, -7, 9), ints(2, 2, -4)])
    case("Mul", [ints(7, -7, 9), ints(2, 2, -4)])
    for op in ["Max", "Min", "Sum", "Mean"]:
        case(op, [real(2, 3), real(3), real(2, 1)])
    case("Pow", [real(2, 3, low=0.1), real(3)])
    case("Pow", [real(2, 3), np.float32(2)])
    case("Mod", [ints(7, -7, 9), ints(2, 3, -4)])
    for op in ["Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"]:
        case(op, [ints(1, 2, 3), ints(3, 2, 1)])
    case("Less", [real(2, 3), real(3)])
    for op in ["And", "Or", "Xor"]:
        case(op, [np.array([[True], [False]]), np.array([True, False])])
    case("Where", [np.array([[True], [False]]), real(2, 3), real(3)])


def pools():
    case("MaxPool", [real(1, 2, 5, 5)], kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 1, 1])
    case("MaxPool", [real(1, 2, 6, 6)], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
    case("MaxPool", [real(1, 2, 7)], kernel_shape=[2], dilations=[3])
    case("AveragePool", [real(1, 2, 5, 5)], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    case("AveragePool", [real(1, 2, 5, 5)], kernel_shape=[3, 3], pads=[1, 1, 1, 1],
         count_include_pad=1)
    case("AveragePool", [real(1, 1, 6, 6)], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
    case("AveragePool", [real(1, 2, 5)], kernel_shape=[2], auto_pad="SAME_UPPER")
    case("LpPool", [real(1, 2, 4, 4)], kernel_shape=[2, 2], p=2)
    for op in ["GlobalAveragePool", "GlobalMaxPool"]:
        case(op, [real(2, 2, 3, 2)])
    case("GlobalLpPool", [real(1, 2, 3, 2)], p=2)


def reductions():
    for op in ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1",
               "ReduceL2", "ReduceSumSquare", "ReduceLogSumExp", "ReduceLogSum"]:
        case(op, [real(2, 3, 4, low=0.1), ints(1)], keepdims=0)
    case("ReduceMean", [real(2, 3, 4), ints(-1, 0)])
    case("ReduceMean", [real(2, 3, 4)], opset=13, axes=[2, 1], keepdims=0)
    case("ReduceSum", [real(2, 3)])
    case("ReduceSum", [real(2, 3), None], noop_with_empty_axes=1)
    case("ReduceMax", [ints(1, 5, 2, 4).reshape(2, 2), ints(0)])
    case("ArgMax", [real(2, 3, 4)], axis=1)
    case("ArgMax", [np.array([[1, 3, 3]], dtype=np.float32)], axis=-1, keepdims=0,
         select_last_index=1)
    case("ArgMin", [real(2, 3, 4)], axis=2, keepdims=0)


def joins():
    case("Concat", [real(2, 1, 3), real(2, 2, 3)], axis=1)
    case("Concat", [ints(1), ints(2, 3)], axis=-1)
    case("Split", [real(2, 6)], opset=13, outputs=3, axis=1)
    case("Split", [real(2, 7), ints(1, 4, 2)], outputs=3, axis=1)
    case("Split", [real(5, 2)], opset=11, outputs=2, split=[2, 3])
    case("Split", [real(2, 7)], outputs=3, axis=1, num_outputs=3)
    case("Slice", [real(4, 5), ints(1, 0), ints(3, -1)])
    case("Slice", [real(4, 5), ints(3), ints(-100), ints(0), ints(-1)])
    case("Slice", [real(4, 7), ints(-6), ints(2**31), ints(-1), ints(3)])
    case("Slice", [real(4, 5)], opset=9, starts=[0, 1], ends=[2, 9223372036854775807], axes=[0, 1])
    case("Pad", [real(2, 3), ints(0, 1, 2, 0)])
    case("Pad", [real(2, 3), ints(1, 2, 0, 0), np.float32(1.5)])
    case("Pad", [real(1, 4), ints(0, 2, 0, 3)], mode="reflect")
    case("Pad", [real(1, 3), ints(0, 2, 0, 1)], mode="edge")
    case("Pad", [real(2, 3), ints(-1, 1)[:2], None, ints(1)])
    case("Pad", [real(1, 3)], opset=10, pads=[0, 1, 0, 1], value=0.5)


def gathers():
    case("Gather", [real(3, 4), ints(2, 0, -1)], axis=1)
    case("Gather", [real(3, 4), np.int64(1)], axis=0)
    case("Gather", [real(3, 2), ints(0, 2, 2, 1).reshape(2, 2)], axis=0)
    case("Expand", [real(3, 1), ints(2, 1, 4)])
    case("Expand", [real(2, 3), ints(1)])
    case("Tile", [real(2, 3), ints(2, 3)])


def reshapes():
    case("Reshape", [real(2, 3, 4), ints(0, -1)])
    case("Reshape", [real(2, 3, 4), ints(4, 6)])
    case("Flatten", [real(2, 3, 4)])
    case("Flatten", [real(2, 3, 4)], axis=-1)
    case("Flatten", [real(2, 3)], axis=0)
    case("Squeeze", [real(1, 3, 1), ints(-1)])
    case("Squeeze", [real(1, 3, 1)])
    case("Squeeze", [real(1, 3, 1)], opset=11, axes=[0])
    case("Unsqueeze", [real(3), ints(0, -1)])
    case("Unsqueeze", [real(3, 2)], opset=11, axes=[1, 3])
    case("Transpose", [real(2, 3, 4)])
    case("Transpose", [real(2, 3, 4)], perm=[1, 0, 2])


def shapes():
    case("Shape", [real(2, 3, 4)])
    case("Shape", [real(2, 3, 4)], start=-2, end=2)
    case("Size", [real(2, 3)])
    case("ConstantOfShape", [ints(2, 3)],
         value=onnx.numpy_helper.from_array(np.array([1.5], dtype=np.float32)))
    case("ConstantOfShape", [ints(2)])
    case("Range", [np.int64(3), np.int64(10), np.int64(3)])
    case("Range", [np.float32(1), np.float32(-1), np.float32(-0.5)])
    case("Constant", [], value=onnx.numpy_helper.from_array(real(2, 2)))
    case("Constant", [], value_ints=[3, 4])


def softmaxes():
    for op in ["Softmax", "LogSoftmax"]:
        case(op, [real(2, 3, 2)], axis=1)
        case(op, [real(2, 3)])
        case(op, [real(2, 3, 2)], opset=11)


def resizes():
    def scales(*v):
        return np.array(v, dtype=np.float32)
    x = real(1, 1, 3, 4)
    for mode in ["nearest", "linear", "cubic"]:
        for how in ["half_pixel", "align_corners", "asymmetric", "pytorch_half_pixel"]:
            case("Resize", [x, None, scales(1, 1, 2, 1.5)], mode=mode,
                 coordinate_transformation_mode=how)
    case("Resize", [x, None, scales(1, 1, 0.6, 0.5)], mode="linear")
    case("Resize", [x, None, None, ints(1, 1, 5, 7)], mode="nearest",
         coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    case("Resize", [x, None, None, ints(1, 1, 2, 7)], mode="nearest", nearest_mode="ceil")
    case("Resize", [x, None, None, ints(5, 2)], mode="linear", axes=[2, 3])
    case("Resize", [x, scales(1, 1, 2, 2)], opset=10, mode="nearest")
    case("Upsample", [x, scales(1, 1, 2, 3)], opset=9, mode="nearest")
    case("Upsample", [x, scales(1, 1, 2, 2)], opset=9, mode="linear")


def space():
    case("DepthToSpace", [real(1, 8, 2, 3)], blocksize=2)
    case("DepthToSpace", [real(1, 8, 2, 1)], blocksize=2, mode="CRD")
    case("SpaceToDepth", [real(1, 2, 4, 2)], blocksize=2)


def detection():
    case("TopK", [real(2, 5), ints(3)], outputs=2)
    case("TopK", [real(3, 4), ints(2)], outputs=2, axis=0, largest=0)
    boxes = np.array([[[0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, -0.1, 1, 0.9], [0, 10, 1, 11],
                       [0, 10.1, 1, 11.1], [0, 100, 1, 101]]], dtype=np.float32)
    scores = np.array([[[0.9, 0.75, 0.6, 0.95, 0.5, 0.3]]], dtype=np.float32)
    case("NonMaxSuppression", [boxes, scores, ints(3), np.array([0.5], dtype=np.float32),
                               np.array([0.0], dtype=np.float32)])
    case("NonMaxSuppression", [boxes, scores, ints(5), np.array([0.9], dtype=np.float32),
                               np.array([0.55], dtype=np.float32)], center_point_box=1)
    case("NonZero", [np.array([[1, 0], [1, 1]], dtype=np.float32)])


def scatters():
    x = real(3, 4)
    case("GatherND", [x, np.array([[0, 1], [2, -1]])])
    case("GatherND", [real(2, 3, 2), np.array([[[2]], [[0]]])], batch_dims=1)
    case("GatherND", [x, np.array([[[2]], [[1]]])])
    case("GatherElements", [x, np.array([[0, 2, -1], [1, 1, 0]])], axis=1)
    case("GatherElements", [x, np.array([[0, 2, -1, 1]])])
    case("ScatterND", [x, np.array([[1], [-1]]), real(2, 4)])
    case("ScatterND", [x, np.array([[[0, 3]], [[2, 2]]]), real(2, 1)])
    case("ScatterND", [x, np.array([[1], [1]]), real(2, 4)], reduction="add")
    case("ScatterElements", [x, np.array([[0, 3, 1], [1, 2, -1]]), real(2, 3)], axis=1)
    case("ScatterElements", [x, np.array([[0, 2, 1, -1]]), real(1, 4)], reduction="add")


def operator_sets():
    """Operators as they were before, from operator set 7: attributes that became inputs, axes that
    meant something else."""
    x = real(2, 3, 2, 2)
    for opset in [7, 9, 14, 15]:
        case("BatchNormalization", [x, real(3), real(3), real(3), real(3, low=0.5)], opset=opset)
    for opset in [7, 10]:
        case("Clip", [real(2, 3)], opset=opset, min=-0.5, max=1.5)
    for opset in [11, 12, 13]:
        case("Clip", [real(2, 3), np.float32(-1), np.float32(1)], opset=opset)
    for opset in [7, 10]:
        case("Dropout", [real(2, 3)], opset=opset, ratio=0.3)
    case("Dropout", [real(2, 3), np.float32(0.3)], opset=12)
    case("Pad", [real(1, 2, 3)], opset=7, pads=[0, 1, 0, 0, 0, 2], mode="reflect")
    for opset in [11, 13]:
        case("Pad", [real(2, 3), ints(0, 1, 1, 0), np.float32(0.5)], opset=opset)
    case("Split", [real(4, 2)], opset=7, outputs=2, axis=0)
    case("Split", [real(2, 5)], opset=7, outputs=2, axis=1, split=[1, 4])
    for op in ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceL2"]:
        for opset in [7, 12]:
            case(op, [real(2, 3, 2)], opset=opset, axes=[0, 2], keepdims=0)
    case("ReduceSum", [real(2, 3, 2), ints(0, 2)], opset=13, keepdims=0)
    for opset in [7, 11]:
        case("Squeeze", [real(1, 3, 1)], opset=opset, axes=[0, 2])
        case("Unsqueeze", [real(3)], opset=opset, axes=[0, 2])
    for opset in [7, 12, 13]:
        for op in ["Softmax", "LogSoftmax"]:
            case(op, [real(2, 2, 3)], opset=opset)
            case(op, [real(2, 2, 3)], opset=opset, axis=1)
    case("ArgMax", [real(2, 3)], opset=7, axis=1, keepdims=0)
    roi, scales = np.zeros(0, dtype=np.float32), np.array([1, 1, 2, 2], dtype=np.float32)
    for opset in [11, 13]:
        for mode in ["nearest", "linear"]:
            case("Resize", [real(1, 1, 2, 3), roi, scales], opset=opset, mode=mode)
        case("Resize", [real(1, 1, 2, 3), roi, np.zeros(0, dtype=np.float32), ints(1, 1, 4, 5)],
             opset=opset, mode="linear", coordinate_transformation_mode="align_corners")
    case("TopK", [real(2, 4)], opset=7, outputs=2, k=2, axis=1)
    case("TopK", [real(2, 4), ints(2)], opset=10, outputs=2)
    case("Slice", [real(4, 5), ints(0, 1), ints(3, 4), ints(0, 1), ints(2, 1)], opset=10)
    case("Gemm", [real(2, 3), real(3, 2), real(1, 2)], opset=7)
    case("Gemm", [real(2, 3), real(3, 2)], opset=11)
    case("Max", [real(2, 3), real(3)], opset=8)
    case("PRelu", [real(2, 3), real(3)], opset=7)
    case("Pow", [real(2, 3, low=0.1), real(3)], opset=7)
    case("Gather", [real(3, 2), ints(2, 0)], opset=7, axis=0)
    case("Cast", [real(2, 2)], opset=7, to=TensorProto.INT64)
    case("MaxPool", [real(1, 1, 4, 4)], opset=7, kernel_shape=[2, 2], strides=[2, 2])
    case("AveragePool", [real(1, 1, 4, 4)], opset=7, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    case("Conv", [real(1, 2, 4, 4), real(2, 2, 3, 3)], opset=7, pads=[1, 1, 1, 1])
    case("Concat", [real(1, 2), real(1, 3)], opset=7, axis=1)
    case("Flatten", [real(2, 3, 2)], opset=7)
    case("Reshape", [real(2, 6), ints(3, -1)], opset=7)
    case("Upsample", [real(1, 1, 2, 3)], opset=7, mode="nearest", scales=[1.0, 1.0, 2.0, 2.0])


def sums_of_products():
    case("Einsum", [real(2, 3, 4), real(2, 5, 4)], equation="bij,bkj->bik")
    case("Einsum", [real(2, 3, 4), real(4, 3)], equation="bij,jk->kbi")
    case("Einsum", [real(2, 3), real(3)], equation="...a,a")
    case("Einsum", [real(2, 1, 3, 4), real(5, 4, 2)], equation="...ij,...jk->...ik")
    case("Einsum", [real(3, 3)], equation="ii->i")
    case("Einsum", [real(2, 3), real(3, 4), real(4, 2)], equation="ab,bc,cd->da")
    case("Einsum", [real(2, 3, 4)], equation="Bca")


def main():
    print("# made by make_node_cases.py")
    for family in (convolutions, products, norms, activations, elementwise, pools, reductions,
                   joins, gathers, reshapes, shapes, softmaxes, resizes, space, detection, scatters,
                   operator_sets, sums_of_products):
        family()


if __name__ == "__main__":
    sys.exit(main())
