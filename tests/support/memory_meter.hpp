// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What this thread allocates. memory_meter.cpp replaces operator new to know: a room that asks links it.
/// Area: tests/support.

#include <cstddef>  // std::size_t

namespace test_support {

/// Of this thread; what another thread frees stays counted.
struct memory_meter {
  static inline thread_local std::size_t live = 0;   ///< bytes now
  static inline thread_local std::size_t peak = 0;   ///< bytes at most
  static inline thread_local std::size_t count = 0;  ///< allocations so far
};

}  // namespace test_support
