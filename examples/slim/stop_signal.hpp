// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Ctrl-C and SIGTERM ask a long task to come to an end; the second one ends the program.

namespace slim {

/// While one lives, the first SIGINT or SIGTERM is remembered instead of fatal.
class stop_signal {
 public:
  stop_signal();
  stop_signal(const stop_signal&) = delete;
  stop_signal& operator=(const stop_signal&) = delete;
  ~stop_signal();

  [[nodiscard]] bool is_raised() const noexcept;
};

}  // namespace slim
