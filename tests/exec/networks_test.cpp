// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
//
// Whole networks on the CPU against the naive evaluation in double.
#include <slimming/model/evaluate.hpp>  // evaluate
#include <slimming/model/prune.hpp>     // prune
#include <slimming/models/by_name.hpp>  // by_name
#include <slimming/plan/plan.hpp>       // make_plan

#include "tests/exec/small_net.hpp"        // random_values
#include "tests/support/catch.hpp"         // TEST_CASE
#include "tests/support/cpu_executor.hpp"  // cpu_executor
#include "tests/support/oracle.hpp"        // ops

#include <algorithm>  // std::max
#include <cmath>      // std::abs
#include <span>       // std::span
#include <string>     // std::string
#include <vector>     // std::vector

namespace sl = slimming;
using test_support::random_values;

namespace {

const std::vector<std::string> network_names{"vgg11", "preresnet20", "densenet22", "resnet20"};

sl::model small_version(const std::string& name) {
  sl::models::recipe r;
  r.multiplier = 0.25;
  r.height = r.width = 16;
  sl::model net = sl::models::by_name(name, r);
  // Statistics and shifts away from their initial values, so that they matter.
  sl::random_stream random{3, 1, 0};
  for (const auto& node : net.nodes())
    if (node.op == "BatchNormalization")
      for (std::size_t i = 1; i < 5; ++i)
        for (float& v : net.initializer(node.inputs[i])->values<float>())
          v += static_cast<float>(random.uniform(i == 4 ? -0.3 : -0.2, 0.3));
  return net;
}

void check_against_evaluation(const sl::model& net, const sl::shape& in, sl::executor_options o) {
  const bool training = o.mode == sl::execution_mode::training;
  o.inputs = {in};
  sl::cpu_executor e(net, sl::testing::ops(), o, sl::cpu_device(2));
  const auto x = random_values(sl::element_count(in), 3);
  e.set_input(0, x);
  e.forward();
  const auto got = e.output();
  const std::vector<sl::any_tensor> inputs{
      sl::any_tensor::from(std::span<const float>(x), sl::shape(in))};
  const auto want = sl::evaluate(net, sl::testing::ops(), inputs,
                                 {.real = sl::dtype::float64, .training = training})[0]
                        .converted<double>();
  REQUIRE(got.size() == want.size());
  double largest = 0;
  for (const double v : want) largest = std::max(largest, std::abs(v));
  for (std::size_t i = 0; i < want.size(); ++i)
    CHECK(static_cast<double>(got[i]) == Approx(want[i]).epsilon(0).margin(1e-4 * largest));
}

}  // namespace

TEST_CASE("every recipe computes what its naive evaluation computes") {
  for (const auto& name : network_names)
    for (const bool training : {false, true})
      for (const bool exact : {false, true}) {
        INFO(name << " training " << training << " exact " << exact);
        sl::executor_options o;
        o.mode = training ? sl::execution_mode::training : sl::execution_mode::inference;
        o.exact = exact;
        check_against_evaluation(small_version(name), {3, 3, 16, 16}, o);
      }
}

TEST_CASE("so does every recipe after surgery, with selections that leave channels out") {
  for (const auto& name : network_names) {
    sl::model net = small_version(name);
    const auto graph = sl::connect(net, sl::testing::ops()).graph;
    sl::prune(net, sl::testing::ops(), sl::make_plan(graph, sl::bn_gamma{}, sl::global_ratio{0.4}));
    for (const bool training : {false, true}) {
      INFO(name << " training " << training);
      sl::executor_options o;
      o.mode = training ? sl::execution_mode::training : sl::execution_mode::inference;
      check_against_evaluation(net, {3, 3, 16, 16}, o);
    }
  }
}

TEST_CASE("one normalisation behind another is computed, too") {
  for (const bool training : {false, true}) {
    test_support::small_net b;
    const auto x = b.norm(b.norm(b.conv(b.input({2, 3, 6, 4}), 4, 3, 1, 1, true)));
    sl::executor_options o;
    o.mode = training ? sl::execution_mode::training : sl::execution_mode::inference;
    check_against_evaluation(b.finish({b.relu(x)}), {2, 3, 6, 4}, o);
  }
}

TEST_CASE("concatenations behind each other are computed for any rank") {
  test_support::small_net b;
  const auto x = b.conv(b.input({2, 3, 6, 4}), 4, 3);
  const auto rows = b.node("Reshape", {x, b.integers({2, 4, 24})}, {2, 4, 24});
  auto y = b.node("Concat", {rows, rows}, {2, 8, 24}, {{"axis", sl::index_t{1}}});
  y = b.node("Concat", {y, rows}, {2, 12, 24}, {{"axis", sl::index_t{1}}});
  check_against_evaluation(b.finish({y}), {2, 3, 6, 4}, {});
}

TEST_CASE("the MLP reads its images flat") {
  sl::models::recipe r = sl::models::mnist_recipe();
  r.multiplier = 0.1;
  sl::model net = sl::models::mlp(r);
  check_against_evaluation(net, {5, 1, 28, 28}, {});
  sl::executor_options o;
  o.mode = sl::execution_mode::training;
  check_against_evaluation(net, {5, 1, 28, 28}, o);
}

TEST_CASE("operators without kernels are evaluated as the table says") {
  test_support::small_net b;
  auto x = b.conv(b.input({2, 3, 6, 4}), 4, 3);
  x = b.node("Transpose", {x}, {2, 6, 4, 4}, {{"perm", std::vector<sl::index_t>{0, 2, 1, 3}}});
  x = b.node("Reshape", {x, b.integers({2, 24, 4})}, {2, 24, 4});
  x = b.node("Softmax", {x}, {2, 24, 4}, {{"axis", sl::index_t{2}}});
  x = b.node("Reshape", {x, b.integers({2, 6, 4, 4})}, {2, 6, 4, 4});
  const auto net = b.finish({b.conv(x, 2, 1)});
  check_against_evaluation(net, {2, 3, 6, 4}, {});
}
