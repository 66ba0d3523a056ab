// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include "tests/support/memory_meter.hpp"

#include <malloc.h>  // malloc_usable_size

#include <algorithm>  // std::max
#include <cstdlib>    // std::malloc
#include <new>        // std::bad_alloc

namespace test_support {
namespace {

// malloc_usable_size makes bookkeeping of sizes unnecessary.
void* metered(void* p) {
  ++memory_meter::count;
  ++memory_meter::everywhere;
  memory_meter::live += malloc_usable_size(p);
  memory_meter::peak = std::max(memory_meter::peak, memory_meter::live);
  return p;
}
void* metered_or_throw(void* p) {
  if (!p) throw std::bad_alloc();
  return metered(p);
}
bool is_refused() { return memory_meter::fails_in > 0 && --memory_meter::fails_in == 0; }
void release(void* p) noexcept {
  memory_meter::live -= malloc_usable_size(p);
  std::free(p);
}

}  // namespace
}  // namespace test_support

// Not inlined: g++ would otherwise pair malloc with the call of operator delete and warn.
[[gnu::noinline]] void* operator new(std::size_t n) {
  return test_support::metered_or_throw(test_support::is_refused() ? nullptr
                                                                   : std::malloc(n ? n : 1));
}
[[gnu::noinline]] void* operator new(std::size_t n, std::align_val_t a) {
  const auto alignment = static_cast<std::size_t>(a);
  return test_support::metered_or_throw(
      test_support::is_refused()
          ? nullptr
          : std::aligned_alloc(alignment, (n + alignment - 1) / alignment * alignment));
}
[[gnu::noinline]] void* operator new(std::size_t n, const std::nothrow_t&) noexcept {
  if (test_support::is_refused()) return nullptr;
  return test_support::metered(std::malloc(n ? n : 1));
}
[[gnu::noinline]] void operator delete(void* p) noexcept { test_support::release(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { test_support::release(p); }
[[gnu::noinline]] void operator delete(void* p, const std::nothrow_t&) noexcept {
  test_support::release(p);
}
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept {
  test_support::release(p);
}
[[gnu::noinline]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept {
  test_support::release(p);
}
