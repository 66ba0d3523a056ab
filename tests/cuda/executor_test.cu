// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/cuda/executor.cuh>    // cuda_executor
#include <slimming/train/optimiser.hpp>  // sgd_rule

#include <vector>  // std::vector

#include "tests/exec/small_net.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/oracle.hpp"

namespace slimming::inline v0::cuda {
template const exec::lowering_table<cuda_device<float>>& cuda_device<float>::lowerings();
template const exec::lowering_table<cuda_device<bfloat16>>& cuda_device<bfloat16>::lowerings();
}  // namespace slimming::inline v0::cuda

using namespace slimming;

namespace {

model little_net() {
  test_support::small_net b;
  const auto x = b.relu(b.norm(b.conv(b.input({8, 3, 8, 8}), 16, 3)));
  return b.finish({b.linear(b.global_pool(x), 4)});
}

template <class T>
std::vector<double> losses(const cuda::cuda_options& options, int steps) {
  executor_options o;
  o.mode = execution_mode::training;
  o.loss = cross_entropy{};
  cuda_executor<T> e(little_net(), testing::ops(), o, cuda_device<T>(options));
  std::vector<double> all;
  for (int i = 0; i < steps; ++i) {
    e.set_input(0, test_support::random_values(8 * 3 * 8 * 8, 1));
    e.set_labels(std::vector<index_t>{0, 1, 2, 3, 0, 1, 2, 3});
    e.step(sgd_rule({.learning_rate = 0.05 / (1 + i)}));
    all.push_back(e.result().loss);
  }
  REQUIRE(e.device().on().has_recorded());
  return all;
}

}  // namespace

TEST_CASE("recorded training lowers the loss under every option", "[cuda.executor]") {
  for (const bool tf32 : {false, true})
    for (const bool deterministic : {false, true}) {
      const auto wide = losses<float>({.tf32 = tf32, .deterministic = deterministic}, 6);
      REQUIRE(wide.back() < wide.front());
    }
  const auto narrow = losses<bfloat16>({}, 6);
  REQUIRE(narrow.back() < narrow.front());
  REQUIRE(narrow == losses<bfloat16>({}, 6));
}
