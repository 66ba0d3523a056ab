// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/kernels/cpu/workspace.hpp>

#include <atomic>
#include <vector>

#include "tests/support/catch.hpp"

namespace sl = slimming;
namespace cpu = slimming::kernels::cpu;
using sl::index_t;

TEST_CASE("every task runs once and every block is covered once") {
  std::vector<std::atomic<int>> hits(1000);
  cpu::for_each_task(1000, [&](index_t i) { ++hits[static_cast<std::size_t>(i)]; });
  cpu::for_each_block(1000, 37, [&](index_t begin, index_t end) {
    for (index_t i = begin; i < end; ++i) ++hits[static_cast<std::size_t>(i)];
  });
  for (const auto& h : hits) CHECK(h == 2);
  cpu::for_each_task(0, [](index_t) { FAIL("there is no task"); });
}

TEST_CASE("slots lie behind the shared part and never overlap") {
  const cpu::workspace_need need{20, 3};
  std::vector<float> memory(static_cast<std::size_t>(need.floats(cpu::thread_slots())));
  const cpu::workspace scratch("test", memory, need);
  std::atomic<bool> clash = false;
  cpu::for_each_task(200, [&](index_t i) {
    float* slot = scratch.slot();
    index_t owner = 0;
    while (owner < cpu::thread_slots() && scratch.slot(owner) != slot) ++owner;
    if (owner == cpu::thread_slots()) clash = true;  // it is one of the numbered ones
    if (slot < scratch.shared() + need.shared || slot + need.per_slot > &memory.back() + 1)
      clash = true;
    for (int repeat = 0; repeat < 100; ++repeat) {
      *slot = static_cast<float>(i);
      if (*slot != static_cast<float>(i)) clash = true;
    }
  });
  CHECK_FALSE(clash);
}

TEST_CASE("a workspace that is too small is declined with both numbers") {
  std::vector<float> memory(10);
  CHECK_THROWS_WITH(cpu::workspace("conv", memory, {100, 0}),
                    "slimming: bad_value: conv: the workspace holds 10 floats, needed are 112");
}

TEST_CASE("the need of either of two calls covers both") {
  const auto n = both(cpu::workspace_need{5, 40}, cpu::workspace_need{7, 30});
  CHECK(n.shared == 7);
  CHECK(n.per_slot == 40);
}
