// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

#include "progress.hpp"

#include <sys/ioctl.h>  // TIOCGWINSZ
#include <unistd.h>     // isatty

#include <algorithm>  // std::clamp
#include <iostream>   // std::cerr

namespace slim {

namespace {

std::size_t columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

progress_line::progress_line() : is_terminal_(isatty(STDERR_FILENO) == 1) {}

void progress_line::show(double share, std::string_view before, std::string_view after) {
  using namespace std::chrono_literals;
  const auto now = std::chrono::steady_clock::now();
  if (!is_terminal_ || now < next_) return;
  next_ = now + 100ms;
  const std::size_t room = columns() - 1, text = before.size() + after.size() + 4;
  std::string line(before);
  if (text < room) {
    const std::size_t bar = std::min<std::size_t>(room - text, 24);
    const auto full =
        static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(bar));
    line += " [" + std::string(full, '#') + std::string(bar - full, '.') + "] ";
  } else {
    line += ' ';
  }
  line += after;
  std::cerr << '\r' << line.substr(0, room) << "\x1b[K" << std::flush;
  is_shown_ = true;
}

void progress_line::clear() {
  if (is_shown_) std::cerr << "\r\x1b[K" << std::flush;
  is_shown_ = false;
  next_ = {};
}

}  // namespace slim
