// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/exec/device.hpp>  // execution_device

#include "tests/exec/host_device.hpp"  // host_device
#include "tests/support/catch.hpp"     // TEST_CASE

namespace sl = slimming;

namespace {

struct no_memory {};
struct cannot_add : test_support::host_device {
  void add(float*, const float*, sl::index_t) = delete;
};

}  // namespace

TEST_CASE("a type with memory, copies and an update is a device; one that lacks any is not") {
  STATIC_REQUIRE(sl::exec::execution_device<test_support::host_device>);
  STATIC_REQUIRE_FALSE(sl::exec::execution_device<no_memory>);
  STATIC_REQUIRE_FALSE(sl::exec::execution_device<cannot_add>);
  STATIC_REQUIRE_FALSE(sl::exec::execution_device<int>);
}
