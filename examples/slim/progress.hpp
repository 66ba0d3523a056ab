// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// One line that shows how far a long task has come, on a terminal only.

#include <chrono>       // std::chrono::steady_clock
#include <string>       // std::string
#include <string_view>  // std::string_view

namespace slim {

/// Draws on standard error, at most ten times per second, and leaves nothing behind.
class progress_line {
 public:
  progress_line();
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;
  ~progress_line() { clear(); }

  /// A bar that is filled to \p share, between \p before and \p after.
  void show(double share, std::string_view before, std::string_view after);
  /// Removes the line, so that other text can be printed.
  void clear();

 private:
  bool is_terminal_;
  bool is_shown_ = false;
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace slim
