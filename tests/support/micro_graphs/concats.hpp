// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Concats, splits, slices and their nestings.

#include "tests/support/micro_graphs/micro_graph.hpp"

namespace slimming::testing {

inline std::vector<micro_graph> concat_graphs() {
  return {
      {"concat of three",
       [](net_builder& b) {
         const auto x = stem(b);
         return b.classify(b.conv(b.concat({b.conv(x, 8), x, b.conv1(x, 24)}), 16));
       },
       64},
      {"nested concats",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto inner = b.concat({b.conv(x, 8), x});
         const auto outer = b.concat({b.conv(inner, 8), inner, x});
         return b.classify(b.conv(b.concat({outer, inner}), 16));
       },
       48},
      {"dense block",
       [](net_builder& b) {
         auto x = stem(b);
         for (int i = 0; i < 4; ++i) x = b.concat({x, b.conv(b.relu(b.bn(x)), 8)});
         return b.classify(b.relu(b.bn(x)));
       },
       48},
      {"dense block with bottlenecks and transition",
       [](net_builder& b) {
         auto x = stem(b);
         for (int i = 0; i < 2; ++i)
           x = b.concat({x, b.conv(b.relu(b.bn(b.conv1(b.relu(b.bn(x)), 16))), 8)});
         x = b.conv1(b.relu(b.bn(x)), 16);
         return b.classify(b.op("AveragePool", {x}, {{"kernel_shape", ints{2, 2}}}));
       },
       80},
      {"misaligned addition of concats",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto left = b.concat({b.conv(x, 12), b.conv(x, 20)});
         const auto right = b.concat({b.conv(x, 20), b.conv(x, 12)});
         return b.classify(b.conv(b.add(left, right), 16));
       },
       64},
      {"concat of a value with itself",
       [](net_builder& b) {
         const auto x = stem(b);
         return b.classify(b.conv(b.concat({x, x, b.op("Neg", {x})}), 16));
       },
       32},
      {"concat with the input keeps only its channels",
       [](net_builder& b) {
         const auto in = b.input({1, 8, 8, 8});
         return b.classify(b.conv(b.concat({in, b.conv_bn_relu(in, 16)}), 16));
       },
       32},
      {"concat along a place",
       [](net_builder& b) {
         const auto x = stem(b);
         return b.classify(b.conv(b.concat({b.conv(x, 16), b.conv(x, 16)}, 2), 16));
       },
       48},
      {"inception block",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto pool =
             b.op("MaxPool", {x}, {{"kernel_shape", ints{3, 3}}, {"pads", ints{1, 1, 1, 1}}});
         const auto y = b.concat({b.conv1(x, 8), b.conv(b.conv1(x, 8), 16),
                                  b.conv(b.conv1(x, 8), 8, {.kernel = 5}), b.conv1(pool, 8)});
         return b.classify(b.conv(y, 16));
       },
       88},
      {"split in even parts",
       [](net_builder& b) {
         const auto parts = b.split(b.conv(stem(b), 32), {16, 16});
         return b.classify(b.conv(b.concat({b.conv(parts[0], 16), parts[1]}), 16));
       },
       80},
      {"split in uneven parts",
       [](net_builder& b) {
         const auto parts = b.split(b.conv(stem(b), 40), {7, 23, 10});
         return b.classify(b.concat({b.conv(parts[1], 16), parts[2], b.relu(parts[0])}));
       },
       72},
      {"split without sizes",
       [](net_builder& b) {
         b.net.opsets[""] = 18;
         const auto parts = b.op_n("Split", 2, {b.conv(stem(b), 32)},
                                   {{"axis", index_t{1}}, {"num_outputs", index_t{2}}});
         return b.classify(b.concat({b.conv(parts[0], 16), parts[1]}));
       },
       64},
      {"split by an attribute",
       [](net_builder& b) {
         b.net.opsets[""] = 11;
         const auto parts = b.op_n("Split", 2, {b.conv(stem(b), 32)},
                                   {{"axis", index_t{1}}, {"split", ints{20, 12}}});
         return b.classify(b.concat({b.conv(parts[0], 16), parts[1]}));
       },
       64},
      {"CSP bottleneck with two splits (C2f)",
       [](net_builder& b) {
         auto parts = b.split(b.conv_bn_relu(stem(b), 32), {16, 16});
         for (int i = 0; i < 2; ++i) {
           const auto y = b.conv_bn_relu(b.conv_bn_relu(parts.back(), 16), 16);
           parts.push_back(b.add(parts.back(), y));
         }
         return b.classify(b.conv_bn_relu(b.concat(parts), 24));
       },
       16 + 16 + 16 + 16 + 16 + 24},
      {"CSP bottleneck with three convolutions (C3)",
       [](net_builder& b) {
         const auto x = stem(b);
         auto y = b.conv_bn_relu(x, 16, {.kernel = 1});
         y = b.add(y, b.conv_bn_relu(b.conv_bn_relu(y, 16), 16));
         return b.classify(b.conv_bn_relu(b.concat({y, b.conv_bn_relu(x, 16, {.kernel = 1})}), 24));
       },
       16 + 16 + 16 + 16 + 24},
      {"slices in two halves",
       [](net_builder& b) {
         const auto x = b.conv(stem(b), 32);
         return b.classify(b.conv(b.concat({b.slice(x, 16, 32), b.relu(b.slice(x, 0, 16))}), 16));
       },
       64},
      {"slice to the end, from the end",
       [](net_builder& b) {
         const auto x = b.conv(stem(b), 32);
         const auto y = b.slice(x, -12, std::numeric_limits<index_t>::max());
         return b.classify(b.concat({b.conv(y, 16), b.slice(x, 0, -12)}));
       },
       64},
      {"overlapping slices",
       [](net_builder& b) {
         const auto x = b.conv(stem(b), 32);
         return b.classify(
             b.concat({b.conv(b.slice(x, 0, 20), 16), b.conv(b.slice(x, 12, 32), 16)}));
       },
       80},
      {"group route of YOLOv4-tiny",
       [](net_builder& b) {
         const auto x = b.conv_bn_relu(stem(b), 32);
         const auto y = b.conv_bn_relu(b.slice(x, 16, 32), 16);
         const auto z = b.conv_bn_relu(b.concat({b.conv_bn_relu(y, 16), y}), 32, {.kernel = 1});
         return b.classify(b.concat({x, z}));
       },
       16 + 32 + 16 + 16 + 32},
      {"slices in steps",
       [](net_builder& b) {
         const auto x = b.conv(stem(b), 32);
         return b.classify(b.concat({b.conv(b.slice(x, 0, 32, 2), 16), b.slice(x, 1, 32, 2)}));
       },
       16 + 16 + 16},
      {"channels in reverse",
       [](net_builder& b) {
         const auto x = b.conv(stem(b), 16);
         return b.classify(b.conv(b.slice(x, -1, -100, -1), 16));
       },
       48},
      {"slice by attributes",
       [](net_builder& b) {
         b.net.opsets[""] = 9;
         const auto x = b.conv(stem(b), 32);
         const auto y =
             b.op("Slice", {x}, {{"starts", ints{4}}, {"ends", ints{28}}, {"axes", ints{1}}});
         return b.classify(b.conv(y, 16));
       },
       16 + 24 + 8 + 16},
      {"split of a concat at other places",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto parts = b.split(b.concat({b.conv(x, 12), b.conv(x, 20)}), {16, 16});
         return b.classify(b.conv(b.add(parts[0], parts[1]), 16));
       },
       16 + 16 + 16},
      {"Res2Net: parts that feed the next",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto parts = b.split(b.conv_bn_relu(x, 32, {.kernel = 1}), {8, 8, 8, 8});
         std::vector<value_id> ys{parts[0]};
         value_id last = no_value;
         for (std::size_t i = 1; i < 4; ++i) {
           last = b.conv_bn_relu(i == 1 ? parts[i] : b.add(parts[i], last), 8);
           ys.push_back(last);
         }
         return b.classify(b.relu(b.add(x, b.bn(b.conv1(b.concat(ys), 16)))));
       },
       16 + 8 + 8 + 8 + 8 + 8},
      {"ghost module",
       [](net_builder& b) {
         const auto primary = b.conv_bn_relu(stem(b), 16, {.kernel = 1});
         const auto cheap = b.relu(b.bn(b.depthwise(primary)));
         return b.classify(b.conv1(b.slice(b.concat({primary, cheap}), 0, 28), 16));
       },
       16 + 16 + 16},
      {"channel_select before a narrow layer",
       [](net_builder& b) {
         const auto x = b.conv(b.input({1, 3, 8, 8}), 24);
         const auto y = b.conv(
             b.relu(b.select(b.bn(x), {0, 1, 4, 5, 6, 9, 11, 13, 14, 17, 19, 20, 21, 22, 23})), 24);
         return b.classify(b.relu(b.bn(b.add(x, y))));
       },
       24 + 15, false, true},
      {"two selections of one value",
       [](net_builder& b) {
         const auto x = b.conv(b.input({1, 3, 8, 8}), 16);
         const auto y = b.conv(b.relu(b.select(b.bn(x), {0, 2, 4, 6, 8, 10})), 8);
         const auto z = b.conv(b.relu(b.select(b.bn(x), {1, 2, 3, 15})), 8);
         return b.classify(b.concat({y, z, x}));
       },
       16 + 6 + 4 + 16, false, true},
      {"gather of channels in another order",
       [](net_builder& b) {
         const auto x = b.conv(stem(b), 16);
         const auto y =
             b.op("Gather", {x, b.constant({3, 1, 4, 0, 5, 9, 2, 6, 8, 7, 15, 14, 13, 12, 11, 10})},
                  {{"axis", index_t{1}}});
         return b.classify(b.conv(b.add(x, y), 16));
       },
       // The order has the cycles 1, 8; 0 3, 10 15, 11 14, 12 13; and 2 4 5 9 7 6, alone of its kind.
       16 + 16 + 6},
      {"tiled channels",
       [](net_builder& b) {
         const auto x = b.conv(stem(b), 16);
         return b.classify(b.conv(b.op("Tile", {x, b.constant({1, 2, 1, 1})}), 16));
       },
       48},
      {"a convolution of some channels, written back among the others",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto y = b.conv(b.slice(x, 0, 6), 6);
         const auto turned = [&b](value_id v) { return b.transpose(v, {1, 0, 2, 3}); };
         const auto z = write_rows(b, turned(x), {0, 1, 2, 3, 4, 5}, turned(y));
         return b.classify(b.conv_bn_relu(turned(z), 16));
       },
       32},
      {"partial convolution (FasterNet)",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto at = b.reshape(b.constant({0, 0, 0, 1, 0, 2, 0, 3}), {1, 4, 2});
         const auto y = b.op("ScatterND", {x, at, b.conv(b.slice(x, 0, 4), 4)});
         return b.classify(b.add(x, b.conv1(b.conv_bn_relu(y, 32, {.kernel = 1}), 16)));
       },
       48},
      {"a bias of which some entries are another parameter",
       [](net_builder& b) {
         const auto x = b.transpose(b.reshape(b.max_pool(stem(b)), {1, 16, 16}), {0, 2, 1});
         const auto bias = write_rows(b, b.weight({16}), {3, -15, 14}, b.weight({3}));
         const auto y = b.relu(b.add(b.matmul(x, 16), bias));
         return b.classify(b.reshape(b.transpose(b.matmul(y, 16), {0, 2, 1}), {1, 16, 4, 4}));
       },
       48},
  };
}

}  // namespace slimming::testing
