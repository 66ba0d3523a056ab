// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Scratch memory of the kernels and the one way in which they use threads.
/// Area: kernels/cpu.
///
/// A kernel never allocates: it says how many floats it needs and the caller passes them in. Part
/// of them is shared by the whole call, part belongs to the thread slot that runs a task. Work is
/// cut into tasks by shape alone, each task writes what no other task writes, and what tasks leave
/// in the shared part is added in task order: results do not depend on the number of threads.

#include <slimming/core/config.hpp>  // index_t
#include <slimming/core/error.hpp>   // bad_value

#include <tbb/blocked_range.h>  // tbb::blocked_range
#include <tbb/parallel_for.h>   // tbb::parallel_for
#include <tbb/task_arena.h>     // tbb::this_task_arena

#include <span>         // std::span
#include <string>       // std::to_string
#include <string_view>  // std::string_view

namespace slimming::inline v0::kernels::cpu {

/// Thread slots of the calling thread's task arena: what a workspace must be sized for.
[[nodiscard]] inline index_t thread_slots() { return tbb::this_task_arena::max_concurrency(); }

/// Floats that one kernel call may scribble on.
struct workspace_need {
  index_t shared = 0;    ///< used by the whole call
  index_t per_slot = 0;  ///< used by each thread slot

  /// Rounded up so that every part starts on a 64-byte line if the first one does.
  [[nodiscard]] static constexpr index_t aligned(index_t floats) noexcept {
    return (floats + 15) / 16 * 16;
  }
  [[nodiscard]] constexpr index_t floats(index_t slots) const noexcept {
    return aligned(shared) + slots * aligned(per_slot);
  }
  /// Enough for either of two calls.
  [[nodiscard]] friend constexpr workspace_need both(workspace_need a, workspace_need b) noexcept {
    return {a.shared > b.shared ? a.shared : b.shared,
            a.per_slot > b.per_slot ? a.per_slot : b.per_slot};
  }
};

/// A workspace that has been checked against a need.
class workspace {
 public:
  /// \throws bad_value  if \p memory is too small for the calling thread's arena.
  workspace(std::string_view who, std::span<float> memory, workspace_need need)
      : shared_(memory.data()),
        slots_(memory.data() + workspace_need::aligned(need.shared)),
        per_slot_(workspace_need::aligned(need.per_slot)) {
    const index_t needed = need.floats(thread_slots());
    if (static_cast<index_t>(memory.size()) < needed)
      throw bad_value(who, "the workspace holds " + std::to_string(memory.size()) +
                               " floats, needed are " + std::to_string(needed));
  }
  [[nodiscard]] float* shared() const noexcept { return shared_; }
  /// The part of the thread slot that runs the calling task.
  [[nodiscard]] float* slot() const noexcept {
    return slot(tbb::this_task_arena::current_thread_index());
  }
  /// That of slot \p i, below thread_slots(), for what has to be written before the tasks begin.
  [[nodiscard]] float* slot(index_t i) const noexcept { return slots_ + i * per_slot_; }

 private:
  float* shared_;
  float* slots_;
  index_t per_slot_;
};

/// Runs `task(i)` for i in [0, count), one by one or in parallel.
template <class Task>
void for_each_task(index_t count, const Task& task) {
  tbb::parallel_for(
      tbb::blocked_range<index_t>(0, count, 1),
      [&](const tbb::blocked_range<index_t>& range) {
        for (index_t i = range.begin(); i < range.end(); ++i) task(i);
      },
      tbb::simple_partitioner());
}

/// Cuts [0, count) into blocks of \p block and runs `body(begin, end)` on each.
template <class Body>
void for_each_block(index_t count, index_t block, const Body& body) {
  for_each_task((count + block - 1) / block, [&](index_t i) {
    const index_t begin = i * block;
    body(begin, begin + block < count ? begin + block : count);
  });
}

}  // namespace slimming::inline v0::kernels::cpu
