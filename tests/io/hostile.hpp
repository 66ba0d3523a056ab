// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What every reader must withstand: truncation at each byte, every flipped bit, and all of it
/// without memory beyond a small multiple of the file. Replaces operator new to watch that: include
/// it from one translation unit of a test program.

#include <slimming/core/error.hpp>  // bad_file

#include <malloc.h>  // malloc_usable_size
#include <cstddef>   // std::byte
#include <cstdint>   // std::uint64_t
#include <cstdlib>   // std::malloc
#include <fstream>   // std::ifstream
#include <new>       // std::bad_alloc
#include <span>      // std::span
#include <string>    // std::string
#include <vector>    // std::vector

#include "tests/support/catch.hpp"

namespace hostile {

struct meter {
  static inline std::size_t live = 0;
  static inline std::size_t peak = 0;
  static void add(void* p) {
    live += malloc_usable_size(p);
    if (live > peak) peak = live;
  }
  static void remove(void* p) {
    if (p) live -= malloc_usable_size(p);
  }
};

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
  const std::size_t before = meter::live;
  meter::peak = meter::live;
  bool ok = true;
  try {
    parse(content);
  } catch (const slimming::bad_file&) {
    ok = false;
  }
  const std::size_t used = meter::peak - before;
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

// The meter counts what these hand out; malloc_usable_size makes sized bookkeeping unnecessary.
// Not inlined: g++ would otherwise pair malloc with the call of operator delete and warn.
namespace hostile {
inline void* metered(void* p) {
  if (!p) throw std::bad_alloc();
  meter::add(p);
  return p;
}
inline void release(void* p) noexcept {
  meter::remove(p);
  std::free(p);
}
}  // namespace hostile

[[gnu::noinline]] void* operator new(std::size_t n) {
  return hostile::metered(std::malloc(n ? n : 1));
}
[[gnu::noinline]] void* operator new(std::size_t n, std::align_val_t a) {
  const auto alignment = static_cast<std::size_t>(a);
  return hostile::metered(
      std::aligned_alloc(alignment, (n + alignment - 1) / alignment * alignment));
}
[[gnu::noinline]] void* operator new(std::size_t n, const std::nothrow_t&) noexcept {
  void* p = std::malloc(n ? n : 1);
  if (p) hostile::meter::add(p);
  return p;
}
[[gnu::noinline]] void operator delete(void* p) noexcept { hostile::release(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { hostile::release(p); }
[[gnu::noinline]] void operator delete(void* p, const std::nothrow_t&) noexcept {
  hostile::release(p);
}
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept { hostile::release(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept {
  hostile::release(p);
}
