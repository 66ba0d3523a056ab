// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/cuda/device.cuh>  // device
#include <slimming/exec/device.hpp>  // recording_device
#include <slimming/train/sgd.hpp>    // sgd_step

#include <vector>  // std::vector

#include "tests/cuda/device_under_test.hpp"
#include "tests/cuda/support.hpp"
#include "tests/support/catch.hpp"

using namespace slimming;
using testing::device_under_test;

namespace {

template <class Device>
std::vector<float> read(Device& d, const float* from, index_t n) {
  std::vector<float> to(static_cast<std::size_t>(n));
  d.download(from, to.data(), n);
  return to;
}

}  // namespace

TEMPLATE_TEST_CASE("it is a device that records, whatever its element type", "[cuda.device]", float,
                   bfloat16, float16) {
  STATIC_REQUIRE(exec::recording_device<device_under_test<TestType>>);
  STATIC_REQUIRE(device_under_test<TestType>::channel_stride(3) == 8);
}

TEST_CASE("memory is zeroed, and what goes up comes down", "[cuda.device]") {
  device_under_test<float> d;
  const auto m = d.allocate(100);
  REQUIRE(read(d, m.data(), 100) == std::vector<float>(100, 0.0f));
  const std::vector<float> numbers = {1, 2, 3};
  d.upload(numbers.data(), m.data(), 3);
  d.copy(m.data() + 50, m.data(), 3);
  d.add(m.data() + 50, m.data(), 2);
  REQUIRE(read(d, m.data() + 50, 4) == std::vector<float>{2, 4, 3, 0});
  d.clear(m.data() + 50, 2);
  REQUIRE(read(d, m.data() + 50, 4) == std::vector<float>{0, 0, 3, 0});
}

TEST_CASE("values are added as elements, parameters as floats", "[cuda.device]") {
  device_under_test<bfloat16> d;
  const auto m = d.allocate(16);
  const std::vector<float> numbers = {1.0f, 2.0f, 3.0f, 4.0f};
  d.upload(numbers.data(), m.data(), 4);
  d.add_floats(m.data(), m.data(), 4);
  REQUIRE(read(d, m.data(), 4) == std::vector<float>{2, 4, 6, 8});
  // Two bfloat16 numbers to a float: 1.5 and -3, doubled.
  const auto pack = [](float low, float high) {
    const std::uint32_t bits = (std::uint32_t{bfloat16(high).bits} << 16) | bfloat16(low).bits;
    return slimming::detail::bit_cast<float>(bits);
  };
  const float pair = pack(1.5f, -3.0f);
  d.upload(&pair, m.data(), 1);
  d.add(m.data(), m.data(), 2);
  REQUIRE(slimming::detail::bit_cast<std::uint32_t>(read(d, m.data(), 1)[0]) ==
          slimming::detail::bit_cast<std::uint32_t>(pack(3.0f, -6.0f)));
}

TEST_CASE("all parameters are updated at once, each by its rule", "[cuda.device]") {
  device_under_test<bfloat16> d;
  const auto m = d.allocate(400);
  float* const p = m.data();
  std::vector<float> numbers(400);
  for (std::size_t i = 0; i < numbers.size(); ++i)
    numbers[i] = 0.01f * static_cast<float>(i % 37) - 0.1f;
  d.upload(numbers.data(), p, 400);
  const std::vector<exec::update_target> targets = {{p, p + 100, p + 200, 50},
                                                    {p + 64, p + 164, p + 264, 30}};
  std::vector<exec::update_rule> rules = {{.learning_rate = 0.1f, .l1 = 0.01f},
                                          {.learning_rate = 0.5f, .momentum = 0.0f}};
  std::vector<double> expected(numbers.begin(), numbers.end());
  const auto step = [&](const exec::update_target& t, const exec::update_rule& r) {
    const auto at = [&](const float* q) { return view(expected.data() + (q - p), t.floats); };
    sgd_step(at(t.value), at(t.gradient), at(t.velocity),
             {.learning_rate = static_cast<double>(r.learning_rate),
              .momentum = static_cast<double>(r.momentum),
              .weight_decay = static_cast<double>(r.weight_decay),
              .l1 = static_cast<double>(r.l1)},
             l1_term::with);
  };
  for (int i = 0; i < 3; ++i) {
    d.set_rules(rules);
    d.update_all(targets);
    for (std::size_t k = 0; k < targets.size(); ++k) step(targets[k], rules[k]);
    rules[1].learning_rate *= 0.5f;  // as a schedule does
  }
  REQUIRE(testing::worst_error(testing::widened(read(d, p, 400)), expected) < 1e-6);
}
