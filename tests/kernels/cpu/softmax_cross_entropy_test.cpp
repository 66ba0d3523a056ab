// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/kernels/cpu/softmax_cross_entropy.hpp>
#include <slimming/kernels/reference/softmax_cross_entropy.hpp>

#include "tests/kernels/support.hpp"
#include "tests/support/catch.hpp"

namespace sl = slimming;
namespace cpu = slimming::kernels::cpu;
namespace reference = slimming::kernels::reference;

TEST_CASE("loss and gradient agree with the oracle, in place too") {
  const sl::index_t batch = 37, classes = 10;
  auto z = test::random_values(batch * classes, 1);
  for (double& v : z) v = static_cast<double>(static_cast<float>(20 * v));
  std::vector<std::int32_t> labels;
  for (std::int32_t n = 0; n < batch; ++n) labels.push_back(n * 7 % 10);
  std::vector<float> memory(
      static_cast<std::size_t>(cpu::softmax_cross_entropy_need(batch).floats(cpu::thread_slots())));
  for (const double smoothing : {0.0, 0.1}) {
    std::vector<double> dz(z.size());
    const double expected = reference::softmax_cross_entropy(batch, classes, z.data(),
                                                             labels.data(), smoothing, dz.data());
    auto logits = test::to_nhwc(z, batch, classes, 1);
    CHECK(cpu::softmax_cross_entropy(logits.data(), labels, classes, smoothing, nullptr, memory) ==
          Approx(expected).epsilon(1e-6));
    CHECK(cpu::softmax_cross_entropy(logits.data(), labels, classes, smoothing, logits.data(),
                                     memory) == Approx(expected).epsilon(1e-6));
    CHECK(test::distance_between(test::from_nhwc(logits, batch, classes, 1), dz).relative < 1e-6);
    CHECK(test::padding_magnitude(logits, classes) == 0);
  }
}

TEST_CASE("a label out of range is declined before anything is written") {
  std::vector<float> z(static_cast<std::size_t>(2 * cpu::padded_channels(3)), 1.0f), memory(10000);
  const auto before = z;
  const std::vector<std::int32_t> labels{0, 3};
  CHECK_THROWS_AS(cpu::softmax_cross_entropy(z.data(), labels, 3, 0.0, z.data(), memory),
                  sl::bad_value);
  CHECK(z == before);
}
