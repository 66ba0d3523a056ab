// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/exec/cpu_device.hpp>  // cpu_device
#include <slimming/train/sgd.hpp>        // sgd_step

#include "tests/exec/small_net.hpp"  // random_values
#include "tests/support/catch.hpp"   // TEST_CASE

#include <algorithm>  // std::all_of
#include <cstdint>    // std::uintptr_t
#include <vector>     // std::vector

namespace sl = slimming;
using test_support::random_values;

TEST_CASE("the CPU is a device, and its memory is aligned and zeroed") {
  STATIC_REQUIRE(sl::exec::execution_device<sl::cpu_device>);
  sl::cpu_device d(2);
  CHECK(d.threads() == 2);
  const auto m = d.allocate(1000);
  CHECK(reinterpret_cast<std::uintptr_t>(m.data()) % 64 == 0);
  CHECK(std::all_of(m.data(), m.data() + 1000, [](float f) { return f == 0.0f; }));
  CHECK(d.allocate(0).data() == nullptr);
  CHECK_THROWS_AS(sl::cpu_device(-1), sl::bad_value);
  CHECK_THROWS_AS(sl::cpu_device(4097), sl::bad_value);
}

TEST_CASE("adding, copying and clearing reach every float of any length") {
  sl::cpu_device d(3);
  for (const sl::index_t n : {1, 15, 16, 17, 40000}) {
    const auto a = random_values(n, 1), b = random_values(n, 2);
    auto to = a;
    d.run([&] { d.add(to.data(), b.data(), n); });
    for (std::size_t i = 0; i < to.size(); ++i) REQUIRE(to[i] == a[i] + b[i]);
    d.run([&] { d.copy(to.data(), b.data(), n); });
    CHECK(to == b);
    d.run([&] { d.clear(to.data(), n); });
    CHECK(to == std::vector<float>(to.size(), 0.0f));
  }
}

TEST_CASE("the update is that of sgd_step") {
  sl::cpu_device d(2);
  for (const bool nesterov : {false, true}) {
    auto value = random_values(1000, 1), velocity = random_values(1000, 2);
    const auto gradient = random_values(1000, 3);
    auto expected = value, expected_velocity = velocity;
    sl::sgd_options o;
    o.l1 = 1e-3;
    o.nesterov = nesterov;
    sl::sgd_step(sl::view(std::span(expected)), sl::view(std::span(gradient)),
                 sl::view(std::span(expected_velocity)), o, sl::l1_term::with);
    const sl::exec::update_rule rule{.learning_rate = 0.1f,
                                     .momentum = 0.9f,
                                     .weight_decay = 1e-4f,
                                     .l1 = 1e-3f,
                                     .nesterov = nesterov};
    d.run([&] { d.update(value.data(), gradient.data(), velocity.data(), 1000, rule); });
    for (std::size_t i = 0; i < value.size(); ++i) {
      CHECK(value[i] == Approx(expected[i]).margin(1e-6));
      CHECK(velocity[i] == Approx(expected_velocity[i]).margin(1e-6));
    }
  }
}
