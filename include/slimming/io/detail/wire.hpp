// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The wire format of protocol buffers, field by field. Reading leaves every field's bytes where
/// they are, so that writing can copy what it does not understand or need not change.
/// Area: io, internal. Format: https://protobuf.dev/programming-guides/encoding.

#include <slimming/core/error.hpp>  // bad_file

#include <bit>          // std::bit_cast
#include <cstddef>      // std::byte
#include <cstdint>      // std::uint64_t
#include <span>         // std::span
#include <string>       // std::string
#include <string_view>  // std::string_view
#include <vector>       // std::vector

namespace slimming::inline v0::io::detail {

/// The file that messages lie in: offsets in complaints are counted from its first byte.
struct wire_file {
  std::span<const std::byte> bytes;
  std::string_view path;

  [[noreturn]] void fail(const std::byte* at, std::string_view what) const {
    throw bad_file(path, "offset " + std::to_string(at - bytes.data()), what);
  }
};

enum class wire_type : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

struct wire_field {
  std::uint32_t number = 0;
  wire_type type = wire_type::varint;
  std::uint64_t value = 0;             // of a varint or a fixed number
  std::span<const std::byte> payload;  // of bytes: a text or a message
  std::span<const std::byte> raw;      // all of it, with its tag

  [[nodiscard]] std::string_view text() const {
    return {reinterpret_cast<const char*>(payload.data()), payload.size()};
  }
  [[nodiscard]] std::int64_t integer() const { return std::bit_cast<std::int64_t>(value); }
  [[nodiscard]] float real() const {
    return std::bit_cast<float>(static_cast<std::uint32_t>(value));
  }
};

/// Gives the fields of one message in their order.
class wire_reader {
 public:
  wire_reader(std::span<const std::byte> message, const wire_file& file)
      : rest_(message), file_(&file) {}

  /// The next field; false at the end. \throws bad_file  for what is no field.
  [[nodiscard]] bool next(wire_field& field) {
    if (rest_.empty()) return false;
    const std::span<const std::byte> start = rest_;
    const std::uint64_t tag = varint();
    field = {};
    if (tag >> 3 == 0 || tag >> 3 > most_field_numbers) fail("is no field of a message");
    field.number = static_cast<std::uint32_t>(tag >> 3);
    switch (tag & 7) {
      case 0:
        field.value = varint();
        break;
      case 1:
        field.value = fixed(8);
        break;
      case 2:
        field.payload = take(varint());
        break;
      case 5:
        field.value = fixed(4);
        break;
      default:
        fail("is no field of a message");
    }
    field.type = static_cast<wire_type>(tag & 7);
    field.raw = start.first(start.size() - rest_.size());
    return true;
  }
  /// \throws bad_file  unless \p field is of that type.
  void expect(const wire_field& field, wire_type type) const {
    if (field.type != type)
      file_->fail(field.raw.data(),
                  "field " + std::to_string(field.number) + " is of another type");
  }
  [[noreturn]] void fail(std::string_view what) const { file_->fail(rest_.data(), what); }

  /// A number of a packed field. \pre not at_end()
  [[nodiscard]] std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
      const auto byte = std::to_integer<std::uint64_t>(take(1)[0]);
      if (shift < 64) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    fail("is a number without an end");
  }
  [[nodiscard]] std::uint64_t fixed(std::size_t width) {
    const auto bytes = take(width);
    std::uint64_t value = 0;
    for (std::size_t i = width; i-- > 0;)
      value = (value << 8) | std::to_integer<std::uint64_t>(bytes[i]);
    return value;
  }
  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

 private:
  static constexpr std::uint64_t most_field_numbers = (1u << 29) - 1;

  std::span<const std::byte> take(std::uint64_t n) {
    if (n > rest_.size())
      fail("truncated: " + std::to_string(n) + " bytes needed, " + std::to_string(rest_.size()) +
           " left");
    const auto taken = rest_.first(static_cast<std::size_t>(n));
    rest_ = rest_.subspan(static_cast<std::size_t>(n));
    return taken;
  }

  std::span<const std::byte> rest_;
  const wire_file* file_;
};

/// Collects the fields of one message.
class wire_writer {
 public:
  void raw(std::span<const std::byte> field) {
    out_.insert(out_.end(), field.begin(), field.end());
  }
  void number(int field, std::uint64_t value) {
    tag(field, wire_type::varint);
    varint(value);
  }
  void integer(int field, std::int64_t value) {
    number(field, std::bit_cast<std::uint64_t>(value));
  }
  void real(int field, float value) {
    tag(field, wire_type::fixed32);
    const auto bits = std::bit_cast<std::uint32_t>(value);
    for (int shift = 0; shift < 32; shift += 8)
      out_.push_back(static_cast<std::byte>(bits >> shift));
  }
  void bytes(int field, std::span<const std::byte> payload) {
    tag(field, wire_type::bytes);
    varint(payload.size());
    raw(payload);
  }
  void text(int field, std::string_view payload) {
    bytes(field, std::as_bytes(std::span(payload.data(), payload.size())));
  }
  void message(int field, const wire_writer& inner) { bytes(field, inner.out_); }

  [[nodiscard]] std::span<const std::byte> written() const noexcept { return out_; }
  [[nodiscard]] std::vector<std::byte> finish() { return std::move(out_); }

 private:
  void tag(int field, wire_type type) {
    varint((static_cast<std::uint64_t>(field) << 3) | static_cast<std::uint64_t>(type));
  }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_.push_back(static_cast<std::byte>(value | 0x80));
    out_.push_back(static_cast<std::byte>(value));
  }

  std::vector<std::byte> out_;
};

}  // namespace slimming::inline v0::io::detail
