// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Residual additions and other joins, gates, attention over channels and places.

#include "tests/support/micro_graphs/micro_graph.hpp"

namespace slimming::testing {

inline std::vector<micro_graph> join_graphs() {
  return {
      {"residual",
       [](net_builder& b) {
         const auto x = stem(b);
         return b.classify(b.relu(b.add(x, b.bn(b.conv(b.conv_bn_relu(x, 24), 16)))));
       },
       40},
      {"residual chain of three",
       [](net_builder& b) {
         auto x = stem(b);
         for (int i = 0; i < 3; ++i) x = b.relu(b.add(b.bn(b.conv(b.conv_bn_relu(x, 16), 16)), x));
         return b.classify(x);
       },
       64},
      {"residual with projection",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto y = b.bn(b.conv(b.conv_bn_relu(x, 16, {.stride = 2}), 32));
         return b.classify(b.add(y, b.bn(b.conv(x, 32, {.kernel = 1, .stride = 2}))));
       },
       64},
      {"preactivation residual",
       [](net_builder& b) {
         const auto x = b.conv(b.input({1, 3, 8, 8}), 16);
         const auto y = b.conv(b.relu(b.bn(b.conv(b.relu(b.bn(x)), 16))), 16);
         return b.classify(b.relu(b.bn(b.add(x, y))));
       },
       32},
      {"option A shortcut: strided slice and channel pad",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto y = b.bn(b.conv(b.conv_bn_relu(x, 32, {.stride = 2}), 32));
         auto s = b.slice(b.slice(x, 0, 8, 2, 2), 0, 8, 2, 3);
         s = b.op("Pad", {s, b.constant({0, 8, 0, 0, 0, 8, 0, 0})});
         return b.classify(b.relu(b.add(y, s)));
       },
       64},
      {"option A shortcut: pool and concat with zeros",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto y = b.bn(b.conv(x, 32, {.stride = 2}));
         const auto s =
             b.op("AveragePool", {x}, {{"kernel_shape", ints{1, 1}}, {"strides", ints{2, 2}}});
         const auto zeros =
             b.net.add_initializer("zeros", any_tensor(dtype::float32, {1, 16, 4, 4}));
         return b.classify(b.relu(b.add(y, b.concat({s, zeros}))));
       },
       32},
      {"option A shortcut: zeros made by ConstantOfShape",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto y = b.bn(b.conv(x, 32));
         const auto zeros = b.op("ConstantOfShape", {b.constant({1, 16, 8, 8})});
         return b.classify(b.relu(b.add(y, b.concat({x, zeros}))));
       },
       32},
      {"sum of four",
       [](net_builder& b) {
         const auto x = stem(b);
         return b.classify(b.op("Sum", {b.conv(x, 16), b.conv1(x, 16), x, b.depthwise(x)}));
       },
       16},
      {"mean, maximum and minimum",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto mean = b.op("Mean", {b.conv(x, 16), b.conv(x, 16)});
         const auto high = b.op("Max", {mean, b.conv(x, 16)});
         return b.classify(b.op("Min", {high, b.conv(x, 16)}));
       },
       32},
      {"difference and product",
       [](net_builder& b) {
         const auto x = stem(b);
         return b.classify(b.mul(b.op("Sub", {b.conv(x, 16), x}), b.op("Tanh", {b.conv(x, 16)})));
       },
       16},
      {"quotient by a positive branch",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto d = b.add(b.op("Abs", {b.conv(x, 16)}), b.scalar(1.f));
         return b.classify(b.op("Div", {b.conv(x, 16), d}));
       },
       32},
      {"add with the network input keeps its channels",
       [](net_builder& b) {
         const auto in = b.input({1, 16, 8, 8});
         const auto x = b.conv(b.conv_bn_relu(in, 16), 16);
         return b.classify(b.add(in, x));
       },
       16},
      {"broadcast of one channel over many",
       [](net_builder& b) {
         const auto x = stem(b);
         return b.classify(b.conv(b.add(x, b.conv(x, 1)), 16));
       },
       32, false, true},
      {"broadcast of one place over many",
       [](net_builder& b) {
         const auto x = stem(b);
         return b.classify(b.conv(b.add(b.conv(x, 16), b.conv1(b.mean(x), 16)), 16));
       },
       48},
      {"where by a computed condition",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto y = b.conv(x, 16), z = b.conv(x, 16);
         return b.classify(b.conv(b.op("Where", {b.op("Greater", {y, z}), y, z}), 16));
       },
       48},
      {"where by a stated mask",
       [](net_builder& b) {
         const auto x = stem(b);
         any_tensor mask(dtype::boolean, {1, 1, 8, 8});
         for (std::size_t i = 0; i < 64; i += 3) mask.values<bool>()[i] = true;
         const auto m = b.net.add_initializer("mask", mask);
         return b.classify(b.conv(b.op("Where", {m, b.conv(x, 16), b.scalar(0.f)}), 16));
       },
       48},
      {"where one branch is larger, and where it is not",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto y = b.conv(x, 16), z = b.conv(x, 16);
         const auto number = [&b](value_id truth) {
           return b.op("Cast", {truth}, {{"to", index_t{1}}});
         };
         const auto high = b.mul(y, number(b.op("GreaterOrEqual", {y, z})));
         const auto low = b.mul(z, number(b.op("Less", {y, z})));
         return b.classify(b.conv(b.add(high, low), 16));
       },
       48},
      {"a rectifier written out",
       [](net_builder& b) {
         const auto x = b.conv(stem(b), 16);
         const auto dark = b.op("LessOrEqual", {x, b.scalar(0.f)});
         const auto flat = b.op("Equal", {x, b.scalar(1.f)});
         const auto y = b.op("Where", {b.op("Or", {dark, flat}), b.scalar(0.f), x});
         return b.classify(b.conv(y, 16));
       },
       48},
      {"U-Net of two levels",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto y = b.conv_bn_relu(b.max_pool(x), 24);
         const auto z = b.conv_bn_relu(b.max_pool(y), 32);
         const auto up = b.conv_bn_relu(b.concat({b.conv_transpose(z, 24), y}), 24);
         return b.out(b.conv1(b.conv_bn_relu(b.concat({b.conv_transpose(up, 16), x}), 16), 2));
       },
       16 + 24 + 32 + 24 + 24 + 16 + 16},
      {"pyramid of dilations with the mean of the image (ASPP)",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto image =
             b.op("Resize",
                  {b.relu(b.conv1(b.mean(x), 16)), no_value, no_value, b.constant({1, 16, 8, 8})},
                  {{"mode", std::string("linear")}});
         const auto y = b.concat(
             {b.conv_bn_relu(x, 16, {.kernel = 1}), b.conv_bn_relu(x, 16, {.dilation = 2}), image});
         return b.classify(b.conv_bn_relu(y, 24, {.kernel = 1}));
       },
       16 + 16 + 16 + 16 + 24},
      {"inverted residual with squeeze and excitation",
       [](net_builder& b) {
         auto x = stem(b);
         for (int i = 0; i < 2; ++i) {
           auto y = b.op("HardSwish", {b.bn(b.conv1(x, 32))});
           y = b.op("HardSwish", {b.bn(b.depthwise(y))});
           x = b.add(x, b.bn(b.conv1(b.squeeze_excite(y, 8, "HardSigmoid"), 16)));
         }
         return b.classify(x);
       },
       16 + 2 * (32 + 8)},
      {"one batch norm for two branches",
       [](net_builder& b) {
         const auto x = stem(b);
         const std::vector<value_id> shared = {b.weight({16}, 0.5, 1.5), b.weight({16}),
                                               b.weight({16}), b.weight({16}, 0.5, 2)};
         const auto norm = [&](value_id v) {
           return b.op("BatchNormalization", {v, shared[0], shared[1], shared[2], shared[3]});
         };
         return b.classify(b.concat({norm(b.conv(x, 16)), norm(b.conv1(x, 16))}));
       },
       32},
      {"one bias for two convolutions",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto bias = b.weight({16});
         const auto y = b.op("Conv", {x, b.weight({16, 16, 1, 1}), bias});
         return b.classify(b.op("Conv", {b.relu(y), b.weight({16, 16, 1, 1}), bias}));
       },
       32},
      {"top-down pyramid",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto y = b.conv_bn_relu(x, 24, {.stride = 2});
         const auto lateral = b.conv1(x, 16), top = b.conv1(y, 16);
         const auto up = b.op("Resize", {top, no_value, b.vector({1, 1, 2, 2})});
         b.net.add_output(b.conv(top, 4));
         return b.out(b.conv(b.add(lateral, up), 4));
       },
       56},
      {"two streams that cross",
       [](net_builder& b) {
         auto x = stem(b), y = b.conv_bn_relu(x, 24, {.stride = 2});
         const auto down = b.conv(x, 24, {.stride = 2});
         const auto up = b.op("Resize", {b.conv1(y, 16), no_value, b.vector({1, 1, 2, 2})});
         x = b.relu(b.add(x, up));
         y = b.relu(b.add(y, down));
         return b.classify(b.concat({b.max_pool(x), y}));
       },
       40},
  };
}

