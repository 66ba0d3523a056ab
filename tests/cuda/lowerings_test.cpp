// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
//
// The device executor on every operator that it lowers, and training with it step by step.
#include <slimming/exec/executor.hpp>     // executor
#include <slimming/models/densenet.hpp>   // densenet
#include <slimming/models/preresnet.hpp>  // preresnet
#include <slimming/models/vgg.hpp>        // vgg
#include <slimming/train/optimiser.hpp>   // sgd_rule

#include <cmath>        // std::abs
#include <type_traits>  // std::is_same_v
#include <vector>       // std::vector

#include "tests/cuda/device_under_test.hpp"
#include "tests/cuda/support.hpp"
#include "tests/exec/gradient_cases.hpp"
#include "tests/exec/gradient_check.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/oracle.hpp"

using namespace slimming;
namespace gpu = slimming::cuda;  // CCCL has a ::cuda of its own
using test_support::random_values;
using test_support::small_net;
using testing::device_under_test;

namespace {

const auto check_all_gradients = [](const model& net) {
  test_support::check_gradients(net, [] { return device_under_test<float>(); });
};

model branching_net(double dropout_ratio = 0.25) {
  small_net b;
  const auto x = b.input({6, 3, 8, 8});
  const auto stem = b.relu(b.norm(b.conv(x, 20, 3)));
  auto y = b.norm(b.conv(stem, 20, 3));
  y = b.relu(b.add(y, stem));
  const auto wide = b.node("Concat", {y, b.conv(y, 7, 1)}, {6, 27, 8, 8}, {{"axis", index_t{1}}});
  y = b.node("Dropout", {b.max_pool(b.relu(b.norm(wide)))}, {6, 27, 4, 4},
             {{"ratio", dropout_ratio}});
  return b.finish({b.linear(b.global_pool(b.conv(y, 9, 3, 2)), 5)});
}

executor_options smoothed_training(index_t batch, bool keep_gradients = false) {
  executor_options o;
  o.mode = execution_mode::training;
  o.loss = cross_entropy{.label_smoothing = 0.1};
  o.keep_gradients = keep_gradients;
  o.seed = 3;
  if (batch > 0) o.inputs = {{batch, 3, 32, 32}};
  return o;
}

struct record {
  std::vector<double> losses;
  std::vector<index_t> correct;
  std::vector<double> values;  // of all parameters, in order
  std::vector<double> velocities;
};

// Some steps on the same few batches.
template <class Device>
record train(executor<Device>& e, int steps) {
  const sgd_rule rule(
      {.learning_rate = 0.05, .momentum = 0.9, .weight_decay = 1e-4, .l1 = 1e-3, .nesterov = true});
  const auto& in = e.input_layout(0);
  const index_t classes = e.output_layout(0).channels;
  record r;
  for (int s = 0; s < steps; ++s) {
    e.set_input(0, random_values(in.elements(), static_cast<std::uint64_t>(s % 2)));
    std::vector<index_t> labels;
    for (index_t n = 0; n < in.batch; ++n) labels.push_back((n + s % 2) % classes);
    e.set_labels(labels);
    if (e.options().keep_gradients) {
      e.forward();
      e.backward();
      e.update(rule);
    } else {
      e.step(rule);
    }
    const auto result = e.result();
    r.losses.push_back(result.loss);
    r.correct.push_back(result.correct);
  }
  for (const exec::parameter& p : e.parameters()) {
    for (const float v : e.value(p)) r.values.push_back(static_cast<double>(v));
    for (const float v : e.velocity(p)) r.velocities.push_back(static_cast<double>(v));
  }
  return r;
}

template <class Device>
record train(const model& net, const executor_options& options, Device device, int steps) {
  executor<Device> e(net, testing::ops(), options, std::move(device));
  return train(e, steps);
}

}  // namespace

TEST_CASE("gradients of convolutions", "[cuda.lowerings]") {
  test_support::gradient_cases::convolutions_of_any_shape(check_all_gradients);
  test_support::gradient_cases::convolutions_on_maps_of_any_size(check_all_gradients);
  test_support::gradient_cases::strides_beyond_the_map(check_all_gradients);
}
TEST_CASE("gradients of linear layers", "[cuda.lowerings]") {
  test_support::gradient_cases::linear_layers(check_all_gradients);
}
TEST_CASE("gradients of normalisations with what is fused behind them", "[cuda.lowerings]") {
  test_support::gradient_cases::normalisations(check_all_gradients);
}
TEST_CASE("gradients of activations", "[cuda.lowerings]") {
  test_support::gradient_cases::activations(check_all_gradients);
}
TEST_CASE("gradients of poolings", "[cuda.lowerings]") {
  test_support::gradient_cases::poolings(check_all_gradients);
}
TEST_CASE("gradients of sums, differences and products", "[cuda.lowerings]") {
  test_support::gradient_cases::arithmetic(check_all_gradients);
}
TEST_CASE("gradients of operators that move data", "[cuda.lowerings]") {
  test_support::gradient_cases::movements(check_all_gradients);
}
TEST_CASE("gradients of random networks", "[cuda.lowerings]") {
  test_support::gradient_cases::random_networks(check_all_gradients, 40);
}
TEST_CASE("gradients where a value is an output and is read as well", "[cuda.lowerings]") {
  test_support::gradient_cases::outputs_that_are_read(check_all_gradients);
}

