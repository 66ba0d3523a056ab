// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Products of two values, attention heads, and operators that stop pruning.

#include <numeric>  // std::iota

#include "tests/support/micro_graphs/micro_graph.hpp"

namespace slimming::testing {

inline std::vector<micro_graph> attention_graphs() {
  return {
      {"Gram matrix: its channels stay, those before go",
       [](net_builder& b) {
         const auto x = b.reshape(b.conv(stem(b), 8), {1, 8, 64});
         const auto gram = b.op("MatMul", {x, b.transpose(x, {0, 2, 1})});
         return b.out(b.linear(b.flatten(gram), 5));
       },
       16},
      {"Gram matrix of places: a sum over channels",
       [](net_builder& b) {
         const auto x = b.reshape(b.max_pool(b.conv(stem(b), 16)), {1, 16, 16});
         const auto gram = b.op("MatMul", {b.transpose(x, {0, 2, 1}), x});
         return b.out(b.linear(b.flatten(gram), 5));
       },
       32},
      {"bilinear pooling of two branches",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto u = b.reshape(b.conv(x, 16), {1, 16, 64});
         const auto v = b.transpose(b.reshape(b.conv(x, 16), {1, 16, 64}), {0, 2, 1});
         return b.out(
             b.op("ReduceSum",
                  {b.op("MatMul", {b.op("MatMul", {u, v}), b.weight({16, 5})}), b.constant({1})}));
       },
       48},
      {"non-local block",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto rows = [&b](value_id v, index_t n) { return b.reshape(v, {1, n, 64}); };
         const auto theta = b.transpose(rows(b.conv1(x, 8), 8), {0, 2, 1});
         const auto phi = rows(b.conv1(x, 8), 8);
         const auto g = b.transpose(rows(b.conv1(x, 24), 24), {0, 2, 1});
         const auto a = b.op("Softmax", {b.op("MatMul", {theta, phi})}, {{"axis", index_t{-1}}});
         const auto y = b.reshape(b.transpose(b.op("MatMul", {a, g}), {0, 2, 1}), {1, 24, 8, 8});
         return b.classify(b.add(x, b.conv1(y, 16)));
       },
       16 + 8 + 24},
      {"attention heads by view and permutation",
       [](net_builder& b) {
         const auto x = b.transpose(b.reshape(b.max_pool(stem(b)), {1, 16, 16}), {0, 2, 1});
         const auto qkv =
             b.transpose(b.reshape(b.matmul(x, 96), {1, 16, 3, 4, 8}), {2, 0, 3, 1, 4});
         const auto part = [&](index_t i) {
           return b.op("Gather", {qkv, b.scalar(i)}, {{"axis", index_t{0}}});
         };
         const auto k = b.transpose(part(1), {0, 1, 3, 2});
         const auto scaled = b.mul(b.op("MatMul", {part(0), k}), b.scalar(0.35f));
         const auto a = b.op("Softmax", {scaled}, {{"axis", index_t{-1}}});
         const auto y =
             b.reshape(b.transpose(b.op("MatMul", {a, part(2)}), {0, 2, 1, 3}), {1, 16, 32});
         return b.classify(b.reshape(b.transpose(b.matmul(y, 16), {0, 2, 1}), {1, 16, 4, 4}));
       },
       16 + 8 + 16},
      {"attention by cosines, the keys without a bias (Swin v2)",
       [](net_builder& b) {
         const auto x = b.transpose(b.reshape(b.max_pool(stem(b)), {1, 16, 16}), {0, 2, 1});
         const auto zeros = b.op("Expand", {b.scalar(0.0f), b.constant({32})});
         ints keys(32);
         std::iota(keys.begin(), keys.end(), index_t{32});
         const auto bias = write_rows(b, b.weight({96}), keys, zeros);
         const auto qkv = b.transpose(b.reshape(b.add(bias, b.matmul(x, 96)), {1, 16, 3, 4, 8}),
                                      {2, 0, 3, 1, 4});
         const auto part = [&](index_t i) {
           return b.op("Gather", {qkv, b.scalar(i)}, {{"axis", index_t{0}}});
         };
         const auto unit = [&](value_id v) {
           const auto n = b.op("Clip", {b.op("ReduceL2", {v, b.constant({-1})}), b.scalar(1e-6f)});
           return b.op("Div", {v, b.op("Expand", {n, b.op("Shape", {v})})});
         };
         const auto s = b.op("MatMul", {unit(part(0)), b.transpose(unit(part(1)), {0, 1, 3, 2})});
         const auto a = b.op("Softmax", {b.mul(s, b.weight({4, 1, 1}))}, {{"axis", index_t{-1}}});
         const auto y =
             b.reshape(b.transpose(b.op("MatMul", {a, part(2)}), {0, 2, 1, 3}), {1, 16, 32});
         return b.classify(b.reshape(b.transpose(b.matmul(y, 16), {0, 2, 1}), {1, 16, 4, 4}));
       },
       16 + 8 + 16},
      {"attention with a computed bias per head: the heads stay, their dimensions go",
       [](net_builder& b) {
         const auto x = b.transpose(b.reshape(b.max_pool(stem(b)), {1, 16, 16}), {0, 2, 1});
         const auto heads = [&](const ints& order) {
           return b.transpose(b.reshape(b.matmul(x, 32), {1, 16, 4, 8}), order);
         };
         const auto s = b.op("MatMul", {heads({0, 2, 1, 3}), heads({0, 2, 3, 1})});
         const auto bias = b.reshape(b.transpose(b.matmul(x, 4), {0, 2, 1}), {1, 4, 1, 16});
         const auto a = b.op("Softmax", {b.add(s, bias)}, {{"axis", index_t{-1}}});
         const auto y = b.transpose(b.op("MatMul", {a, heads({0, 2, 1, 3})}), {0, 2, 1, 3});
         const auto z = b.matmul(b.reshape(y, {1, 16, 32}), 16);
         return b.classify(b.reshape(b.transpose(z, {0, 2, 1}), {1, 16, 4, 4}));
       },
       16 + 8 + 8 + 16},
      {"attention scaled by its own width",
       [](net_builder& b) {
         const auto x = b.transpose(b.reshape(b.max_pool(stem(b)), {1, 16, 16}), {0, 2, 1});
         const auto q = b.matmul(x, 16), k = b.matmul(x, 16), v = b.matmul(x, 16);
         const auto width = b.op("Gather", {b.op("Shape", {q}), b.scalar(index_t{-1})});
         const auto root = b.op("Sqrt", {b.op("Cast", {width}, {{"to", index_t{1}}})});
         const auto s = b.op("Div", {b.op("MatMul", {q, b.transpose(k, {0, 2, 1})}), root});
         const auto y = b.op("MatMul", {b.op("Softmax", {s}, {{"axis", index_t{-1}}}), v});
         return b.classify(b.reshape(b.transpose(b.matmul(y, 16), {0, 2, 1}), {1, 16, 4, 4}));
       },
       16 + 16 + 16 + 16},
      {"transformer layer: the feed-forward part and the heads go",
       [](net_builder& b) {
         auto x = b.transpose(b.reshape(b.max_pool(stem(b)), {1, 16, 16}), {0, 2, 1});
         const auto norm = [&b](value_id v) {
           return b.op("LayerNormalization", {v, b.weight({16}), b.weight({16})});
         };
         const auto n = norm(x);
         const auto s = b.op("MatMul", {b.matmul(n, 16), b.transpose(b.matmul(n, 16), {0, 2, 1})});
         const auto a = b.op("Softmax", {s}, {{"axis", index_t{-1}}});
         x = b.add(x, b.matmul(b.op("MatMul", {a, b.matmul(n, 16)}), 16));
         x = b.add(x, b.matmul(b.op("Gelu", {b.matmul(norm(x), 32)}), 16));
         return b.classify(b.reshape(b.transpose(x, {0, 2, 1}), {1, 16, 4, 4}));
       },
       16 + 16 + 16 + 32, true},
      {"attention heads by sums of products",
       [](net_builder& b) {
         const auto x = b.reshape(b.max_pool(stem(b)), {1, 16, 16});
         const auto sum = [&b](const std::string& equation, value_id u, value_id v) {
           return b.op("Einsum", {u, v}, {{"equation", equation}});
         };
         const auto part = [&] { return sum("b c t, h d c -> b h t d", x, b.weight({4, 8, 16})); };
         const auto q = part(), k = part(), v = part();
         const auto a = b.op("Softmax", {sum("bhid,bhjd->bhij", q, k)}, {{"axis", index_t{-1}}});
         const auto y =
             sum("b h t d, h d c -> b c t", sum("bhij,bhjd->bhid", a, v), b.weight({4, 8, 16}));
         return b.classify(b.reshape(y, {1, 16, 4, 4}));
       },
       16 + 4 + 8 + 8 + 16},
      {"squeeze of channels by a softmax over places (GCNet)",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto mask =
             b.op("Softmax", {b.reshape(b.conv1(x, 1), {1, 1, 64})}, {{"axis", index_t{2}}});
         const auto rows = b.reshape(x, {1, 16, 64});
         const auto context = b.op("MatMul", {rows, b.transpose(mask, {0, 2, 1})});
         const auto t = b.conv1(b.relu(b.conv1(b.reshape(context, {1, 16, 1, 1}), 8)), 16);
         return b.classify(b.conv(b.add(x, t), 16));
       },
       40},
      {"softmax over channels keeps them",
       [](net_builder& b) {
         const auto x = b.op("Softmax", {b.conv(stem(b), 16)}, {{"axis", index_t{1}}});
         return b.classify(b.conv(x, 16));
       },
       32},
      {"argmax over channels keeps them",
       [](net_builder& b) {
         const auto x = b.conv(stem(b), 8);
         return b.out(b.op("ArgMax", {x}, {{"axis", index_t{1}}}));
       },
       16},
      {"classes as logarithms: a log softmax at the end",
       [](net_builder& b) {
         const auto x = b.linear(b.flatten(b.mean(b.conv_bn_relu(stem(b), 16))), 5);
         return b.out(b.op("LogSoftmax", {x}, {{"axis", index_t{1}}}));
       },
       32},
      {"detections: boxes and scores meet in a non-maximum suppression",
       [](net_builder& b) {
         const auto x = b.conv_bn_relu(stem(b), 16, {.stride = 2});
         const auto boxes = b.transpose(b.reshape(b.conv(x, 4), {1, 4, 16}), {0, 2, 1});
         const auto scores = b.op("Sigmoid", {b.reshape(b.conv(x, 3), {1, 3, 16})});
         const auto best = b.op("NonMaxSuppression",
                                {boxes, scores, b.constant({16}), b.scalar(0.9f), b.scalar(0.1f)});
         const auto which = b.op("Gather", {best, b.scalar(index_t{2})}, {{"axis", index_t{1}}});
         b.net.add_output(b.op("Gather", {boxes, which}, {{"axis", index_t{1}}}));
         return b.out(scores);
       },
       32},
      {"topk over channels keeps them",
       [](net_builder& b) {
         const auto x = b.conv(stem(b), 8);
         return b.out(b.op_n("TopK", 2, {x, b.constant({3})}, {{"axis", index_t{1}}})[0]);
       },
       16},
      {"cumulated channels stay: an operator without a rule is a barrier",
       [](net_builder& b) {
         const auto x = b.conv(stem(b), 8);
         b.net.add_output(b.conv(x, 4));
         return b.out(b.op_n("TopK", 2, {b.relu(x), b.constant({2})}, {{"axis", index_t{3}}})[0]);
       },
       16},
  };
}

