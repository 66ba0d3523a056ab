// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/core/random.hpp>  // random_stream
#include <slimming/exec/arena.hpp>   // plan_arena

#include "tests/support/catch.hpp"  // TEST_CASE

#include <algorithm>  // std::max
#include <vector>     // std::vector

namespace sl = slimming;
using sl::exec::lifetime;

namespace {

bool lives_meet(const lifetime& a, const lifetime& b) {
  return a.first <= b.last && b.first <= a.last;
}

// The most floats that are alive at one time: no plan can need less.
sl::index_t peak(const std::vector<lifetime>& buffers) {
  sl::index_t most = 0;
  for (const auto& at : buffers) {
    sl::index_t now = 0;
    for (const auto& b : buffers)
      if (b.first <= at.first && at.first <= b.last) now += (b.floats + 15) / 16 * 16;
    most = std::max(most, now);
  }
  return most;
}

}  // namespace

TEST_CASE("buffers that are alive together never overlap, whatever their lifetimes") {
  sl::random_stream random{1, 2, 0};
  for (int round = 0; round < 50; ++round) {
    std::vector<lifetime> buffers(static_cast<std::size_t>(random.below(40) + 1));
    for (auto& b : buffers) {
      b.floats = random.below(200);
      b.first = random.below(30);
      b.last = b.first + random.below(10);
    }
    const auto plan = sl::exec::plan_arena(buffers);
    REQUIRE(plan.offset.size() == buffers.size());
    for (std::size_t a = 0; a < buffers.size(); ++a) {
      CHECK(plan.offset[a] % 16 == 0);
      CHECK(plan.offset[a] + buffers[a].floats <= plan.floats);
      for (std::size_t b = 0; b < a; ++b) {
        if (!lives_meet(buffers[a], buffers[b])) continue;
        CHECK((plan.offset[a] + buffers[a].floats <= plan.offset[b] ||
               plan.offset[b] + buffers[b].floats <= plan.offset[a]));
      }
    }
    CHECK(plan.floats >= peak(buffers));
    CHECK(plan.floats <= 2 * peak(buffers));
  }
}

TEST_CASE("a chain of equal buffers needs two places") {
  std::vector<lifetime> chain;
  for (sl::index_t i = 0; i < 20; ++i) chain.push_back({1024, i, i + 1});
  CHECK(sl::exec::plan_arena(chain).floats == 2 * 1024);
}

TEST_CASE("nothing needs no memory") { CHECK(sl::exec::plan_arena({}).floats == 0); }
