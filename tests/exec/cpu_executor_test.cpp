// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/exec/cpu_executor.hpp>  // cpu_executor

#include "tests/exec/small_net.hpp"        // small_net, random_values
#include "tests/support/catch.hpp"         // TEST_CASE
#include "tests/support/memory_meter.hpp"  // memory_meter

#include <vector>  // std::vector

namespace sl = slimming;
using test_support::random_values;
using test_support::small_net;

namespace {

sl::model branching_net() {
  small_net b;
  const auto x = b.input({6, 3, 8, 8});
  const auto stem = b.relu(b.norm(b.conv(x, 20, 3)));
  auto y = b.norm(b.conv(stem, 20, 3));
  y = b.relu(b.add(y, stem));
  const auto wide =
      b.node("Concat", {y, b.conv(y, 7, 1)}, {6, 27, 8, 8}, {{"axis", sl::index_t{1}}});
  y = b.node("Dropout", {b.max_pool(b.relu(b.norm(wide)))}, {6, 27, 4, 4}, {{"ratio", 0.25}});
  return b.finish({b.linear(b.global_pool(b.conv(y, 9, 3, 2)), 5)});
}
sl::executor_options training() {
  sl::executor_options o;
  o.mode = sl::execution_mode::training;
  o.loss = sl::cross_entropy{.label_smoothing = 0.1};
  o.seed = 3;
  return o;
}
std::vector<float> all_values_after_training(int threads) {
  const auto net = branching_net();
  sl::cpu_executor e(net, {}, training(), sl::cpu_device(threads));
  for (std::uint64_t i = 0; i < 4; ++i) {
    e.set_input(0, random_values(6 * 3 * 8 * 8, i));
    e.set_labels(std::vector<sl::index_t>{0, 1, 2, 3, 4, 0});
    e.step([](const sl::exec::parameter& p) {
      sl::exec::update_rule r{.learning_rate = 0.1f, .momentum = 0.9f, .weight_decay = 1e-4f};
      if (p.kind == sl::exec::parameter_kind::scale) r.l1 = 1e-3f;
      return r;
    });
  }
  std::vector<float> all;
  for (const auto& p : e.parameters()) {
    const auto v = e.value(p);
    all.insert(all.end(), v.begin(), v.end());
  }
  return all;
}

}  // namespace

TEST_CASE("training gives the same bits on any number of threads") {
  const auto one = all_values_after_training(1);
  for (const int threads : {2, 3, 4, 7}) CHECK(all_values_after_training(threads) == one);
}

TEST_CASE("after the first step no thread allocates anything") {
  const auto net = branching_net();
  for (const int threads : {1, 2, 4}) {
    sl::cpu_executor e(net, {}, training(), sl::cpu_device(threads));
    e.set_input(0, random_values(6 * 3 * 8 * 8, 1));
    e.set_labels(std::vector<sl::index_t>{0, 1, 2, 3, 4, 0});
    const auto rule = [](const sl::exec::parameter&) { return sl::exec::update_rule{}; };
    e.step(rule);
    const std::size_t before = test_support::memory_meter::everywhere;
    for (int i = 0; i < 3; ++i) e.step(rule);
    CHECK(test_support::memory_meter::everywhere == before);
  }
}

TEST_CASE("a device may overrule the cost table") {
  small_net b;
  const auto net = b.finish({b.conv(b.input({2, 16, 16, 16}), 16, 3)});
  using algorithm = sl::kernels::cpu::conv_algorithm;
  const auto outputs_by = [&](algorithm wanted, int& asked) {
    const auto choose = [&](const sl::kernels::conv_geometry& g, sl::kernels::cpu::conv_options o) {
      CHECK(g.in_channels == 16);
      CHECK(o.forward == algorithm::automatic);
      o.forward = wanted;
      ++asked;
      return o;
    };
    sl::cpu_executor e(net, {}, {}, sl::cpu_device(2, choose));
    e.set_input(0, random_values(2 * 16 * 16 * 16, 1));
    e.forward();
    return e.output(0);
  };
  int asked = 0;
  sl::cpu_executor table(net, {}, {}, sl::cpu_device(2));
  table.set_input(0, random_values(2 * 16 * 16 * 16, 1));
  table.forward();
  CHECK(outputs_by(algorithm::winograd_4x4, asked) == table.output(0));
  CHECK(outputs_by(algorithm::implicit_gemm, asked) != table.output(0));
  CHECK(asked == 2);
  CHECK_THROWS_AS(outputs_by(algorithm::depthwise, asked), sl::unsupported);
}