inline std::vector<micro_graph> arithmetic_graphs() {
  return {
      {"half of the channels by arithmetic on the shape",
       [](net_builder& b) {
         const auto x = b.conv(stem(b), 32);
         const auto n = b.op("Gather", {b.op("Shape", {x}), b.constant({1})});
         const auto half = b.op("Div", {n, b.constant({2})});
         const auto low = b.op("Slice", {x, b.constant({0}), half, b.constant({1})});
         const auto high = b.op("Slice", {x, half, n, b.constant({1})});
         return b.classify(b.conv(b.concat({b.conv(low, 16), high}), 16));
       },
       16 + 32 + 16 + 16},
      {"resize to the size of another map",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto y = b.conv(x, 16, {.stride = 2});
         const auto size =
             b.op("Slice", {b.op("Shape", {x}), b.constant({2}), b.constant({4}), b.constant({0})});
         const auto front =
             b.op("Slice", {b.op("Shape", {y}), b.constant({0}), b.constant({2}), b.constant({0})});
         const auto up = b.op("Resize", {y, no_value, no_value, b.concat({front, size}, 0)},
                              {{"mode", std::string("linear")}});
         return b.classify(b.conv(b.concat({x, up}), 16));
       },
       48},
      {"resize to stated sizes, channels among them",
       [](net_builder& b) {
         const auto up = b.op("Resize", {stem(b), no_value, no_value, b.constant({1, 16, 11, 9})},
                              {{"mode", std::string("cubic")}});
         return b.classify(b.conv(up, 16));
       },
       32},
      {"upsample by scales",
       [](net_builder& b) {
         b.net.opsets[""] = 9;
         const auto up = b.op("Upsample", {stem(b), b.vector({1, 1, 2, 2})},
                              {{"mode", std::string("nearest")}});
         return b.classify(b.conv(up, 16));
       },
       32},
      {"reflection, edge and constant padding",
       [](net_builder& b) {
         auto x = stem(b);
         for (const char* mode : {"reflect", "edge", "constant"})
           x = b.conv(b.op("Pad", {x, b.constant({0, 0, 1, 1, 0, 0, 1, 1})},
                           {{"mode", std::string(mode)}}),
                      16, {.pad = 0});
         return b.classify(x);
       },
       64},
      {"padding with another number than zero",
       [](net_builder& b) {
         const auto x = b.op("Pad", {stem(b), b.constant({0, 0, 1, 1, 0, 0, 1, 1}), b.scalar(2.f)});
         return b.classify(b.conv(x, 16, {.pad = 0}));
       },
       32, false, true},
      {"positions are added to places",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto n = b.op("Gather", {b.op("Shape", {x}), b.scalar(index_t{3})});
         const auto line = b.op("Range", {b.scalar(index_t{0}), n, b.scalar(index_t{1})});
         return b.classify(
             b.conv(b.add(b.conv(x, 16), b.op("Cast", {line}, {{"to", index_t{1}}})), 16));
       },
       48, false, true},
      {"coordinate channels are put beside the others",
       [](net_builder& b) {
         const auto x = stem(b);
         const auto maps = b.net.add_initializer("maps", b.tensor({1, 2, 8, 8}));
         return b.classify(b.conv(b.concat({b.conv(x, 16), maps}), 16));
       },
       16 + 16 + 2 + 16},
      {"casts, dropout and identities",
       [](net_builder& b) {
         auto x = b.op("Dropout", {b.op("Identity", {stem(b)})});
         x = b.op("Cast", {b.op("Cast", {x}, {{"to", index_t{11}}})}, {{"to", index_t{1}}});
         return b.classify(b.conv(x, 16));
       },
       32},
      {"powers, roots, logarithms",
       [](net_builder& b) {
         auto x = b.op("Sqrt", {b.op("Pow", {stem(b), b.scalar(2.f)})});
         x = b.op("Log", {b.add(b.op("Abs", {b.conv(x, 16)}), b.scalar(1.f))});
         return b.classify(b.conv(x, 16));
       },
       48},
      {"a reciprocal keeps its channels: it is not finite at zero",
       [](net_builder& b) {
         const auto x = b.op("Reciprocal", {b.conv(stem(b), 16)});
         return b.classify(b.conv(x, 16));
       },
       32},
      {"symbolic batch",
       [](net_builder& b) {
         auto x = b.conv_bn_relu(b.input({-1, 3, 8, 8}), 16);
         const auto n = b.op("Gather", {b.op("Shape", {x}), b.constant({0})});
         const auto target =
             b.concat({n, b.constant({2}), b.constant({8}), b.constant({8}), b.constant({8})}, 0);
         x = b.transpose(b.op("Reshape", {x, target}), {0, 2, 1, 3, 4});
         return b.classify(b.conv(b.op("Reshape", {x, b.constant({0, 16, 8, 8})}), 16));
       },
       24},
      {"expand by a computed shape",
       [](net_builder& b) {
         const auto x = b.conv(stem(b), 16);
         const auto bias = b.op("Expand", {b.weight({16, 1, 1}), b.op("Shape", {x})});
         return b.classify(b.conv(b.add(x, bias), 16));
       },
       48},
      {"embedding table of places",
       [](net_builder& b) {
         const auto x = b.transpose(b.reshape(b.conv(stem(b), 16), {1, 16, 64}), {0, 2, 1});
         const auto order =
             b.op("Range", {b.scalar(index_t{0}), b.scalar(index_t{64}), b.scalar(index_t{1})});
         const auto table = b.op("Gather", {b.weight({80, 16}), order}, {{"axis", index_t{0}}});
         const auto y = b.reshape(b.transpose(b.add(x, table), {0, 2, 1}), {1, 16, 8, 8});
         return b.classify(b.conv(y, 16));
       },
       48 + 16},  // rows of the table that nothing reads
  };
}

}  // namespace slimming::testing
