// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The text forms of pickle protocol 0: quoted strings, raw-unicode-escape, decimal numbers.
/// Area: io, internal.

#include <charconv>      // std::from_chars
#include <cstdint>       // std::uint32_t
#include <optional>      // std::optional
#include <string>        // std::string
#include <string_view>   // std::string_view
#include <system_error>  // std::errc

namespace slimming::inline v0::io::detail {

/// A number that fills \p text.
template <class Number>
[[nodiscard]] std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, value);
  if (failure != std::errc() || stop != end) return std::nullopt;
  return value;
}

/// \p n hexadecimal digits at \p at.
[[nodiscard]] inline std::optional<std::uint32_t> parse_hex(std::string_view text, std::size_t at,
                                                            std::size_t n) {
  if (at + n > text.size()) return std::nullopt;
  std::uint32_t value = 0;
  const char* first = text.data() + at;
  const auto [stop, failure] = std::from_chars(first, first + n, value, 16);
  if (failure != std::errc() || stop != first + n) return std::nullopt;
  return value;
}

/// Appends a code point as UTF-8; false for a surrogate or beyond Unicode.
[[nodiscard]] inline bool append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | (code >> 6));
    put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    if (code >= 0xd800 && code < 0xe000) return false;
    put(0xe0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3f));
    put(0x80 | (code & 0x3f));
  } else {
    if (code >= 0x110000) return false;
    put(0xf0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3f));
    put(0x80 | ((code >> 6) & 0x3f));
    put(0x80 | (code & 0x3f));
  }
  return true;
}

/// Bytes of \p text that Python reads as UTF-8. Pickles keep lone surrogates too.
[[nodiscard]] inline std::size_t utf8_prefix(std::string_view text) {
  static constexpr std::uint32_t smallest[] = {0, 0x80, 0x800, 0x10000};  // by bytes that follow
  for (std::size_t at = 0;;) {
    if (at == text.size()) return at;
    const auto lead = static_cast<std::uint32_t>(static_cast<unsigned char>(text[at]));
    const std::size_t more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if ((lead >= 0x80 && lead < 0xc0) || lead >= 0xf8 || at + more >= text.size()) return at;
    std::uint32_t code = more == 0 ? lead : lead & (0x3fu >> more);
    for (std::size_t i = 1; i <= more; ++i) {
      const auto byte = static_cast<std::uint32_t>(static_cast<unsigned char>(text[at + i]));
      if (byte >> 6 != 2) return at;
      code = (code << 6) | (byte & 0x3f);
    }
    if (code < smallest[more] || code >= 0x110000) return at;
    at += more + 1;
  }
}

/// Opcode UNICODE: Latin-1 with \uXXXX and \UXXXXXXXX.
[[nodiscard]] inline std::optional<std::string> decode_raw_unicode(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t digits = !text.substr(at).starts_with('\\') || at + 1 == text.size() ? 0
                               : text[at + 1] == 'u'                                       ? 4
                               : text[at + 1] == 'U'                                       ? 8
                                                                                           : 0;
    std::optional<std::uint32_t> code = static_cast<unsigned char>(text[at]);
    if (digits) code = parse_hex(text, at + 2, digits);
    if (!code || !append_utf8(out, *code)) return std::nullopt;
    at += digits ? digits + 2 : 1;
  }
  return out;
}

/// Opcode STRING: a Python 2 literal with its quotes.
[[nodiscard]] inline std::optional<std::string> decode_quoted(std::string_view text) {
  if (text.size() < 2 || (text[0] != '\'' && text[0] != '"') || text.back() != text[0])
    return std::nullopt;
  text = text.substr(1, text.size() - 2);
  static constexpr std::string_view escapes = "\\'\"nrtabfv";
  static constexpr std::string_view meanings = "\\'\"\n\r\t\a\b\f\v";
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\') {
      out.push_back(text[at]);
      continue;
    }
    if (++at == text.size()) return std::nullopt;
    if (const std::size_t known = escapes.find(text[at]); known != std::string_view::npos) {
      out.push_back(meanings[known]);
    } else if (text[at] == 'x') {
      const auto code = parse_hex(text, at + 1, 2);
      if (!code) return std::nullopt;
      out.push_back(static_cast<char>(*code));
      at += 2;
    } else {
      return std::nullopt;
    }
  }
  return out;
}

}  // namespace slimming::inline v0::io::detail
