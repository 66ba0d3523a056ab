// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Compares an executor's gradients with central differences of the naive evaluation in double.
/// Area: tests/exec.

#include <slimming/exec/executor.hpp>   // executor
#include <slimming/model/evaluate.hpp>  // evaluate

#include "tests/exec/small_net.hpp"  // random_values
#include "tests/support/catch.hpp"   // CHECK
#include "tests/support/oracle.hpp"  // ops

#include <algorithm>  // std::max
#include <cmath>      // std::abs
#include <span>       // std::span
#include <string>     // std::string
#include <vector>     // std::vector

namespace test_support {

namespace sl = slimming;

inline std::vector<sl::any_tensor> random_inputs(const sl::model& net) {
  std::vector<sl::any_tensor> inputs;
  for (const sl::value_id v : net.inputs()) {
    const sl::shape& e = *net.at(v).extents;
    const auto values = random_values(sl::element_count(e), 31 + inputs.size());
    inputs.push_back(sl::any_tensor::from(std::span<const float>(values), e));
  }
  return inputs;
}

/// sum(weights * outputs) in double.
inline double weighted_output(const sl::model& net, const std::vector<sl::any_tensor>& inputs,
                              const std::vector<std::vector<float>>& weights) {
  const auto outputs =
      sl::evaluate(net, sl::testing::ops(), inputs, {.real = sl::dtype::float64, .training = true});
  double sum = 0;
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    const auto y = outputs[k].converted<double>();
    for (std::size_t i = 0; i < y.size(); ++i) sum += y[i] * static_cast<double>(weights[k][i]);
  }
  return sum;
}

/// Every output agrees with the evaluation, and every trained parameter's gradient with the
/// difference quotient at a sample of its elements, to \p tolerance of the largest one.
/// \param make_device  makes the device that the network is compiled for
template <class MakeDevice>
void check_gradients(sl::model net, const MakeDevice& make_device, double tolerance = 2e-4) {
  const auto inputs = random_inputs(net);
  sl::executor_options o;
  o.mode = sl::execution_mode::training;
  o.keep_gradients = true;
  sl::executor<decltype(make_device())> e(net, sl::testing::ops(), o, make_device());
  for (std::size_t i = 0; i < inputs.size(); ++i) e.set_input(i, inputs[i].values<float>());
  e.forward();
  std::vector<std::vector<float>> weights;
  const auto expected =
      sl::evaluate(net, sl::testing::ops(), inputs, {.real = sl::dtype::float64, .training = true});
  for (std::size_t k = 0; k < expected.size(); ++k) {
    const auto want = expected[k].converted<double>();
    const auto got = e.output(k);
    REQUIRE(got.size() == want.size());
    double largest = 1e-3;
    for (const double v : want) largest = std::max(largest, std::abs(v));
    for (std::size_t i = 0; i < want.size(); ++i)
      REQUIRE(static_cast<double>(got[i]) == Approx(want[i]).margin(tolerance * largest));
    weights.push_back(random_values(static_cast<sl::index_t>(got.size()), 57 + k));
    e.set_output_gradient(k, weights.back());
  }
  e.backward();

  std::size_t trained = 0;
  for (const auto& p : e.parameters()) {
    if (!p.gradient) continue;
    ++trained;
    const auto gradient = e.gradient(p);
    auto values = net.initializer(p.source)->template values<float>();
    const auto quotient = [&](std::size_t i, float step) {
      const float kept = values[i];
      values[i] = kept + step;
      const float high = values[i];
      const double up = weighted_output(net, inputs, weights);
      values[i] = kept - step;
      const float low = values[i];
      const double down = weighted_output(net, inputs, weights);
      values[i] = kept;
      return (up - down) / (static_cast<double>(high) - static_cast<double>(low));
    };
    std::vector<double> want;
    const std::size_t stride = std::max<std::size_t>(1, gradient.size() / 9);
    for (std::size_t i = 0; i < gradient.size(); i += stride) want.push_back(quotient(i, 1e-4f));
    double largest = 5e-2;  // what cancels leaves noise of its terms
    for (const double v : want) largest = std::max(largest, std::abs(v));
    for (std::size_t k = 0; k < want.size(); ++k) {
      const auto expected_at = [&](double v) {
        return Approx(v).epsilon(0).margin(tolerance * largest);
      };
      const auto got = static_cast<double>(gradient[k * stride]);
      // A relu may change sides within the step: a smaller one tells.
      if (got != expected_at(want[k])) want[k] = quotient(k * stride, 1e-6f);
      INFO(p.name << " element " << k * stride);
      CHECK(got == expected_at(want[k]));
    }
  }
  CHECK(trained > 0);
}

}  // namespace test_support
