// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A short text that differs where long data do: FNV-1a of 64 bits. Against mix-ups, not forgery.

#include <cstddef>  // std::byte
#include <cstdint>  // std::uint64_t
#include <iomanip>  // std::setw
#include <span>     // std::span
#include <sstream>  // std::ostringstream
#include <string>   // std::string

namespace slim {

class digest {
 public:
  void add(std::span<const std::byte> bytes) noexcept {
    for (const std::byte b : bytes)
      state_ = (state_ ^ std::to_integer<std::uint64_t>(b)) * 0x100000001b3ull;
  }
  /// With the end, so that two texts differ from one.
  void add(const std::string& text) noexcept {
    add(std::as_bytes(std::span(text.c_str(), text.size() + 1)));
  }
  [[nodiscard]] std::string text() const {
    std::ostringstream hex;
    hex << std::hex << std::setw(16) << std::setfill('0') << state_;
    return hex.str();
  }

 private:
  std::uint64_t state_ = 0xcbf29ce484222325ull;
};

}  // namespace slim