inline std::vector<micro_graph> gate_graphs() {
  return {
      {"squeeze and excitation by convolutions",
       [](net_builder& b) { return b.classify(b.conv(b.squeeze_excite(stem(b), 8), 16)); }, 40},
      {"squeeze and excitation with a hard sigmoid",
       [](net_builder& b) {
         return b.classify(b.conv(b.squeeze_excite(stem(b), 8, "HardSigmoid"), 16));
       },
       40},
      {"squeeze and excitation by linear layers and views",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto s = b.op("Sigmoid", {b.linear(b.relu(b.linear(b.flatten(b.mean(x)), 8)), 16)});
         return b.classify(b.conv(b.mul(x, b.reshape(s, {1, 16, 1, 1})), 16));
       },
       40},
      {"squeeze and excitation by a reduction and Unsqueeze",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto m = b.op("ReduceMean", {x, b.constant({2, 3})}, {{"keepdims", index_t{0}}});
         const auto s = b.op("Sigmoid", {b.linear(b.relu(b.linear(m, 8)), 16)});
         return b.classify(b.conv(b.mul(x, b.op("Unsqueeze", {s, b.constant({2, 3})})), 16));
       },
       40},
      {"squeeze and excitation with Expand",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto s = b.op("Sigmoid", {b.conv1(b.relu(b.conv1(b.mean(x), 8)), 16)});
         const auto wide = b.op("Expand", {s, b.op("Shape", {x})});
         return b.classify(b.conv(b.mul(x, wide), 16));
       },
       40},
      {"efficient channel attention is a convolution along the channels",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto line = b.transpose(b.op("Squeeze", {b.mean(x), b.constant({3})}), {0, 2, 1});
         const auto w = b.conv(line, 1, {.axes = 1});
         const auto gate = b.op("Unsqueeze", {b.transpose(w, {0, 2, 1}), b.constant({3})});
         return b.classify(b.conv(b.mul(x, b.op("Sigmoid", {gate})), 16));
       },
       16},
      {"spatial gate by a convolution",
       [](net_builder& b) {
         const auto x = stem(b);
         return b.classify(b.conv(b.mul(x, b.op("Sigmoid", {b.conv1(x, 1)})), 16));
       },
       32},
      {"spatial gate by Expand",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto g =
             b.op("Expand", {b.op("Sigmoid", {b.conv1(x, 1)}), b.constant({1, 16, 8, 8})});
         return b.classify(b.conv(b.mul(x, g), 16));
       },
       32},
      {"CBAM: channel and spatial attention",
       [](net_builder& b) {
         auto x = b.conv_bn_relu(stem(b), 16);
         const auto w1 = b.weight({8, 16, 1, 1}), w2 = b.weight({16, 8, 1, 1});
         const auto mlp = [&](value_id v) {
           return b.op("Conv", {b.relu(b.op("Conv", {v, w1})), w2});
         };
         x = b.mul(x, b.op("Sigmoid", {b.add(mlp(b.mean(x)), mlp(b.op("GlobalMaxPool", {x})))}));
         const auto axis = b.constant({1});
         const auto maps = b.concat({b.op("ReduceMean", {x, axis}), b.op("ReduceMax", {x, axis})});
         return b.classify(b.conv(b.mul(x, b.op("Sigmoid", {b.conv(maps, 1)})), 16));
       },
       16 + 16 + 8 + 16},
      {"spatial attention by a sum over channels",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto map = b.op("Sigmoid", {b.op("ReduceSum", {x, b.constant({1})})});
         return b.classify(b.conv(b.mul(x, map), 16));
       },
       32},
      {"gated linear unit over channels",
       [](net_builder& b) {
         const auto parts = b.split(b.conv(stem(b), 32), {16, 16});
         return b.classify(b.conv(b.mul(parts[0], b.op("Sigmoid", {parts[1]})), 16));
       },
       48},
      {"simple gate of NAFNet",
       [](net_builder& b) {
         const auto parts = b.split(b.depthwise(b.conv1(stem(b), 32)), {16, 16});
         const auto y = b.mul(parts[0], parts[1]);
         return b.classify(b.conv1(b.mul(y, b.conv1(b.mean(y), 16)), 16));
       },
       48},
      {"selective kernels: softmax over branches",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto u = b.conv(x, 16), v = b.conv(x, 16, {.dilation = 2});
         const auto z = b.relu(b.conv1(b.mean(b.add(u, v)), 8));
         const auto logits =
             b.reshape(b.concat({b.conv1(z, 16), b.conv1(z, 16)}), {1, 2, 16, 1, 1});
         const auto a = b.op("Softmax", {logits}, {{"axis", index_t{1}}});
         const auto weights = b.op_n("Split", 2, {a, b.constant({1, 1})}, {{"axis", index_t{1}}});
         const auto one = b.constant({1});
         const auto y = b.add(b.mul(u, b.op("Squeeze", {weights[0], one})),
                              b.mul(v, b.op("Squeeze", {weights[1], one})));
         return b.classify(b.conv(y, 16));
       },
       56},
      {"activations that map zero to zero",
       [](net_builder& b) {
         auto x = stem(b);
         for (const char* name : {"LeakyRelu", "Elu", "Selu", "Celu", "HardSwish", "Mish",
                                  "Softsign", "ThresholdedRelu", "Gelu"})
           x = b.op(name, {b.conv1(x, 8)});
         return b.classify(x);
       },
       16 + 9 * 8},
      {"activations that map zero elsewhere",
       [](net_builder& b) {
         auto x = b.op("Sigmoid", {stem(b)});
         x = b.op("Softplus", {b.conv(x, 16)});
         return b.classify(b.conv(b.op("Exp", {b.op("Neg", {b.conv(x, 16)})}), 16));
       },
       64, false, true},
      {"swish and mish written out",
       [](net_builder& b) {
         const auto x = b.conv(stem(b), 16);
         const auto y = b.conv(b.mul(x, b.op("Sigmoid", {x})), 16);
         return b.classify(b.conv(b.mul(y, b.op("Tanh", {b.op("Softplus", {y})})), 16));
       },
       64},
      {"gelu written out",
       [](net_builder& b) {
         const auto x = b.conv(stem(b), 16);
         const auto e = b.add(b.op("Erf", {b.op("Div", {x, b.scalar(1.4142135f)})}), b.scalar(1.f));
         return b.classify(b.conv(b.mul(b.mul(x, e), b.scalar(0.5f)), 16));
       },
       48},
      {"PRelu, one slope per channel and one for all",
       [](net_builder& b) {
         const auto x = b.op("PRelu", {stem(b), b.weight({16, 1, 1}, 0, 0.5)});
         return b.classify(b.op("PRelu", {b.conv(x, 16), b.weight({1}, 0, 0.5)}));
       },
       32},
  };
}

}  // namespace slimming::testing
