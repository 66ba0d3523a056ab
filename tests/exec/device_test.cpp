// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/exec/device.hpp>  // execution_device, recording_device

#include "tests/exec/host_device.hpp"  // host_device
#include "tests/support/catch.hpp"     // TEST_CASE

#include <cstdint>  // std::uint64_t
#include <span>     // std::span

namespace sl = slimming;

namespace {

struct no_memory {};
struct cannot_add : test_support::host_device {
  void add(float*, const float*, sl::index_t) = delete;
};

struct records : test_support::host_device {
  void set_rules(std::span<const sl::exec::update_rule>) {}
  void update_all(std::span<const sl::exec::update_target>) {}
  template <class Function>
  void record(const Function& f) {
    f();
  }
  void set_iteration(std::uint64_t) {}
};

}  // namespace

TEST_CASE("a type with memory, copies and an update is a device; one that lacks any is not") {
  STATIC_REQUIRE(sl::exec::execution_device<test_support::host_device>);
  STATIC_REQUIRE_FALSE(sl::exec::execution_device<no_memory>);
  STATIC_REQUIRE_FALSE(sl::exec::execution_device<cannot_add>);
  STATIC_REQUIRE_FALSE(sl::exec::execution_device<int>);
}

TEST_CASE("a device that also takes whole steps is one that records") {
  STATIC_REQUIRE(sl::exec::recording_device<records>);
  STATIC_REQUIRE_FALSE(sl::exec::recording_device<test_support::host_device>);
}
