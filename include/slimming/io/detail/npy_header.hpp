// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The header of a .npy array: a Python dict literal with three keys.
/// Area: io, internal. Format: numpy.lib.format, versions 1 to 3.

#include <slimming/core/dtype.hpp>             // dtype
#include <slimming/core/error.hpp>             // bad_file
#include <slimming/core/tensor.hpp>            // shape
#include <slimming/io/detail/byte_reader.hpp>  // byte_reader
#include <slimming/io/detail/elements.hpp>     // most_axes

#include <array>         // std::array
#include <bit>           // std::endian
#include <charconv>      // std::from_chars
#include <cstdint>       // std::uint16_t
#include <string>        // std::string
#include <string_view>   // std::string_view
#include <system_error>  // std::errc
#include <utility>       // std::exchange, std::pair

namespace slimming::inline v0::io::detail {

struct npy_header {
  dtype type = dtype::float32;
  std::endian order = std::endian::little;
  bool fortran_order = false;
  shape extents;
};

inline constexpr std::array<std::pair<std::string_view, dtype>, 12> npy_dtypes{{
    {"f4", dtype::float32},
    {"f8", dtype::float64},
    {"f2", dtype::float16},
    {"i1", dtype::int8},
    {"u1", dtype::uint8},
    {"i2", dtype::int16},
    {"u2", dtype::uint16},
    {"i4", dtype::int32},
    {"u4", dtype::uint32},
    {"i8", dtype::int64},
    {"u8", dtype::uint64},
    {"b1", dtype::boolean},
}};

/// A cursor over the literal `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
class npy_literal {
 public:
  npy_literal(std::string_view text, std::string_view path) : text_(text), path_(path) {}

  [[nodiscard]] npy_header parse() {
    npy_header header;
    std::array<bool, 3> seen{};
    expect('{');
    while (!accept('}')) {
      const std::string_view key = quoted();
      expect(':');
      const std::size_t field = key == "descr"           ? 0
                                : key == "fortran_order" ? 1
                                : key == "shape"         ? 2
                                                         : 3;
      if (field == 3) fail("unknown key '" + std::string(key) + "'");
      if (std::exchange(seen[field], true)) fail("duplicate key '" + std::string(key) + "'");
      if (field == 0) parse_type(header);
      if (field == 1) header.fortran_order = parse_boolean();
      if (field == 2) header.extents = parse_shape();
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    if (at_ != text_.size()) fail("more text behind the header");
    for (const bool given : seen)
      if (!given) fail("descr, fortran_order or shape is missing");
    return header;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw bad_file(path_, "header, character " + std::to_string(at_), what);
  }
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t'))
      ++at_;
  }
  bool accept(char c) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(std::string("'") + c + "' is missing");
  }
  [[nodiscard]] std::string_view quoted() {
    const char quote = accept('"') ? '"' : '\'';
    if (quote == '\'') expect('\'');
    const std::size_t end = text_.find(quote, at_);
    if (end == std::string_view::npos) fail("a text without an end");
    const std::string_view content = text_.substr(at_, end - at_);
    at_ = end + 1;
    return content;
  }
  void parse_type(npy_header& header) {
    skip_space();
    if (at_ < text_.size() && text_[at_] == '[') fail("structured arrays are not read");
    const std::string_view code = quoted();
    if (code.size() == 3 && std::string_view("<>|=").find(code[0]) != std::string_view::npos) {
      header.order = code[0] == '>'   ? std::endian::big
                     : code[0] == '<' ? std::endian::little
                                      : std::endian::native;
      for (const auto& [name, type] : npy_dtypes) {
        if (name != code.substr(1)) continue;
        header.type = type;
        return;
      }
    }
    fail("element type '" + std::string(code) + "' is not read");
  }
  [[nodiscard]] bool parse_boolean() {
    skip_space();
    for (const bool value : {true, false}) {
      const std::string_view word = value ? "True" : "False";
      if (!text_.substr(at_).starts_with(word)) continue;
      at_ += word.size();
      return value;
    }
    fail("neither True nor False");
  }
  [[nodiscard]] shape parse_shape() {
    shape extents;
    expect('(');
    while (!accept(')')) {
      skip_space();
      index_t extent = 0;
      const char* end = text_.data() + text_.size();
      const auto [stop, failure] = std::from_chars(text_.data() + at_, end, extent);
      if (failure != std::errc() || extent < 0) fail("an extent is no sensible number");
      at_ = static_cast<std::size_t>(stop - text_.data());
      (void)accept('L');  // Python 2
      if (extents.size() == most_axes) fail("too many axes");
      extents.push_back(extent);
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return extents;
  }

  std::string_view text_;
  std::string_view path_;
  std::size_t at_ = 0;
};

/// Magic, version, length and literal; the reader stands on the elements afterwards.
/// \throws bad_file
[[nodiscard]] inline npy_header read_npy_header(byte_reader& in) {
  static constexpr std::string_view magic("\x93NUMPY", 6);
  if (in.text(magic.size()) != magic) in.fail("is no .npy array");
  const unsigned major = in.byte();
  (void)in.byte();  // minor
  if (major < 1 || major > 3) in.fail("unknown version " + std::to_string(major));
  const std::uint64_t length =
      major == 1 ? in.little<std::uint16_t>() : std::uint64_t{in.little<std::uint32_t>()};
  return npy_literal(in.text(length), in.path()).parse();
}

}  // namespace slimming::inline v0::io::detail
