// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// How much memory this thread holds and held at most. memory_meter.cpp replaces operator new to know.
/// Area: tests/io.

#include <cstddef>  // std::size_t

namespace hostile {

/// Bytes; what another thread frees stays counted.
struct meter {
  static inline thread_local std::size_t live = 0;
  static inline thread_local std::size_t peak = 0;
};

}  // namespace hostile
