// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
//
// Every operator that the library understands runs on the CPU, with a kernel or without, before and after
// surgery.
#include <slimming/model/evaluate.hpp>  // evaluate

#include "tests/support/catch.hpp"
#include "tests/support/cpu_executor.hpp"
#include "tests/support/micro_graphs/micro_graph.hpp"
#include "tests/support/oracle.hpp"

#include <set>     // std::set
#include <string>  // std::string

namespace sl = slimming;

namespace {

double executor_against_evaluation(const sl::model& net) {
  const auto inputs = sl::testing::random_inputs(net, sl::random_stream{3}, sl::dtype::float32);
  sl::executor_options options;
  for (const auto& x : inputs) options.inputs.push_back(x.extents());
  sl::cpu_executor e(net, sl::testing::ops(), options, sl::cpu_device(2));
  for (std::size_t i = 0; i < inputs.size(); ++i) e.set_input(i, inputs[i].values<float>());
  e.forward();
  const auto want = sl::evaluate(net, sl::testing::ops(), inputs, {.real = sl::dtype::float64});
  std::vector<sl::any_tensor> got;
  for (std::size_t k = 0; k < want.size(); ++k)
    got.push_back(sl::any_tensor::from(std::span<const float>(e.output(k)), want[k].extents()));
  return sl::testing::relative_difference(want, got);
}

}  // namespace

// What comes out is no float, or as long as the data say.
const std::set<std::string> declined = {
    "argmax over channels keeps them",
    "detections: boxes and scores meet in a non-maximum suppression"};

TEST_CASE("every micro-graph runs on the CPU as it evaluates, whole and pruned") {
  for (const auto& g : sl::testing::micro_graphs()) {
    INFO(g.name);
    sl::testing::net_builder b;
    const sl::model net = g.build(b);
    if (declined.contains(g.name)) {
      CHECK_THROWS_AS(executor_against_evaluation(net), sl::unsupported);
      continue;
    }
    CHECK(executor_against_evaluation(net) < 1e-3);
    CHECK(executor_against_evaluation(sl::testing::prove(net, sl::per_layer_ratio{0.5}).pruned) <
          1e-3);
  }
}
