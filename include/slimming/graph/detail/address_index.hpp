// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Numbers by address: a flat table of numbers, whose addresses the caller looks up.
/// Area: graph.

#include <cstddef>  // std::size_t
#include <cstdint>  // std::uintptr_t
#include <utility>  // std::exchange
#include <vector>   // std::vector

namespace slimming::inline v0::detail {

/// Open addressing, at most half full. Nothing is ever removed.
class address_index {
 public:
  /// The number that was added for \p address, or \p fresh, which is added then.
  /// `address_of(number)` gives the address of a number added before.
  template <class AddressOf>
  std::int32_t find_or_add(const void* address, std::int32_t fresh, AddressOf address_of) {
    if (2 * (count_ + 1) > slots_.size()) grow(address_of);
    std::size_t at = start(address);
    for (; slots_[at] >= 0; at = (at + 1) & (slots_.size() - 1))
      if (address_of(slots_[at]) == address) return slots_[at];
    slots_[at] = fresh;
    ++count_;
    return fresh;
  }

 private:
  [[nodiscard]] std::size_t start(const void* address) const noexcept {
    const auto key = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(address));
    return static_cast<std::size_t>((key * 0x9e3779b97f4a7c15ull) >> 32) & (slots_.size() - 1);
  }
  template <class AddressOf>
  void grow(AddressOf address_of) {
    std::vector<std::int32_t> larger(slots_.empty() ? 64 : 4 * slots_.size(), -1);
    const auto old = std::exchange(slots_, std::move(larger));
    for (const std::int32_t number : old) {
      if (number < 0) continue;
      std::size_t at = start(address_of(number));
      while (slots_[at] >= 0) at = (at + 1) & (slots_.size() - 1);
      slots_[at] = number;
    }
  }

  std::vector<std::int32_t> slots_;  // a power of two, -1: free
  std::size_t count_ = 0;
};

}  // namespace slimming::inline v0::detail
