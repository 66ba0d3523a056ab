// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/kernels/cpu/elementwise.hpp>

#include "tests/kernels/support.hpp"
#include "tests/support/catch.hpp"

namespace cpu = slimming::kernels::cpu;
using slimming::index_t;
using slimming::kernels::activation;

namespace {

void check_close(const std::vector<double>& got, const std::vector<double>& expected) {
  const auto d = test::distance_between(got, expected);
  CHECK(d.relative < 1e-6);
  CHECK(d.worst < 1e-5);
}

}  // namespace

TEST_CASE("every activation function agrees with its definition, forward and backward") {
  const index_t pixels = 1500, channels = 13;
  auto values = test::random_values(pixels * channels, 1);
  for (double& v : values) v *= 4;
  values[0] = 100;
  values[1] = -100;
  const auto dy = test::random_values(pixels * channels, 2);
  const auto x = test::to_nhwc(values, 1, channels, pixels);
  for (const activation& f : test::all_activations()) {
    INFO("kind " << static_cast<int>(f.kind));
    std::vector<double> expected(values.size()), gradient(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      expected[i] = activate(f, static_cast<double>(static_cast<float>(values[i])));
      gradient[i] = dy[i] * activation_slope(f, static_cast<double>(static_cast<float>(values[i])));
    }
    std::vector<float> y(x.size(), 1e30f);
    cpu::activation_forward(f, x.data(), pixels, channels, y.data());
    check_close(test::from_nhwc(y, 1, channels, pixels), expected);
    CHECK(test::padding_magnitude(y, channels) == 0);
    auto dx = test::to_nhwc(dy, 1, channels, pixels);
    cpu::activation_backward(f, x.data(), dx.data(), pixels, channels, dx.data());  // in place
    check_close(test::from_nhwc(dx, 1, channels, pixels), gradient);
    CHECK(test::padding_magnitude(dx, channels) == 0);
  }
}

TEST_CASE("sums, differences and products work in place") {
  const auto a = test::to_float(test::random_values(4096 * 5, 1));
  const auto b = test::to_float(test::random_values(4096 * 5, 2));
  const auto n = static_cast<index_t>(a.size());
  auto sum = a, difference = a, product = a;
  cpu::add(sum.data(), b.data(), n, sum.data());
  cpu::subtract(difference.data(), b.data(), n, difference.data());
  cpu::multiply(product.data(), b.data(), n, product.data());
  for (std::size_t i = 0; i < a.size(); ++i) {
    REQUIRE(sum[i] == a[i] + b[i]);
    REQUIRE(difference[i] == a[i] - b[i]);
    REQUIRE(product[i] == a[i] * b[i]);
  }
}

TEST_CASE("per-channel scales, per-image gates and the gate's gradient") {
  const index_t batch = 3, channels = 10, pixels = 77;
  const auto x = test::random_values(batch * channels * pixels, 1);
  const auto dy = test::random_values(batch * channels * pixels, 2);
  const auto gate = test::random_values(batch * channels, 3);
  const auto nhwc = test::to_nhwc(x, batch, channels, pixels);
  const auto nhwc_dy = test::to_nhwc(dy, batch, channels, pixels);
  const auto nhwc_gate = test::to_nhwc(gate, batch, channels, 1);
  std::vector<double> scaled(x.size()), affine(x.size()), dgate(gate.size(), 0.0);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t plane = i / pixels, c = plane % channels;
    scaled[i] = x[i] * gate[plane];
    affine[i] = x[i] * gate[c] + gate[channels + c];
    dgate[plane] += x[i] * dy[i];
  }
  std::vector<float> y(nhwc.size());
  cpu::scale_images(nhwc.data(), nhwc_gate.data(), batch, pixels, channels, y.data());
  check_close(test::from_nhwc(y, batch, channels, pixels), scaled);
  std::vector<float> got(nhwc_gate.size());
  cpu::scale_images_gate_gradient(nhwc.data(), nhwc_dy.data(), batch, pixels, channels, got.data());
  check_close(test::from_nhwc(got, batch, channels, 1), dgate);
  cpu::scale_channels(nhwc.data(), nhwc_gate.data(),
                      nhwc_gate.data() + cpu::padded_channels(channels), batch * pixels, channels,
                      y.data());
  check_close(test::from_nhwc(y, batch, channels, pixels), affine);
}

TEST_CASE("channel sums are the gradient of a bias") {
  const index_t pixels = 1000, channels = 19;
  const auto x = test::random_values(pixels * channels, 1, 0.5);
  const auto nhwc = test::to_nhwc(x, 1, channels, pixels);
  std::vector<double> expected(channels, 0.0);
  for (std::size_t i = 0; i < x.size(); ++i) expected[i / pixels] += x[i];
  std::vector<float> got(static_cast<std::size_t>(cpu::padded_channels(channels)), 1e30f);
  std::vector<float> memory(static_cast<std::size_t>(
      cpu::sum_channels_need(pixels, channels).floats(cpu::thread_slots())));
  cpu::sum_channels(nhwc.data(), pixels, channels, got.data(), memory);
  check_close(test::from_nhwc(got, 1, channels, 1), expected);
  CHECK(test::padding_magnitude(got, channels) == 0);
}
