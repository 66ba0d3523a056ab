// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/ops/norm.hpp>

#include <slimming/core/error.hpp>      // shape_mismatch, unsupported
#include <slimming/core/random.hpp>     // random_stream
#include <slimming/model/evaluate.hpp>  // evaluate
#include <slimming/model/infer.hpp>     // infer

#include "tests/support/catch.hpp"
#include "tests/support/net_builder.hpp"
#include "tests/support/oracle.hpp"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace sl = slimming;
using sl::testing::ints;
using sl::testing::net_builder;
using sl::testing::prove;

namespace {

sl::model group_normed(sl::index_t groups, sl::index_t scales) {
  net_builder b;
  b.net.opsets[""] = scales == 12 ? 21 : 18;
  const auto x = b.conv(b.input({1, 3, 6, 6}), 12);
  const auto y = b.op("GroupNormalization", {x, b.weight({scales}), b.weight({scales})},
                      {{"num_groups", groups}});
  return b.classify(b.conv(y, 6));
}

/// The outputs of \p net as numbers.
std::vector<std::vector<double>> computed(const sl::model& net,
                                          const std::vector<sl::any_tensor>& inputs) {
  std::vector<std::vector<double>> numbers;
  for (const auto& y : sl::evaluate(net, sl::testing::ops(), inputs))
    numbers.push_back(y.converted<double>());
  return numbers;
}

}  // namespace

TEST_CASE("batch and instance norms are cut with their channels") {
  net_builder b;
  auto x = b.bn(b.conv(b.input({2, 3, 6, 6}), 8));
  x = b.op("InstanceNormalization", {b.conv(x, 8), b.weight({8}), b.weight({8})});
  const auto p = prove(b.classify(x), sl::global_ratio{0.5});
  CHECK(p.removed > 0);
  CHECK(p.difference < 1e-12);
}

TEST_CASE("a group norm loses whole groups exactly, or positions approximately") {
  for (const sl::index_t scales : {12, 4}) {
    const auto whole = prove(group_normed(4, scales), sl::global_ratio{0.5});
    CHECK_FALSE(whole.approximate);
    CHECK(whole.difference < 1e-12);
    CHECK(whole.pruned.nodes()[1].integer("num_groups", 0) < 4);
  }
  const auto narrow = prove(group_normed(4, 12), sl::global_ratio{0.5}, {.allow_approximate = true},
                            {.norm_grouping = sl::rules::group_policy::same_positions});
  CHECK(narrow.approximate);
  CHECK(narrow.removed > 0);
  CHECK(narrow.pruned.nodes()[1].integer("num_groups", 0) == 4);
}

TEST_CASE("channels under a layer norm go only where approximations are allowed") {
  net_builder b;
  auto x = b.conv(b.input({1, 3, 4, 4}), 8);
  x = b.transpose(x, {0, 2, 3, 1});
  const auto n = b.op("LayerNormalization", {x, b.weight({8}), b.weight({8})});
  const auto hidden = b.op("Relu", {b.matmul(n, 12)});
  const auto net = b.classify(b.transpose(b.matmul(hidden, 8), {0, 3, 1, 2}));
  const auto exact = prove(net, sl::global_ratio{0.5});
  CHECK(exact.approximate);
  CHECK(exact.removed > 0);  // inside the feed-forward part
  CHECK(exact.difference < 1e-12);
  const auto flagged = prove(net, sl::global_ratio{0.5}, {.allow_approximate = true});
  CHECK(flagged.removed > exact.removed);
  CHECK(flagged.difference > 1e-6);
}

TEST_CASE("zeros do not change a p-norm") {
  net_builder b;
  auto x = b.conv(b.input({1, 3, 4, 4}), 8);
  x = b.op("LpNormalization", {x}, {{"axis", sl::index_t{1}}});
  const auto p = prove(b.classify(x), sl::global_ratio{0.5});
  CHECK(p.removed > 0);
  CHECK(p.difference < 1e-12);
}

