// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A runner on threads (oneTBB) for importance, apply_in_place, apply_into and everything that
/// takes one.
/// Area: surgery. Not part of <slimming/prune.hpp>.

#include <slimming/core/error.hpp>      // bad_value
#include <slimming/plan/execution.hpp>  // task_runner

#include <tbb/blocked_range.h>  // blocked_range
#include <tbb/parallel_for.h>   // parallel_for
#include <tbb/partitioner.h>    // simple_partitioner
#include <tbb/task_arena.h>     // task_arena

#include <cstddef>  // std::size_t
#include <memory>   // std::shared_ptr

namespace slimming::inline v0 {

/// Runs tasks on a fixed number of threads, the caller's among them. Copies share the threads.
class parallel {
 public:
  /// As many threads as the machine offers.
  parallel() : arena_(std::make_shared<tbb::task_arena>()) {}
  /// \throws bad_value  if \p threads is not positive.
  explicit parallel(int threads)
      : arena_(std::make_shared<tbb::task_arena>(require_positive(threads))) {}

  template <std::invocable<std::size_t> Body>
  void operator()(std::size_t n, Body&& body) const {
    arena_->execute([&] {
      tbb::parallel_for(
          tbb::blocked_range<std::size_t>(0, n),
          [&](const tbb::blocked_range<std::size_t>& range) {
            for (std::size_t i = range.begin(); i != range.end(); ++i) body(i);
          },
          tbb::simple_partitioner{});
    });
  }

 private:
  static int require_positive(int threads) {
    if (threads < 1) throw bad_value("parallel: threads", threads);
    return threads;
  }

  std::shared_ptr<tbb::task_arena> arena_;
};

}  // namespace slimming::inline v0
