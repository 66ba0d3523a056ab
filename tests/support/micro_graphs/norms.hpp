// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Normalisations, as operators and as arithmetic, and per-channel constants.

#include "tests/support/micro_graphs/micro_graph.hpp"

namespace slimming::testing {

/// y = x * scale + shift with numbers of any shape.
inline value_id affine(net_builder& b, value_id x, const shape& extents) {
  return b.add(b.mul(x, b.weight(extents, 0.5, 1.5)), b.weight(extents));
}

inline std::vector<micro_graph> norm_graphs() {
  return {
      {"batch norm before the convolution",
       [](net_builder& b) { return b.classify(b.conv(b.relu(b.bn(stem(b))), 16)); }, 32},
      {"two batch norms of one value",
       [](net_builder& b) {
         const auto x = stem(b);
         return b.classify(b.conv(b.concat({b.bn(x), b.relu(b.bn(x))}), 16));
       },
       32},
      {"batch norm of a vector",
       [](net_builder& b) {
         const auto x = b.linear(b.flatten(b.mean(stem(b))), 24);
         return b.out(b.linear(b.relu(b.bn(x)), 5));
       },
       40},
      {"frozen batch norm as arithmetic",
       [](net_builder& b) {
         return b.classify(b.conv(affine(b, b.conv(stem(b), 16), {1, 16, 1, 1}), 16));
       },
       48},
      {"frozen batch norm from its four parameters",
       [](net_builder& b) {
         const auto x = b.conv(stem(b), 16);
         const auto column = [&b](value_id v) { return b.reshape(v, {1, 16, 1, 1}); };
         const auto w = column(b.weight({16})), shift = column(b.weight({16})),
                    mean = column(b.weight({16})), var = column(b.weight({16}, 0.5, 2));
         const auto scale =
             b.mul(w, b.op("Reciprocal", {b.op("Sqrt", {b.add(var, b.scalar(1e-5f))})}));
         const auto y = b.add(b.mul(x, scale), b.op("Sub", {shift, b.mul(mean, scale)}));
         return b.classify(b.conv(b.relu(y), 16));
       },
       48},
      {"batch norm as a quotient",
       [](net_builder& b) {
         const auto x = b.conv(stem(b), 16);
         const auto centred = b.op("Sub", {x, b.weight({16, 1, 1})});
         return b.classify(b.conv(b.op("Div", {centred, b.weight({16, 1, 1}, 0.5, 2)}), 16));
       },
       48},
      {"instance norm as arithmetic",
       [](net_builder& b) {
         const auto x = b.conv(stem(b), 16);
         const auto axes = b.constant({2, 3});
         const auto centred = b.op("Sub", {x, b.op("ReduceMean", {x, axes})});
         const auto var = b.op("ReduceMean", {b.mul(centred, centred), axes});
         const auto y = b.op("Div", {centred, b.op("Sqrt", {b.add(var, b.scalar(1e-3f))})});
         return b.classify(b.conv(affine(b, y, {16, 1, 1}), 16));
       },
       48},
      {"instance norm",
       [](net_builder& b) {
         const auto y =
             b.op("InstanceNormalization", {b.conv(stem(b), 16), b.weight({16}), b.weight({16})});
         return b.classify(b.conv(b.relu(y), 16));
       },
       48},
      {"layer scale",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto y = b.mul(b.conv(x, 16), b.weight({16, 1, 1}));
         return b.classify(b.conv(b.add(x, y), 16));
       },
       32},
      {"layer scale by Unsqueeze",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto gamma = b.op("Unsqueeze", {b.weight({16}), b.constant({1, 2})});
         return b.classify(b.conv(b.add(x, b.mul(b.conv(x, 16), gamma)), 16));
       },
       32},
      {"constants for every element of the map",
       [](net_builder& b) {
         return b.classify(b.conv(affine(b, b.conv(stem(b), 16), {16, 8, 8}), 16));
       },
       48},
      {"one constant for all channels",
       [](net_builder& b) { return b.classify(b.conv(affine(b, b.conv(stem(b), 16), {1}), 16)); },
       48, false, true},
      {"constants per place",
       [](net_builder& b) {
         return b.classify(b.conv(affine(b, b.conv(stem(b), 16), {1, 1, 8, 8}), 16));
       },
       48, false, true},
      {"a constant that two layers share",
       [](net_builder& b) {
         const auto w = b.weight({16, 1, 1});
         const auto x = b.add(b.conv(stem(b), 16), w);
         return b.classify(b.conv(b.relu(b.add(b.conv(x, 16), w)), 16));
       },
       48},
      {"learned bias before a depthwise convolution",
       [](net_builder& b) {
         const auto x = b.op("Sub", {b.conv(stem(b), 16), b.weight({16, 1, 1})});
         return b.classify(b.conv1(b.depthwise(x), 16));
       },
       48},
      {"group norm with as many groups as channels",
       [](net_builder& b) {
         b.net.opsets[""] = 21;
         const auto y =
             b.op("GroupNormalization", {b.conv(stem(b), 16), b.weight({16}), b.weight({16})},
                  {{"num_groups", index_t{16}}});
         return b.classify(b.conv(b.relu(y), 16));
       },
       48},
      {"group norm: whole groups",
       [](net_builder& b) {
         b.net.opsets[""] = 21;
         const auto y =
             b.op("GroupNormalization", {b.conv(stem(b), 32), b.weight({32}), b.weight({32})},
                  {{"num_groups", index_t{16}}});
         return b.classify(b.conv(b.relu(y), 16));
       },
       48},
      {"group norm by views and instance norm",
       [](net_builder& b) {
         auto y = b.reshape(b.conv(stem(b), 32), {1, 8, -1});
         y = b.op("InstanceNormalization", {y, b.weight({8}), b.weight({8})});
         y = affine(b, b.reshape(y, {1, 32, 8, 8}), {32, 1, 1});
         return b.classify(b.conv(b.relu(y), 16));
       },
       16 + 8 + 16},
      {"group norm by views with few groups",
       [](net_builder& b) {
         auto y = b.reshape(b.conv(stem(b), 32), {1, 4, -1});
         y = b.op("InstanceNormalization", {y, b.weight({4}), b.weight({4})});
         y = affine(b, b.reshape(y, {1, 32, 8, 8}), {32, 1, 1});
         return b.classify(b.conv(b.relu(y), 16));
       },
       16 + 4 + 16},
      {"group norm over all channels",
       [](net_builder& b) {
         b.net.opsets[""] = 21;
         const auto y =
             b.op("GroupNormalization", {b.conv(stem(b), 16), b.weight({16}), b.weight({16})},
                  {{"num_groups", index_t{1}}});
         return b.classify(b.conv(b.relu(y), 16));
       },
       48, true},
      {"layer norm over channels",
       [](net_builder& b) {
         auto x = b.transpose(b.conv(stem(b), 16), {0, 2, 3, 1});
         x = b.op("LayerNormalization", {x, b.weight({16}), b.weight({16})});
         return b.classify(b.conv(b.transpose(x, {0, 3, 1, 2}), 16));
       },
       48, true},
      {"layer norm over places",
       [](net_builder& b) {
         auto x = b.reshape(b.conv(stem(b), 16), {1, 16, 64});
         x = b.op("LayerNormalization", {x, b.weight({64}), b.weight({64})});
         return b.classify(b.conv(b.reshape(x, {1, 16, 8, 8}), 16));
       },
       48, false, true},
      {"layer norm as arithmetic",
       [](net_builder& b) {
         const auto x = b.conv(stem(b), 16);
         const auto axis = b.constant({1});
         const auto centred = b.op("Sub", {x, b.op("ReduceMean", {x, axis})});
         const auto var = b.op("ReduceMean", {b.op("Pow", {centred, b.scalar(2.f)}), axis});
         const auto y = b.op("Div", {centred, b.op("Sqrt", {b.add(var, b.scalar(1e-3f))})});
         return b.classify(b.conv(affine(b, y, {16, 1, 1}), 16));
       },
       48, true},
      {"global response norm",
       [](net_builder& b) {
         const auto x = b.conv(stem(b), 16);
         const auto g = b.op("ReduceL2", {x, b.constant({2, 3})});
         const auto n =
             b.op("Div", {g, b.add(b.op("ReduceMean", {g, b.constant({1})}), b.scalar(1e-3f))});
         return b.classify(b.conv(b.add(x, b.mul(x, n)), 16));
       },
       48},
      {"L2 normalisation over channels",
       [](net_builder& b) {
         const auto x = b.conv(stem(b), 16);
         const auto n = b.op("Clip", {b.op("ReduceL2", {x, b.constant({1})}), b.scalar(1e-3f)});
         return b.classify(b.conv(b.mul(b.op("Div", {x, n}), b.weight({1, 16, 1, 1})), 16));
       },
       48},
      {"normalised by their length over channels",
       [](net_builder& b) {
         const auto x = b.add(b.conv(stem(b), 16), b.weight({1, 1, 8, 8}, 0.5, 1));
         const auto y = b.op("LpNormalization", {b.conv(x, 16)}, {{"axis", index_t{1}}});
         return b.classify(b.conv(y, 16));
       },
       64, false, true},
      {"ConvNeXt block",
       [](net_builder& b) {
         const auto x = stem(b);
         auto y = b.transpose(b.depthwise(x), {0, 2, 3, 1});
         y = b.op("LayerNormalization", {y, b.weight({16}), b.weight({16})});
         y = b.op("Add", {b.matmul(y, 32), b.weight({32})});
         y = b.op("Add", {b.matmul(b.op("Gelu", {y}), 16), b.weight({16})});
         y = b.mul(b.transpose(y, {0, 3, 1, 2}), b.weight({16, 1, 1}));
         return b.classify(b.add(x, y));
       },
       16 + 32, true},
  };
}

}  // namespace slimming::testing
