// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/exec/executor.hpp>  // executor

#include "tests/exec/small_net.hpp"        // small_net, random_values
#include "tests/support/catch.hpp"         // TEST_CASE
#include "tests/support/cpu_executor.hpp"  // cpu_executor

#include <vector>  // std::vector

namespace sl = slimming;
using test_support::random_values;
using test_support::small_net;

namespace {

sl::model classifier(sl::index_t batch = 4) {
  small_net b;
  auto x = b.relu(b.norm(b.conv(b.input({batch, 3, 8, 8}), 5, 3)));
  x = b.relu(b.norm(b.conv(b.max_pool(x), 6, 3)));
  return b.finish({b.linear(b.global_pool(x), 3)});
}
sl::executor_options plain_training() {
  sl::executor_options o;
  o.mode = sl::execution_mode::training;
  o.loss = sl::cross_entropy{};
  return o;
}
const sl::exec::update_rule rule{.learning_rate = 0.1f, .momentum = 0.9f, .weight_decay = 1e-4f};
const auto every = [](const sl::exec::parameter&) { return rule; };

}  // namespace

TEST_CASE("a training step lowers the loss of its own batch") {
  auto net = classifier();
  sl::cpu_executor e(net, {}, plain_training(), sl::cpu_device(2));
  e.set_input(0, random_values(4 * 3 * 8 * 8, 1));
  e.set_labels(std::vector<sl::index_t>{0, 1, 2, 1});
  e.step(every);
  const double first = e.result().loss;
  for (int i = 0; i < 20; ++i) e.step(every);
  CHECK(e.result().loss < 0.7 * first);
  CHECK(e.iteration() == 21);
}

TEST_CASE("updating after the backward pass gives the bits of updating inside the step") {
  auto net = classifier();
  auto kept = plain_training();
  kept.keep_gradients = true;
  sl::cpu_executor fused(net, {}, plain_training(), sl::cpu_device(2));
  sl::cpu_executor apart(net, {}, kept, sl::cpu_device(2));
  for (int i = 0; i < 3; ++i) {
    const auto x = random_values(4 * 3 * 8 * 8, static_cast<std::uint64_t>(i));
    for (auto* e : {&fused, &apart}) {
      e->set_input(0, x);
      e->set_labels(std::vector<sl::index_t>{0, 1, 2, 1});
    }
    fused.step(every);
    apart.forward();
    apart.backward();
    apart.update(every);
    CHECK(fused.result().loss == apart.result().loss);
  }
  for (std::size_t p = 0; p < fused.parameters().size(); ++p) {
    CHECK(fused.value(fused.parameters()[p]) == apart.value(apart.parameters()[p]));
    CHECK(fused.velocity(fused.parameters()[p]) == apart.velocity(apart.parameters()[p]));
  }
}

TEST_CASE("parameters go out and come back unchanged") {
  auto net = classifier();
  sl::cpu_executor e(net, {}, plain_training(), sl::cpu_device(2));
  auto other = net;
  for (std::size_t v = 0; v < other.values().size(); ++v)
    if (auto* t = other.initializer(static_cast<sl::value_id>(v)))
      for (float& f : t->values<float>()) f = 0.0f;
  e.store(other);
  for (std::size_t v = 0; v < net.values().size(); ++v) {
    const auto id = static_cast<sl::value_id>(v);
    if (net.initializer(id))
      CHECK(other.initializer(id)->converted<float>() == net.initializer(id)->converted<float>());
  }
}

TEST_CASE("inference follows the parameters that are loaded") {
  auto net = classifier();
  sl::cpu_executor learner(net, {}, plain_training(), sl::cpu_device(2));
  sl::cpu_executor e(net, {}, {}, sl::cpu_device(2));
  const auto x = random_values(4 * 3 * 8 * 8, 1);
  e.set_input(0, x);
  e.forward();
  const auto before = e.output();
  learner.set_input(0, x);
  learner.set_labels(std::vector<sl::index_t>{0, 1, 2, 1});
  for (int i = 0; i < 3; ++i) learner.step(every);
  learner.store(net);
  e.load(net);
  e.forward();
  CHECK(e.output() != before);
  sl::cpu_executor fresh(net, {}, {}, sl::cpu_device(2));
  fresh.set_input(0, x);
  fresh.forward();
  CHECK(e.output() == fresh.output());
}

TEST_CASE("mistakes of the caller are refused with both numbers") {
  auto net = classifier();
  sl::cpu_executor e(net, {}, plain_training(), sl::cpu_device(1));
  CHECK_THROWS_AS(e.set_input(0, std::vector<float>(5)), sl::shape_mismatch);
  CHECK_THROWS_AS(e.set_labels(std::vector<sl::index_t>{0, 1}), sl::shape_mismatch);
  CHECK_THROWS_AS(e.set_labels(std::vector<sl::index_t>{0, 1, 2, 3}), sl::bad_value);
  CHECK_THROWS_AS(e.backward(), sl::bad_value);
  auto wider = net;
  for (const auto& p : e.parameters())
    if (p.name.starts_with("fc.bias"))
      *wider.initializer(p.source) = sl::any_tensor(sl::dtype::float32, {4});
  CHECK_THROWS_AS(e.load(wider), sl::shape_mismatch);
  CHECK_THROWS_AS(e.store(wider), sl::shape_mismatch);
}

TEST_CASE("weights that two nodes would keep in different orders are not trained wrongly") {
  const auto tied = [](const auto& second) {
    small_net b;
    const auto w = b.parameter("w", {16, 16, 1, 1});
    const auto x = b.node("Conv", {b.input({2, 16, 5, 5}), w}, {2, 16, 5, 5});
    return b.finish({second(b, b.relu(x), w)});
  };
  const auto again = tied([](small_net& b, sl::value_id x, sl::value_id w) {
    return b.node("Conv", {x, w}, {2, 16, 5, 5});
  });
  const auto regrouped = tied([](small_net& b, sl::value_id x, sl::value_id w) {
    const auto wide = b.node("Concat", {x, x}, {2, 32, 5, 5}, {{"axis", sl::index_t{1}}});
    return b.node("Conv", {wide, w}, {2, 16, 5, 5}, {{"group", sl::index_t{2}}});
  });
  sl::executor_options training;
  training.mode = sl::execution_mode::training;
  CHECK_NOTHROW(sl::cpu_executor(again, {}, training, sl::cpu_device(1)));
  CHECK_NOTHROW(sl::cpu_executor(regrouped, {}, {}, sl::cpu_device(1)));
  CHECK_THROWS_WITH(sl::cpu_executor(regrouped, {}, training, sl::cpu_device(1)),
                    sl::testing::containing("w: ") && sl::testing::containing("different layouts"));
}

TEST_CASE("a profile adds up the time of each kind of step") {
  auto net = classifier();
  sl::cpu_executor e(net, {}, plain_training(), sl::cpu_device(1));
  e.set_input(0, random_values(4 * 3 * 8 * 8, 1));
  e.set_labels(std::vector<sl::index_t>{0, 1, 2, 1});
  e.set_profiling(true);
  e.step(every);
  const auto profile = e.take_profile();
  CHECK(profile.contains("conv forward"));
  CHECK(profile.contains("update"));
  CHECK(e.take_profile().empty());
}
