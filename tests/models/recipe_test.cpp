// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/models/recipe.hpp>

#include <cmath>

#include "tests/support/catch.hpp"

namespace sl = slimming;
namespace models = slimming::models;

namespace {

const sl::any_tensor& tensor(const sl::model& net, const char* name) {
  const auto* t = net.initializer(net.find(name));
  REQUIRE(t);
  return *t;
}

struct moments {
  double mean = 0, deviation = 0;
};

moments moments_of(const sl::any_tensor& t) {
  double sum = 0, square = 0;
  for (const float v : t.values<float>()) {
    sum += v;
    square += double{v} * v;
  }
  const double n = static_cast<double>(t.size());
  return {sum / n, std::sqrt(square / n - sum / n * (sum / n))};
}

sl::model small(const models::recipe& r) {
  models::builder b(r);
  auto x = b.batch_norm("bn1", b.conv("conv1", b.input(), 200, 3));
  x = b.conv("conv2", x, 300, 1);
  return b.finish(b.linear("fc", b.global_pool("pool", x), r.classes), "small", "200");
}

}  // namespace

TEST_CASE("initial values are those of network slimming") {
  const auto net = small({.classes = 100});
  const auto conv1 = moments_of(tensor(net, "conv1.weight"));  // 5400 values
  CHECK(conv1.mean == Approx(0).margin(0.002));
  CHECK(conv1.deviation == Approx(std::sqrt(2.0 / (9 * 200))).epsilon(0.05));
  const auto conv2 = moments_of(tensor(net, "conv2.weight"));  // 60000 values
  CHECK(conv2.mean == Approx(0).margin(0.002));
  CHECK(conv2.deviation == Approx(std::sqrt(2.0 / 300)).epsilon(0.02));
  CHECK(moments_of(tensor(net, "fc.weight")).deviation == Approx(0.01).epsilon(0.02));
  for (const float v : tensor(net, "bn1.weight").values<float>()) CHECK(v == 0.5f);
  for (const char* zero : {"bn1.bias", "bn1.running_mean", "fc.bias"})
    for (const float v : tensor(net, zero).values<float>()) CHECK(v == 0.0f);
  for (const float v : tensor(net, "bn1.running_var").values<float>()) CHECK(v == 1.0f);
}

TEST_CASE("the seed decides the weights, gamma the scale factors") {
  const auto weights = [](const sl::model& net) {
    const auto v = tensor(net, "conv2.weight").values<float>();
    return std::vector<float>(v.begin(), v.end());
  };
  CHECK(weights(small({.seed = 3})) == weights(small({.seed = 3})));
  CHECK(weights(small({.seed = 3})) != weights(small({.seed = 4})));
  CHECK(tensor(small({.gamma = 1}), "bn1.weight").values<float>()[7] == 1.0f);
}

TEST_CASE("what cannot be built is refused with a name") {
  models::builder b({});
  const auto x = b.conv("a", b.input(), 4, 3);
  CHECK_THROWS_AS(b.channel_select("select", x, 5), sl::bad_value);
  CHECK_THROWS_AS(b.channel_select("select", x, 0), sl::bad_value);
  CHECK_THROWS_AS(b.conv("b", x, 0, 3), sl::bad_value);
  CHECK_THROWS_AS(b.linear("c", x, -1), sl::bad_value);
  CHECK_THROWS_AS(b.pool("MaxPool", "d", x, 33), sl::bad_value);
  CHECK_THROWS_AS(b.zero_padded_shortcut("e", x, 3, 2), sl::bad_value);
  CHECK_THROWS_AS(b.conv("a", x, 4, 3), sl::bad_value);  // the name is taken
  CHECK_THROWS_AS(models::builder({.classes = 0}), sl::bad_value);
  CHECK_THROWS_AS(models::builder({.height = -32}), sl::bad_value);
  constexpr sl::index_t half = sl::index_t{1} << 32;  // the square of it would count as 0 pixels
  CHECK_THROWS_AS(models::builder({.height = half, .width = half}), sl::bad_value);
}

TEST_CASE("a finished network knows its input, its output and what it is") {
  const auto net = small({.classes = 7, .channels = 1, .height = 5, .width = 6});
  CHECK(*net.at(net.inputs()[0]).extents == sl::shape{-1, 1, 5, 6});
  REQUIRE(net.outputs().size() == 1);
  CHECK(net.at(net.outputs()[0]).producer == static_cast<int>(net.nodes().size()) - 1);
  CHECK(net.metadata.at("architecture") == "small");
  CHECK(net.metadata.at("cfg") == "200");
}
