// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A runner for work that has no way back once it has begun.
/// Area: surgery.

#include <slimming/plan/execution.hpp>  // task_runner

#include <cassert>  // assert
#include <cstddef>  // std::size_t
#include <vector>   // std::vector

namespace slimming::inline v0::detail {

/// Runs every task, even if the runner throws: what that one leaves undone, the caller does. A
/// runner that throws before any task has run is let throw, unless an earlier call has run some.
template <task_runner Run>
class finishing {
 public:
  /// Allocates for calls of up to \p most_tasks tasks; the calls allocate nothing.
  finishing(const Run& run, std::size_t most_tasks) : run_(&run), is_done_(most_tasks) {}

  /// \pre \p body does not throw; \p n is at most the constructor's.
  template <class Body>
  void operator()(std::size_t n, const Body& body) {
    assert(n <= is_done_.size());
    char* const is_done = is_done_.data();
    for (std::size_t k = 0; k < n; ++k) is_done[k] = 0;
    try {
      (*run_)(n, [&](std::size_t k) noexcept {
        body(k);
        is_done[k] = 1;
      });
    } catch (...) {
      for (std::size_t k = 0; k < n; ++k) has_begun_ = has_begun_ || is_done[k];
      if (!has_begun_) throw;
      for (std::size_t k = 0; k < n; ++k)
        if (!is_done[k]) body(k);
    }
    has_begun_ = has_begun_ || n > 0;
  }

  /// A task that is not worth the runner.
  template <class Body>
  void alone(const Body& body) {
    has_begun_ = true;
    body();
  }

 private:
  const Run* run_;
  std::vector<char> is_done_;  // a task each: threads do not share one
  bool has_begun_ = false;
};

}  // namespace slimming::inline v0::detail