TEST_CASE("a recorded step does what its parts do", "[cuda.lowerings]") {
  const model net = branching_net();
  const record whole = train(net, smoothed_training(0), device_under_test<float>(), 5);
  const record parts = train(net, smoothed_training(0, true), device_under_test<float>(), 5);
  REQUIRE(whole.losses == parts.losses);
  REQUIRE(whole.correct == parts.correct);
  REQUIRE(whole.values == parts.values);
  REQUIRE(whole.velocities == parts.velocities);
  REQUIRE(whole.losses.back() < whole.losses[1]);  // the second batch for the second time
}

TEST_CASE("training gives the same bits every time", "[cuda.lowerings]") {
  const model net = branching_net();
  const record first = train(net, smoothed_training(0), device_under_test<bfloat16>(), 4);
  const record second = train(net, smoothed_training(0), device_under_test<bfloat16>(), 4);
  REQUIRE(first.losses == second.losses);
  REQUIRE(first.values == second.values);
}

TEST_CASE("half precision follows the floats as far as its rounding lets it", "[cuda.lowerings]") {
  const model net = branching_net(0.0);
  const record wide = train(net, smoothed_training(0), device_under_test<float>(), 4);
  for (const bool keep : {false, true}) {
    const record narrow = train(net, smoothed_training(0, keep), device_under_test<bfloat16>(), 4);
    for (std::size_t s = 0; s < wide.losses.size(); ++s)
      CHECK(narrow.losses[s] == Approx(wide.losses[s]).epsilon(0.03));
    double difference = 0.0;
    double norm = 0.0;
    for (std::size_t i = 0; i < wide.velocities.size(); ++i) {
      difference += std::pow(narrow.velocities[i] - wide.velocities[i], 2);
      norm += std::pow(wide.velocities[i], 2);
    }
    CHECK(std::sqrt(difference / norm) < 0.1);
  }
}

TEST_CASE("inference folds the normalisations, in either precision", "[cuda.lowerings]") {
  const model net = branching_net();
  const auto x = random_values(6 * 3 * 8 * 8, 9);
  const std::vector<any_tensor> inputs = {
      any_tensor::from(std::span<const float>(x), {6, 3, 8, 8})};
  const auto expected =
      evaluate(net, testing::ops(), inputs, {.real = dtype::float64})[0].converted<double>();
  executor<device_under_test<float>> wide(net, testing::ops(), {}, device_under_test<float>());
  executor<device_under_test<bfloat16>> narrow(net, testing::ops(), {},
                                               device_under_test<bfloat16>());
  wide.set_input(0, x);
  wide.forward();
  CHECK(testing::worst_error(testing::widened(wide.output(0)), expected) < 1e-5);
  narrow.set_input(0, x);
  narrow.forward();
  CHECK(testing::worst_error(testing::widened(narrow.output(0)), expected) < 0.03);
}

TEST_CASE("the networks of the papers train on the device", "[cuda.lowerings]") {
  const auto learns = [](const model& net) {
    executor<device_under_test<bfloat16>> e(net, testing::ops(), smoothed_training(4),
                                            device_under_test<bfloat16>());
    const record r = train(e, 3);
    for (const double loss : r.losses) CHECK(std::isfinite(loss));
    CHECK(r.losses[2] < r.losses[0]);  // the same batch
  };
  models::recipe r;
  r.multiplier = 0.125;
  learns(models::vgg(11, r));
  learns(models::preresnet(11, r));
  learns(models::densenet(10, r));
}

TEST_CASE("parameters go to the device and come back unchanged", "[cuda.lowerings]") {
  const model net = branching_net();
  executor<device_under_test<bfloat16>> e(net, testing::ops(), smoothed_training(0),
                                          device_under_test<bfloat16>());
  model copy = net;
  for (const exec::parameter& p : e.parameters()) {
    auto values = copy.initializer(p.source)->values<float>();
    std::fill(values.begin(), values.end(), 0.0f);
  }
  e.store(copy);
  for (const exec::parameter& p : e.parameters()) {
    const auto a = net.initializer(p.source)->values<float>();
    const auto b = copy.initializer(p.source)->values<float>();
    REQUIRE(std::equal(a.begin(), a.end(), b.begin(), b.end()));
  }
}
