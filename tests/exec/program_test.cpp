// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/exec/program.hpp>  // program, make_step

#include "tests/exec/host_device.hpp"  // host_device
#include "tests/support/catch.hpp"     // TEST_CASE

#include <array>  // std::array
#include <span>   // std::span

namespace sl = slimming;
using test_support::host_device;
using floats = std::span<float>;

TEST_CASE("a step hands its buffers to its function in the order in which they were named") {
  const auto s = sl::exec::make_step<host_device>(
      "subtract", "node",
      [](sl::exec::run_context<host_device>& run, floats a, floats b, floats none) {
        a[0] -= b[0];
        b[0] = static_cast<float>(run.iteration);
        CHECK(none.empty());
      },
      sl::exec::buffer_id{0}, sl::exec::buffer_id{1}, sl::exec::buffer_id{});
  CHECK(s.uses.size() == 3);
  float a = 5, b = 3;
  const std::array<floats, 3> memory{floats(&a, 1), floats(&b, 1), floats()};
  host_device device;
  sl::exec::run_context<host_device> run{device, 0, 9};
  s.function(run, memory);
  CHECK(a == 2);
  CHECK(b == 9);
}

TEST_CASE("a buffer that shares memory leads to the one that owns it") {
  sl::exec::program<host_device> p;
  const auto a = p.add({10});
  const auto b = p.add({10, a});
  const auto c = p.add({10, b});
  CHECK(p.root(c) == a);
  CHECK(p.root(a) == a);
}
