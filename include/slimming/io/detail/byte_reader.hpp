// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A cursor over the bytes of a file that never leaves them and names the offset when it fails.
/// Area: io, internal.

#include <slimming/core/error.hpp>  // bad_file

#include <concepts>     // std::unsigned_integral
#include <cstddef>      // std::byte
#include <cstdint>      // fixed-width integers
#include <span>         // std::span
#include <string>       // std::string
#include <string_view>  // std::string_view

namespace slimming::inline v0::io::detail {

class byte_reader {
 public:
  byte_reader(std::span<const std::byte> bytes, std::string_view path)
      : bytes_(bytes), path_(path) {}

  [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
  [[nodiscard]] std::size_t offset() const noexcept { return at_; }
  [[nodiscard]] std::size_t remaining() const noexcept { return bytes_.size() - at_; }
  [[nodiscard]] std::string_view path() const noexcept { return path_; }

  /// \throws bad_file  at the present offset.
  [[noreturn]] void fail(std::string_view what) const {
    throw bad_file(path_, "offset " + std::to_string(at_), what);
  }

  /// The next \p n bytes. The comparison is on std::uint64_t: sizes in files are 64 bit.
  [[nodiscard]] std::span<const std::byte> take(std::uint64_t n) {
    if (n > remaining())
      fail("truncated: " + std::to_string(n) + " bytes needed, " + std::to_string(remaining()) +
           " left");
    const auto taken = bytes_.subspan(at_, static_cast<std::size_t>(n));
    at_ += static_cast<std::size_t>(n);
    return taken;
  }
  [[nodiscard]] std::string_view text(std::uint64_t n) {
    const auto taken = take(n);
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }
  [[nodiscard]] std::uint8_t byte() { return std::to_integer<std::uint8_t>(take(1)[0]); }

  /// Little-endian, whatever the machine.
  template <std::unsigned_integral T>
  [[nodiscard]] T little() {
    const auto taken = take(sizeof(T));
    T value = 0;
    for (std::size_t i = sizeof(T); i-- > 0;)
      value = static_cast<T>((static_cast<std::uint64_t>(value) << 8) |
                             std::to_integer<std::uint64_t>(taken[i]));
    return value;
  }
  /// Big-endian, whatever the machine.
  template <std::unsigned_integral T>
  [[nodiscard]] T big() {
    const auto taken = take(sizeof(T));
    T value = 0;
    for (const std::byte b : taken)
      value = static_cast<T>((static_cast<std::uint64_t>(value) << 8) |
                             std::to_integer<std::uint64_t>(b));
    return value;
  }
  /// Up to the next newline, which is consumed but not returned.
  [[nodiscard]] std::string_view line() {
    const std::string_view rest(reinterpret_cast<const char*>(bytes_.data()) + at_, remaining());
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) fail("truncated: a line without an end");
    at_ += end + 1;
    return rest.substr(0, end);
  }

 private:
  std::span<const std::byte> bytes_;
  std::string_view path_;
  std::size_t at_ = 0;
};

}  // namespace slimming::inline v0::io::detail