TEST_CASE("scales and shifts that do not fit are refused before anything runs") {
  const auto refused = [](const std::string& op, const std::vector<sl::shape>& vectors,
                          const sl::testing::attributes& a, const std::string& what) {
    net_builder b;
    std::vector<sl::value_id> inputs{b.input({1, 6, 4, 8})};
    for (const auto& extents : vectors) inputs.push_back(b.weight(extents));
    const auto net = b.out(b.op(op, inputs, a));
    CHECK_THROWS_WITH(sl::infer(net, sl::testing::ops()),
                      sl::testing::containing("(" + op + "): ") && sl::testing::containing(what));
  };
  refused("LayerNormalization", {{2}}, {}, "input 1: axis 0: expected 8, got 2");
  refused("LayerNormalization", {{8}, {3, 8}}, {}, "input 2: axis 0: expected 4, got 3");
  const sl::testing::attributes six{{"num_groups", sl::index_t{6}}},
      two{{"num_groups", sl::index_t{2}}};
  refused("GroupNormalization", {{6}, {1}}, six, "input 2, axis 0: expected 6, got 1");
  refused("GroupNormalization", {{2}, {2}}, two, "input 1, axis 0: expected 6, got 2");
  refused("GroupNormalization", {{6}, {6}}, {{"num_groups", sl::index_t{4}}},
          "6 channels do not divide into 4 groups");
}

TEST_CASE("naive evaluation reads no number that a scale or a shift does not have") {
  const std::pair<std::string, std::vector<sl::shape>> cases[] = {
      {"LayerNormalization", {{2}, {8}}},
      {"GroupNormalization", {{6}, {4}}},
      {"InstanceNormalization", {{4}, {6}}},
      {"BatchNormalization", {{6}, {6}, {6}, {4}}}};
  for (const auto& [op, vectors] : cases) {
    net_builder b;
    std::vector<sl::value_id> inputs{b.input({1, 6, 4, 8})};
    for (const auto& extents : vectors) inputs.push_back(b.weight(extents));
    const auto net = b.out(b.op(op, inputs));
    CHECK_THROWS_AS(computed(net, sl::testing::random_inputs(net, sl::random_stream{1})),
                    sl::shape_mismatch);
  }
}

TEST_CASE("a layer norm's scale and shift are aligned with the last axes") {
  const std::vector<std::vector<sl::shape>> vectors{
      {{8}, {8}},    {{8, 1, 1}, {8}},    {{8}, {8, 1, 1}},       {{1}, {1}},
      {{6, 8}, {8}}, {{8, 6, 8}, {6, 1}}, {{8, 6, 8}, {8, 1, 1}}, {{8, 1, 1}}};
  for (const auto& extents : vectors) {
    net_builder b;
    std::vector<sl::value_id> inputs{b.conv(b.input({1, 3, 6, 8}), 8)};
    for (const auto& e : extents) inputs.push_back(b.weight(e));
    const auto n = b.op("LayerNormalization", inputs, {{"axis", sl::index_t{1}}});
    const auto net = b.classify(b.conv(n, 4));
    CHECK(prove(net, sl::global_ratio{0.5}).difference < 1e-12);
    const auto p = prove(net, sl::global_ratio{0.5}, {.allow_approximate = true});
    CHECK(p.removed > 0);
    const auto& left = p.pruned.nodes()[1];
    const auto width =
        sl::infer(p.pruned, sl::testing::ops())[static_cast<std::size_t>(left.outputs[0])]
            .extents->at(1);
    CHECK(width < 8);
    for (std::size_t i = 0; i < extents.size(); ++i) {
      sl::shape expected = extents[i];
      if (expected.size() == 3 && expected[0] == 8) expected[0] = width;
      CHECK(p.pruned.initializer(left.input(i + 1))->extents() == expected);
    }
  }
}

TEST_CASE("a scale that varies along an axis before the normalised ones keeps it whole") {
  net_builder b;
  const auto x = b.conv(b.input({1, 3, 4, 6}), 8);
  const auto n = b.op("LayerNormalization", {x, b.weight({8, 1, 6})});
  const auto p = prove(b.classify(b.conv(n, 4)), sl::global_ratio{0.5});
  CHECK(p.difference < 1e-12);
  CHECK(p.pruned.initializer(p.pruned.nodes()[1].input(1))->extents() == sl::shape{8, 1, 6});
}

