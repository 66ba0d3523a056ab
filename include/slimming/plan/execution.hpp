// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// How independent tasks run: one after the other here, on threads in
/// <slimming/surgery/parallel.hpp>.
/// Area: plan.

#include <concepts>  // std::invocable
#include <cstddef>   // std::size_t

namespace slimming::inline v0 {

/// Runs `body(i)` for every i in [0, n) and returns when all are done.
///
/// 1. Every i runs exactly once, in any order, on any thread.
/// 2. An exception, of a body or of the runner itself, reaches the caller after the bodies that
///    started have ended; none starts later.
///
/// Tasks are cut by the shape of the data, never by the number of threads, and each writes memory
/// of its own; results are therefore the same for every runner.
template <class R>
concept task_runner = requires(const R& run, std::size_t n, void (*body)(std::size_t)) {
  run(n, body);
};

/// The runner of one thread.
struct sequential {
  template <std::invocable<std::size_t> Body>
  constexpr void operator()(std::size_t n, Body&& body) const {
    for (std::size_t i = 0; i < n; ++i) body(i);
  }
};

}  // namespace slimming::inline v0
