// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Reshapes, transposes and their patterns: shuffles, focus, reorg, flattening, heads.

#include "tests/support/micro_graphs/micro_graph.hpp"

namespace slimming::testing {

inline std::vector<micro_graph> reshape_graphs() {
  return {
      {"flatten of a map",
       [](net_builder& b) { return b.out(b.linear(b.flatten(b.max_pool(stem(b))), 5)); }, 16},
      {"view of a map",
       [](net_builder& b) {
         return b.out(b.linear(b.reshape(b.max_pool(stem(b)), {1, 256}), 5));
       },
       16},
      {"view with an open batch",
       [](net_builder& b) {
         return b.out(b.linear(b.reshape(b.max_pool(stem(b)), {-1, 256}), 5));
       },
       16},
      {"view with an open width",
       [](net_builder& b) {
         return b.out(b.linear(b.reshape(b.max_pool(stem(b)), {0, -1}), 5));
       },
       16},
      {"view by arithmetic on shapes",
       [](net_builder& b) {
         const auto x = b.max_pool(stem(b));
         const auto n = b.op("Gather", {b.op("Shape", {x}), b.scalar(index_t{0})});
         const auto target =
             b.concat({b.op("Unsqueeze", {n, b.constant({0})}), b.constant({256})}, 0);
         return b.out(b.linear(b.op("Reshape", {x, target}), 5));
       },
       16},
      {"view by the product of a shape",
       [](net_builder& b) {
         const auto x = b.max_pool(stem(b));
         const auto e = b.op("Shape", {x});
         const auto part = [&](index_t i) { return b.op("Gather", {e, b.constant({i})}); };
         const auto width = b.mul(b.mul(part(1), part(2)), part(3));
         return b.out(b.linear(b.op("Reshape", {x, b.concat({part(0), width}, 0)}), 5));
       },
       16},
      {"two flattenings of different size side by side",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto y = b.conv_bn_relu(x, 24, {.stride = 2});
         const auto wide = b.flatten(b.max_pool(x)), narrow = b.flatten(b.max_pool(y));
         return b.out(b.linear(b.relu(b.linear(b.concat({wide, narrow}), 16)), 5));
       },
       56},
      {"squeeze of a mean",
       [](net_builder& b) {
         return b.out(b.linear(b.op("Squeeze", {b.mean(stem(b)), b.constant({2, 3})}), 5));
       },
       16},
      {"mean over places without keeping them",
       [](net_builder& b) {
         const auto m =
             b.op("ReduceMean", {stem(b), b.constant({2, 3})}, {{"keepdims", index_t{0}}});
         return b.out(b.linear(m, 5));
       },
       16},
      {"minimum over places",
       [](net_builder& b) {
         return b.out(b.linear(b.flatten(b.op("ReduceMin", {stem(b), b.constant({2, 3})})), 5));
       },
       16},
      {"sum over channels and places",
       [](net_builder& b) {
         const auto s = b.op("ReduceSum", {b.conv(stem(b), 16), b.constant({1, 2, 3})});
         return b.out(b.mul(s, b.scalar(2.f)));
       },
       32},
      {"image with its channels last",
       [](net_builder& b) {
         const auto x = b.transpose(b.input({1, 8, 8, 3}), {0, 3, 1, 2});
         return b.classify(b.conv(b.conv_bn_relu(x, 16), 16));
       },
       32},
      {"axes counted from the end",
       [](net_builder& b) {
         const auto x = b.conv(stem(b), 32);
         const auto parts = b.split(x, {12, 20}, -3);
         return b.classify(b.conv(b.concat({b.conv(parts[0], 16), parts[1]}, -3), 16));
       },
       16 + 32 + 16 + 16},
      {"linear layers with the weight either way round",
       [](net_builder& b) {
         const auto x = b.flatten(b.mean(stem(b)));
         auto y = b.relu(b.op("Gemm", {x, b.weight({16, 24}), b.weight({24})}));
         y = b.relu(b.op("Gemm", {y, b.weight({16, 24}), b.weight({1, 16})},
                         {{"transB", index_t{1}}, {"alpha", 0.5}, {"beta", 2.0}}));
         return b.out(b.op("Gemm", {y, b.weight({16, 5})}));
       },
       56},
      {"pixel shuffle onto a skip connection",
       [](net_builder& b) {
         const auto x = stem(b, 8);
         const auto y = b.op("DepthToSpace", {b.conv(b.max_pool(x), 32)},
                             {{"blocksize", index_t{2}}, {"mode", std::string("CRD")}});
         return b.classify(b.add(x, y));
       },
       8},
      {"channel shuffle of 2",
       [](net_builder& b) { return b.classify(b.conv(b.shuffle(stem(b), 2), 16)); }, 24},
      {"channel shuffle of 4",
       [](net_builder& b) { return b.classify(b.conv(b.shuffle(stem(b, 32), 4), 16)); }, 24},
      {"channel shuffle of 8, more groups than positions",
       [](net_builder& b) { return b.classify(b.conv(b.shuffle(stem(b, 32), 8), 16)); }, 24},
      {"shuffle unit with grouped convolutions",
       [](net_builder& b) {
         const auto x = stem(b, 32);
         auto y = b.relu(b.bn(b.conv(x, 32, {.kernel = 1, .groups = 4})));
         y = b.bn(b.depthwise(b.shuffle(y, 4)));
         y = b.bn(b.conv(y, 32, {.kernel = 1, .groups = 4}));
         return b.classify(b.relu(b.add(x, y)));
       },
       8 + 2},
      {"shuffle unit with a split",
       [](net_builder& b) {
         const auto parts = b.split(stem(b, 32), {16, 16});
         auto y = b.conv_bn_relu(parts[1], 16, {.kernel = 1});
         y = b.conv_bn_relu(b.bn(b.depthwise(y)), 16, {.kernel = 1});
         return b.classify(b.conv1(b.shuffle(b.concat({parts[0], y}), 2), 16));
       },
       32 + 16 + 16},
      {"two shuffle units in a row",
       [](net_builder& b) {
         auto x = stem(b, 32);
         for (int i = 0; i < 2; ++i) {
           const auto parts = b.split(x, {16, 16});
           const auto y = b.conv_bn_relu(parts[1], 16, {.kernel = 1});
           x = b.shuffle(b.concat({parts[0], y}), 2);
         }
         return b.classify(b.conv1(x, 16));
       },
       16 + 16 + 16},
      {"shuffle by DepthToSpace and back",
       [](net_builder& b) {
         auto x = b.op("DepthToSpace", {stem(b, 32)}, {{"blocksize", index_t{2}}});
         x = b.op("SpaceToDepth", {b.conv(x, 8)}, {{"blocksize", index_t{2}}});
         return b.classify(b.conv(x, 16));
       },
       32},
      {"pixel shuffle in channel-major order",
       [](net_builder& b) {
         const auto x = b.op("DepthToSpace", {stem(b, 32)},
                             {{"blocksize", index_t{2}}, {"mode", std::string("CRD")}});
         return b.classify(b.conv(x, 16));
       },
       24},
      {"pixel shuffle by views",
       [](net_builder& b) {
         const auto v = b.reshape(stem(b, 32), {1, 8, 2, 2, 8, 8});
         const auto x = b.reshape(b.transpose(v, {0, 1, 4, 2, 5, 3}), {1, 8, 16, 16});
         return b.classify(b.conv(x, 16));
       },
       24},
      {"pixel unshuffle by views",
       [](net_builder& b) {
         const auto v = b.reshape(stem(b), {1, 16, 4, 2, 4, 2});
         const auto x = b.reshape(b.transpose(v, {0, 1, 3, 5, 2, 4}), {1, 64, 4, 4});
         return b.classify(b.conv(x, 16));
       },
       32},
      {"focus by strided slices",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto even = b.slice(x, 0, 8, 2, 2), odd = b.slice(x, 1, 8, 2, 2);
         const auto y = b.concat({b.slice(even, 0, 8, 2, 3), b.slice(odd, 0, 8, 2, 3),
                                  b.slice(even, 1, 8, 2, 3), b.slice(odd, 1, 8, 2, 3)});
         return b.classify(b.conv(y, 16));
       },
       32},
      {"focus by view and permutation",
       [](net_builder& b) {
         const auto v = b.reshape(stem(b), {1, 16, 4, 2, 4, 2});
         const auto x = b.reshape(b.transpose(v, {0, 5, 3, 1, 2, 4}), {1, 64, 4, 4});
         return b.classify(b.conv(x, 16));
       },
       32},
      {"reorg of YOLOv2",
       [](net_builder& b) {
         // (n, c / 4, h, 2, w, 2) -> (n, 2, 2, c / 4, h, w), then read as channels four times as many
         auto v = b.reshape(stem(b), {1, 4, 8, 2, 8, 2});
         v = b.reshape(b.transpose(v, {0, 3, 5, 1, 2, 4}), {1, 16, 8, 8});
         return b.classify(b.conv(v, 16));
       },
       20},
      {"pixel unshuffle by a 1x1 layout of six axes and an open width",
       [](net_builder& b) {
         const auto v = b.reshape(stem(b), {1, 16, 4, 2, 4, 2});
         const auto x = b.reshape(b.transpose(v, {0, 1, 3, 5, 2, 4}), {0, -1, 4, 4});
         return b.classify(b.conv(x, 16));
       },
       32},
      {"channels last and back",
       [](net_builder& b) {
         auto x = b.transpose(stem(b), {0, 2, 3, 1});
         x = b.relu(b.op("Add", {b.matmul(x, 24), b.weight({24})}));
         return b.classify(b.transpose(b.matmul(x, 16), {0, 3, 1, 2}));
       },
       56},
      {"tokens: places as rows of a matrix",
       [](net_builder& b) {
         auto x = b.transpose(b.reshape(stem(b), {1, 16, 64}), {0, 2, 1});
         x = b.op("Add", {b.matmul(x, 24), b.weight({1, 1, 24})});
         x = b.op("Gelu", {x});
         return b.classify(b.reshape(b.transpose(b.matmul(x, 16), {0, 2, 1}), {1, 16, 8, 8}));
       },
       56},
      {"token mixing: a matrix over the places",
       [](net_builder& b) {
         const auto x = b.reshape(stem(b), {1, 16, 64});
         const auto y = b.matmul(b.op("Gelu", {b.matmul(x, 32)}), 64);
         return b.classify(b.conv(b.reshape(b.add(x, y), {1, 16, 8, 8}), 16));
       },
       16 + 32 + 16},
      {"linear layers of rows",
       [](net_builder& b) {
         auto x = b.reshape(b.transpose(stem(b), {0, 2, 3, 1}), {64, 16});
         x = b.linear(b.relu(b.linear(x, 24)), 16);
         return b.classify(b.transpose(b.reshape(x, {1, 8, 8, 16}), {0, 3, 1, 2}));
       },
       56},
      {"Transpose before MatMul: the weight as PyTorch keeps it",
       [](net_builder& b) {
         const auto x = b.flatten(b.mean(stem(b)));
         const auto w = b.op("Transpose", {b.weight({24, 16})}, {{"perm", ints{1, 0}}});
         const auto y = b.relu(b.op("Add", {b.weight({24}), b.op("MatMul", {x, w})}));
         return b.out(b.linear(y, 5));
       },
       40},
      {"weight on the left",
       [](net_builder& b) {
         const auto x = b.reshape(stem(b), {1, 16, 64});
         const auto y = b.op("MatMul", {b.weight({24, 16}), x});
         return b.classify(b.conv(b.reshape(y, {1, 24, 8, 8}), 16));
       },
       56},
      {"one row of images side by side",
       [](net_builder& b) {
         // Height and width change places: channels have nothing to do with it.
         const auto x = b.transpose(stem(b), {0, 1, 3, 2});
         return b.classify(b.conv(b.reshape(x, {1, 16, 4, 16}), 16));
       },
       32},
      {"channels against places of the upper and lower half",
       [](net_builder& b) {
         return b.classify(b.conv(b.reshape(stem(b), {1, 32, 4, 8}), 16));
       },
       32},
      {"detection head: anchors, then attributes",
       [](net_builder& b) {
         auto x = b.reshape(b.conv1(stem(b), 21), {1, 3, 7, 8, 8});
         return b.out(b.op("Sigmoid", {b.transpose(x, {0, 1, 3, 4, 2})}));
       },
       16},
      {"detection heads of two levels, flattened and joined",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto y = b.conv_bn_relu(x, 24, {.stride = 2});
         const auto rows = [&b](value_id v, index_t n) {
           return b.reshape(b.transpose(b.conv1(v, 12), {0, 2, 3, 1}), {1, n * 2, 6});
         };
         return b.out(b.concat({rows(x, 64), rows(y, 16)}));
       },
       40},
      {"distribution focal loss head: softmax over bins, expectation",
       [](net_builder& b) {
         const auto x = b.reshape(b.conv1(stem(b), 32), {1, 4, 8, 64});
         const auto p = b.op("Softmax", {b.transpose(x, {0, 2, 1, 3})}, {{"axis", index_t{1}}});
         const auto w = b.weight({1, 8, 1, 1});
         return b.out(b.reshape(b.op("Conv", {p, w}), {1, 4, 64}));
       },
       16},
  };
}

}  // namespace slimming::testing