TEST_CASE("a layer norm yields the mean and the inverse deviation of its rows") {
  net_builder b;
  const auto y = b.op_n("LayerNormalization", 3, {b.input({2, 3, 4}), b.weight({4})});
  for (const auto v : y) b.net.add_output(v);
  const auto in = sl::testing::random_inputs(b.net, sl::random_stream{1});
  const auto x = in.at(0).converted<double>();
  const auto got = computed(b.net, in);
  REQUIRE(got.at(1).size() == 6);
  REQUIRE(got.at(2).size() == 6);
  for (std::size_t row = 0; row < 6; ++row) {
    double mean = 0, variance = 0;
    for (std::size_t i = 0; i < 4; ++i) mean += x[4 * row + i] / 4;
    for (std::size_t i = 0; i < 4; ++i)
      variance += (x[4 * row + i] - mean) * (x[4 * row + i] - mean) / 4;
    CHECK(got[1][row] == Approx(mean));
    CHECK(got[2][row] == Approx(1 / std::sqrt(variance + 1e-5)));
  }
}

TEST_CASE("channels beside a layer norm go from its mean too") {
  net_builder b;
  const auto x = b.conv(b.input({1, 3, 4, 6}), 8);
  const auto y = b.op_n("LayerNormalization", 2, {x, b.weight({6})});
  const auto p = prove(b.classify(b.conv(b.add(y[0], y[1]), 4)), sl::global_ratio{0.5});
  CHECK(p.removed > 0);
  CHECK(p.difference < 1e-12);
}

TEST_CASE("a batch norm that trains moves its running statistics") {
  for (const sl::index_t opset : {9, 15}) {
    net_builder b;
    b.net.opsets[""] = opset;
    const std::vector<float> mean{1, 2}, variance{3, 4};
    sl::testing::attributes a{{"momentum", 0.75f}};
    if (opset >= 14) a["training_mode"] = sl::index_t{1};
    const auto y = b.op_n("BatchNormalization", opset < 14 ? 5 : 3,
                          {b.input({2, 2, 3}), b.vector({1, 1}), b.vector({0, 0}), b.vector(mean),
                           b.vector(variance)},
                          a);
    for (const auto v : y) b.net.add_output(v);
    const auto in = sl::testing::random_inputs(b.net, sl::random_stream{1});
    const auto x = in.at(0).converted<double>();
    const auto got = computed(b.net, in);
    for (std::size_t c = 0; c < 2; ++c) {
      const auto at = [&](std::size_t k) { return x[(k / 3 * 2 + c) * 3 + k % 3]; };
      double m = 0, v = 0;
      for (std::size_t k = 0; k < 6; ++k) m += at(k) / 6;
      for (std::size_t k = 0; k < 6; ++k) v += (at(k) - m) * (at(k) - m) / 6;
      CHECK(got.at(0)[c * 3] == Approx((at(0) - m) / std::sqrt(v + 1e-5)));
      CHECK(got.at(1).at(c) == Approx(0.75 * mean[c] + 0.25 * m));
      CHECK(got.at(2).at(c) == Approx(0.75 * variance[c] + 0.25 * v));
      if (opset < 14) {
        CHECK(got.at(3).at(c) == Approx(m));
        CHECK(got.at(4).at(c) == Approx(v));
      }
    }
  }
}

TEST_CASE("running statistics that a batch norm yields are cut with its channels") {
  net_builder b;
  const auto n = b.conv(b.input({1, 3, 6, 6}), 8);
  const auto y = b.op_n("BatchNormalization", 3,
                        {n, b.weight({8}), b.weight({8}), b.weight({8}), b.weight({8}, 0.5, 2)},
                        {{"training_mode", sl::index_t{1}}});
  const auto p = prove(b.classify(b.conv(y[0], 4)), sl::global_ratio{0.5});
  CHECK(p.removed > 0);
  CHECK(p.difference < 1e-12);
}

TEST_CASE("statistics of a batch norm that does not train are not made up") {
  net_builder b;
  const auto y = b.op_n(
      "BatchNormalization", 2,
      {b.input({2, 2, 3}), b.weight({2}), b.weight({2}), b.weight({2}), b.weight({2}, 0.5, 2)});
  b.net.add_output(y[1]);
  const auto in = sl::testing::random_inputs(b.net, sl::random_stream{1});
  CHECK_THROWS_AS(sl::evaluate(b.net, sl::testing::ops(), in), sl::unsupported);
}
