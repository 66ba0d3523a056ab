// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What threads allocate. memory_meter.cpp replaces operator new to know: a room that asks links it.
/// Area: tests/support.

#include <atomic>   // std::atomic
#include <cstddef>  // std::size_t

namespace test_support {

/// Of this thread; what another thread frees stays counted.
struct memory_meter {
  static inline thread_local std::size_t live = 0;        ///< bytes now
  static inline thread_local std::size_t peak = 0;        ///< bytes at most
  static inline thread_local std::size_t count = 0;       ///< allocations so far
  static inline thread_local std::size_t fails_in = 0;    ///< the last of so many fails; 0: none
  static inline std::atomic<std::size_t> everywhere = 0;  ///< those of all threads
};

}  // namespace test_support
