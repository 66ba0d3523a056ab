// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What every reader must withstand: truncation at each byte, every flipped bit, and all of it
/// without memory beyond a small multiple of the file.
/// Area: tests/io.

#include <slimming/core/error.hpp>  // bad_file

#include <cstddef>  // std::byte
#include <cstdint>  // std::uint64_t
#include <fstream>  // std::ifstream
#include <span>     // std::span
#include <string>   // std::string
#include <vector>   // std::vector

#include "tests/support/catch.hpp"
#include "tests/support/memory_meter.hpp"  // memory_meter

namespace hostile {

using bytes = std::vector<std::byte>;

inline bytes to_bytes(std::string_view text) {
  const auto* first = reinterpret_cast<const std::byte*>(text.data());
  return {first, first + text.size()};
}

inline bytes file(const std::string& name) {
  std::ifstream in(std::string(SLIMMING_TEST_DIR) + "/io/fixtures/" + name, std::ios::binary);
  REQUIRE(in);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  return to_bytes(text);
}

/// Parses; true when it was accepted. Anything but bad_file escapes and fails the test, and so does
/// memory beyond \p most.
template <class Parse>
bool accepted(std::span<const std::byte> content, Parse&& parse, std::size_t most) {
  const std::size_t before = test_support::memory_meter::live;
  test_support::memory_meter::peak = before;
  bool ok = true;
  try {
    parse(content);
  } catch (const slimming::bad_file&) {
    ok = false;
  }
  const std::size_t used = test_support::memory_meter::peak - before;
  if (used > most) FAIL("parsing took " << used << " bytes, allowed are " << most);
  return ok;
}

/// Memory that a parser may take for a file: the library's default read_limits and some room for
/// messages and containers.
inline std::size_t allowance(std::size_t file_size) { return 128 * file_size + (2u << 20); }

template <class Parse>
void check_every_truncation_fails(const bytes& whole, Parse&& parse) {
  REQUIRE(accepted(whole, parse, allowance(whole.size())));
  for (std::size_t n = 0; n < whole.size(); ++n) {
    // A buffer of its own, so that a sanitizer sees a read behind the end.
    const bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
    if (accepted(part, parse, allowance(n)))
      FAIL("accepted when cut to " << n << " of " << whole.size() << " bytes");
  }
}

template <class Parse>
void check_every_bit_flip_is_survived(const bytes& whole, Parse&& parse) {
  bytes flipped = whole;
  std::size_t refused = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      flipped[at] = whole[at] ^ static_cast<std::byte>(1u << bit);
      if (!accepted(flipped, parse, allowance(whole.size()))) ++refused;
    }
    flipped[at] = whole[at];
  }
  CHECK(refused > 0);
}

/// The text of the bad_file that \p parse throws.
template <class Parse>
std::string refusal(std::span<const std::byte> content, Parse&& parse) {
  try {
    parse(content);
  } catch (const slimming::bad_file& e) {
    return e.what();
  }
  return "accepted";
}

}  // namespace hostile
