// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Places buffers of known lifetime in one piece of memory.
/// Area: exec. Greedy by size: large buffers first, each at the lowest place that is free for as
/// long as it lives (Pisarchyk and Lee, Efficient Memory Management for Deep Neural Net Inference,
/// 2020, section 5.2).

#include <slimming/core/config.hpp>  // index_t

#include <algorithm>  // std::sort
#include <numeric>    // std::iota
#include <span>       // std::span
#include <vector>     // std::vector

namespace slimming::inline v0::exec {

/// A buffer is alive during the steps [first, last].
struct lifetime {
  index_t floats = 0;
  index_t first = 0;
  index_t last = 0;
};

struct arena_plan {
  std::vector<index_t> offset;  ///< one per buffer, in floats
  index_t floats = 0;           ///< size of the whole arena
};

/// \p alignment in floats. Buffers whose lifetimes meet never overlap.
/// \complexity O(n^2) for n buffers.
[[nodiscard]] inline arena_plan plan_arena(std::span<const lifetime> buffers,
                                           index_t alignment = 16) {
  arena_plan plan{std::vector<index_t>(buffers.size(), 0), 0};
  std::vector<std::size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return buffers[a].floats > buffers[b].floats;
  });
  std::vector<std::size_t> placed;  // by offset
  for (const std::size_t b : order) {
    const index_t size = (buffers[b].floats + alignment - 1) / alignment * alignment;
    index_t at = 0;
    for (const std::size_t other : placed) {
      const lifetime& o = buffers[other];
      if (o.last < buffers[b].first || buffers[b].last < o.first) continue;
      if (plan.offset[other] - at >= size) break;
      const index_t end = plan.offset[other] + (o.floats + alignment - 1) / alignment * alignment;
      at = std::max(at, end);
    }
    plan.offset[b] = at;
    plan.floats = std::max(plan.floats, at + size);
    placed.insert(std::upper_bound(placed.begin(), placed.end(), b,
                                   [&](std::size_t x, std::size_t y) {
                                     return plan.offset[x] < plan.offset[y];
                                   }),
                  b);
  }
  return plan;
}

}  // namespace slimming::inline v0::exec
