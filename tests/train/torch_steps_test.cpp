// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
//
// Five training steps of whole networks against PyTorch: tests/train/fixtures/make_torch_steps.py.
#include <slimming/core/random.hpp>      // random_stream
#include <slimming/models/by_name.hpp>   // by_name
#include <slimming/train/optimiser.hpp>  // sgd_rule

#include "tests/support/catch.hpp"         // TEST_CASE
#include "tests/support/cpu_executor.hpp"  // cpu_executor
#include "tests/support/oracle.hpp"        // ops

#include <nlohmann/json.hpp>  // nlohmann::json

#include <algorithm>  // std::sort
#include <cmath>      // std::abs
#include <fstream>    // std::ifstream
#include <string>     // std::string
#include <vector>     // std::vector

namespace sl = slimming;

namespace {

const nlohmann::json& fixtures() {
  static const auto all = nlohmann::json::parse(
      std::ifstream(std::string(SLIMMING_TEST_DIR) + "/train/fixtures/torch_steps.json"));
  return all;
}

sl::model network(const std::string& name, double multiplier, sl::index_t size) {
  sl::models::recipe r;
  r.multiplier = multiplier;
  r.height = r.width = size;
  sl::model net = sl::models::by_name(name, r);
  std::uint64_t norms = 0;
  for (const auto& node : net.nodes()) {
    if (node.op != "BatchNormalization") continue;
    sl::random_stream random{2, norms++, 0};
    const auto gamma = net.initializer(node.inputs[1])->values<float>();
    const auto beta = net.initializer(node.inputs[2])->values<float>();
    for (std::size_t c = 0; c < gamma.size(); ++c) {
      gamma[c] = static_cast<float>(0.4 + 0.4 * random.uniform());
      beta[c] = static_cast<float>(0.4 * (random.uniform() - 0.5));
    }
  }
  return net;
}

void check_steps(const std::string& name, double multiplier, bool exact) {
  const auto& expected = fixtures().at(name);
  const auto batch = expected.at("batch").get<sl::index_t>();
  const auto size = expected.at("size").get<sl::index_t>();
  auto net = network(name, multiplier, size);
  sl::executor_options o;
  o.mode = sl::execution_mode::training;
  o.inputs = {{batch, 3, size, size}};
  o.loss = sl::cross_entropy{.label_smoothing = 0.1};
  o.keep_gradients = true;
  o.exact = exact;
  sl::cpu_executor e(net, sl::testing::ops(), o);
  std::vector<float> x(static_cast<std::size_t>(batch * 3 * size * size));
  sl::random_stream pixels{3, 0, 0}, classes{3, 1, 0};
  for (float& v : x) v = static_cast<float>(pixels.normal());
  std::vector<sl::index_t> labels(static_cast<std::size_t>(batch));
  for (auto& y : labels) y = classes.below(10);
  e.set_input(0, x);
  e.set_labels(labels);

  std::vector<const sl::exec::parameter*> trained;
  for (const auto& p : e.parameters())
    if (p.gradient) trained.push_back(&p);
  std::sort(trained.begin(), trained.end(),
            [](const auto* a, const auto* b) { return a->name < b->name; });
  REQUIRE(trained.size() == expected.at("gradients").size());
  sl::sgd_options sgd;
  sgd.learning_rate = 0.05;
  sgd.l1 = 1e-3;
  for (std::size_t step = 0; step < 5; ++step) {
    e.forward();
    e.backward();
    const double loss = expected.at("losses")[step].get<double>();
    CHECK(e.result().loss == Approx(loss).epsilon(1e-4));
    for (std::size_t p = 0; p < trained.size(); ++p) {
      INFO(name << " step " << step << " " << trained[p]->name);
      const auto gradient = e.gradient(*trained[p]);
      const auto& want = expected.at("gradients").at(trained[p]->name)[step];
      // The difference of the gradients, seen through random signs: a product with such a vector is
      // the difference's norm on average.
      const double norm = want[0].get<double>();
      double squares = 0;
      for (std::size_t k = 0; k < 4; ++k) {
        const sl::random_stream signs{4, 4 * p + k, 0};
        double product = 0;
        for (std::size_t i = 0; i < gradient.size(); ++i)
          product += signs.at(i) & 1 ? static_cast<double>(gradient[i])
                                     : -static_cast<double>(gradient[i]);
        const double difference = product - want[k + 1].get<double>();
        squares += difference * difference / 4;
      }
      CHECK(std::sqrt(squares) <= 1e-4 * norm);
    }
    e.update(sl::sgd_rule(sgd));
  }
  for (const auto& p : e.parameters()) {
    if (p.kind != sl::exec::parameter_kind::statistic) continue;
    double squares = 0;
    for (const float v : e.value(p)) squares += static_cast<double>(v) * static_cast<double>(v);
    CHECK(std::sqrt(squares) ==
          Approx(expected.at("statistics").at(p.name).get<double>()).epsilon(1e-4));
  }
}

}  // namespace

TEST_CASE("five steps of a quarter-width VGG-11 are those of PyTorch") {
  check_steps("vgg11", 0.25, false);
  check_steps("vgg11", 0.25, true);
}

TEST_CASE("five steps of a half-width PreResNet-20 are those of PyTorch") {
  check_steps("preresnet20", 0.5, false);
}

TEST_CASE("five steps of a half-width DenseNet-22 are those of PyTorch") {
  check_steps("densenet22", 0.5, false);
}
