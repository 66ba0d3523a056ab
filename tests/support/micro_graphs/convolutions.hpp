// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Convolutions of every kind, pools, shared layers.

#include "tests/support/micro_graphs/micro_graph.hpp"

namespace slimming::testing {

inline std::vector<micro_graph> convolution_graphs() {
  return {
      {"chain", [](net_builder& b) { return b.classify(b.conv_bn_relu(stem(b), 16)); }, 32},
      {"chain without bias",
       [](net_builder& b) { return b.classify(b.relu(b.conv(stem(b), 16, {.bias = false}))); }, 32},
      {"1x1 bottleneck",
       [](net_builder& b) {
         return b.classify(b.conv1(b.conv_bn_relu(b.conv1(stem(b), 8), 8), 32));
       },
       64},
      {"strides and dilations",
       [](net_builder& b) {
         return b.classify(b.conv(b.conv(stem(b), 16, {.stride = 2}), 16, {.dilation = 2}));
       },
       48},
      {"depthwise", [](net_builder& b) { return b.classify(b.conv1(b.depthwise(stem(b)), 16)); },
       32},
      {"depth multiplier of 2",
       [](net_builder& b) { return b.classify(b.conv1(b.depthwise(stem(b), 2), 16)); }, 32},
      {"depth multiplier of 3, twice",
       [](net_builder& b) {
         return b.classify(b.conv1(b.depthwise(b.depthwise(stem(b), 3), 2), 16));
       },
       32},
      {"depthwise chain of inverted residuals",
       [](net_builder& b) {
         auto x = stem(b);
         for (int i = 0; i < 2; ++i)
           x = b.add(x, b.bn(b.conv1(b.op("Clip", {b.bn(b.depthwise(b.conv1(x, 24))), b.scalar(0.f),
                                                   b.scalar(6.f)}),
                                     16)));
         return b.classify(x);
       },
       64},
      {"groups of 4",
       [](net_builder& b) { return b.classify(b.conv(stem(b, 32), 32, {.groups = 4})); }, 16},
      {"grouped chain 4 -> 2",
       [](net_builder& b) {
         const auto x = b.conv(stem(b, 32), 32, {.groups = 4});
         return b.classify(b.conv(x, 16, {.groups = 2}));
       },
       24},
      {"grouped chain 2 -> 4",
       [](net_builder& b) {
         const auto x = b.conv(stem(b, 32), 32, {.groups = 2});
         return b.classify(b.conv(x, 32, {.groups = 4}));
       },
       32},
      {"grouped residual block",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto y = b.conv_bn_relu(b.conv1(x, 32), 32, {.groups = 8});
         return b.classify(b.relu(b.add(x, b.bn(b.conv1(y, 16)))));
       },
       24},
      {"groups 3 with uneven multiplier",
       [](net_builder& b) { return b.classify(b.conv(stem(b, 24), 12, {.groups = 3})); }, 12},
      {"transposed",
       [](net_builder& b) { return b.classify(b.conv(b.conv_transpose(stem(b), 16), 16)); }, 48},
      {"transposed depthwise",
       [](net_builder& b) { return b.classify(b.conv1(b.conv_transpose(stem(b), 16, 16), 16)); },
       32},
      {"transposed depthwise with multiplier",
       [](net_builder& b) { return b.classify(b.conv1(b.conv_transpose(stem(b), 32, 16), 16)); },
       32},
      {"transposed grouped",
       [](net_builder& b) { return b.classify(b.conv1(b.conv_transpose(stem(b), 32, 4), 16)); },
       28},
      {"conv1d",
       [](net_builder& b) {
         const conv_options line{.axes = 1};
         auto x = b.relu(b.bn(b.conv(b.input({1, 3, 20}), 16, line)));
         x = b.conv(b.op("MaxPool", {x}, {{"kernel_shape", ints{2}}}), 16, line);
         return b.classify(x);
       },
       32},
      {"conv3d",
       [](net_builder& b) {
         const conv_options volume{.axes = 3};
         auto x = b.relu(b.bn(b.conv(b.input({1, 2, 4, 4, 4}), 16, volume)));
         return b.classify(b.conv(x, 16, volume));
       },
       32},
      {"separable conv3d",
       [](net_builder& b) {
         auto x = b.conv(b.input({1, 2, 4, 4, 4}), 16, {.axes = 3});
         x = b.conv(x, 16, {.groups = 16, .axes = 3});
         return b.classify(b.conv(x, 16, {.kernel = 1, .axes = 3}));
       },
       32},
      {"shared convolution",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto w = b.weight({16, 16, 3, 3}), bias = b.weight({16});
         const attributes same{{"pads", ints{1, 1, 1, 1}}};
         const auto y = b.relu(b.op("Conv", {x, w, bias}, same));
         return b.classify(b.op("Conv", {y, w, bias}, same));
       },
       16},
      {"shared head on two levels",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto y = b.conv_bn_relu(x, 16, {.stride = 2});
         const auto w = b.weight({24, 16, 3, 3}), v = b.weight({4, 24, 1, 1});
         for (const auto level : {x, y}) {
           const auto h = b.relu(b.op("Conv", {level, w}, {{"pads", ints{1, 1, 1, 1}}}));
           b.net.add_output(b.op("Conv", {h, v}));
         }
         return b.net;
       },
       40},
      {"shared by two inputs",
       [](net_builder& b) {
         const auto w = b.weight({16, 3, 3, 3});
         const auto left = b.op("Conv", {b.input({1, 3, 8, 8}, "left"), w});
         const auto right = b.op("Conv", {b.input({1, 3, 8, 8}, "right"), w});
         return b.classify(b.op("Abs", {b.op("Sub", {left, right})}));
       },
       16},
      {"two outputs of different depth",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto y = b.conv_bn_relu(x, 16);
         b.net.add_output(b.conv1(x, 4));
         return b.classify(y);
       },
       32},
      {"pools",
       [](net_builder& b) {
         auto x = b.max_pool(stem(b));
         x = b.op("AveragePool", {b.conv(x, 16)},
                  {{"kernel_shape", ints{3, 3}}, {"pads", ints{1, 1, 1, 1}}});
         x = b.op("LpPool", {b.conv(x, 16)}, {{"kernel_shape", ints{2, 2}}, {"p", index_t{2}}});
         return b.out(b.linear(b.flatten(b.op("GlobalMaxPool", {x})), 5));
       },
       48},
      {"spatial pyramid pooling",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto pool = [&b](value_id v) {
           return b.op("MaxPool", {v}, {{"kernel_shape", ints{5, 5}}, {"pads", ints{2, 2, 2, 2}}});
         };
         const auto p = pool(x), q = pool(p);
         return b.classify(b.conv1(b.concat({x, p, q, pool(q)}), 24));
       },
       40},
      {"kernel computed by standardisation",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto w = b.weight({24, 16, 3, 3});
         const auto axes = b.constant({1, 2, 3});
         const auto centred = b.op("Sub", {w, b.op("ReduceMean", {w, axes})});
         return b.classify(b.relu(b.op("Conv", {x, centred}, {{"pads", ints{1, 1, 1, 1}}})));
       },
       24 + 16, true},
      {"kernel through Identity",
       [](net_builder& b) {
         const auto x = stem(b);
         return b.classify(b.relu(b.op("Conv", {x, b.op("Identity", {b.weight({24, 16, 1, 1})})})));
       },
       40},
      {"kernel in a Constant node",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto w = b.op("Constant", {}, {{"value", b.tensor({24, 16, 1, 1})}});
         return b.classify(b.relu(b.op("Conv", {x, w})));
       },
       40},
      {"dead branch",
       [](net_builder& b) {
         const auto x = stem(b);
         b.conv(x, 16);
         return b.classify(b.conv(x, 16));
       },
       48},
  };
}

}  // namespace slimming::testing
