// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include "tests/io/memory_meter.hpp"

#include <malloc.h>  // malloc_usable_size

#include <algorithm>  // std::max
#include <cstdlib>    // std::malloc
#include <new>        // std::bad_alloc

namespace hostile {
namespace {

// malloc_usable_size makes bookkeeping of sizes unnecessary.
void* metered(void* p) {
  meter::live += malloc_usable_size(p);
  meter::peak = std::max(meter::peak, meter::live);
  return p;
}
void* metered_or_throw(void* p) {
  if (!p) throw std::bad_alloc();
  return metered(p);
}
void release(void* p) noexcept {
  meter::live -= malloc_usable_size(p);
  std::free(p);
}

}  // namespace
}  // namespace hostile

// Not inlined: g++ would otherwise pair malloc with the call of operator delete and warn.
[[gnu::noinline]] void* operator new(std::size_t n) {
  return hostile::metered_or_throw(std::malloc(n ? n : 1));
}
[[gnu::noinline]] void* operator new(std::size_t n, std::align_val_t a) {
  const auto alignment = static_cast<std::size_t>(a);
  return hostile::metered_or_throw(
      std::aligned_alloc(alignment, (n + alignment - 1) / alignment * alignment));
}
[[gnu::noinline]] void* operator new(std::size_t n, const std::nothrow_t&) noexcept {
  return hostile::metered(std::malloc(n ? n : 1));
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
