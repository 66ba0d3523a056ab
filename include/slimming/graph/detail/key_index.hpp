// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Numbers by address or by name: a flat table of numbers, whose keys the caller looks up. Costs a
/// compiler a fraction of what std::unordered_map does.
/// Area: graph.

#include <cstddef>      // std::size_t
#include <cstdint>      // std::uintptr_t
#include <string_view>  // std::string_view
#include <vector>       // std::vector

namespace slimming::inline v0::detail {

[[nodiscard]] inline std::uint64_t hash_of(const void* address) noexcept {
  return static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(address)) *
         0x9e3779b97f4a7c15ull;
}
[[nodiscard]] inline std::uint64_t hash_of(std::string_view name) noexcept {  // FNV-1a
  std::uint64_t hash = 0xcbf29ce484222325ull;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  return hash * 0x9e3779b97f4a7c15ull;
}

/// Open addressing, at most half full. Nothing is ever removed.
template <class Key>
class key_index {
 public:
  /// The number that was added for \p key, or \p fresh, which is added then.
  /// `key_of(number)` gives the key of a number added before.
  template <class KeyOf>
  std::int32_t find_or_add(Key key, std::int32_t fresh, KeyOf key_of) {
    if (2 * (count_ + 1) > slots_.size()) grow(key_of);
    const std::size_t at = slot_of(key, key_of);
    if (slots_[at] >= 0) return slots_[at];
    slots_[at] = fresh;
    ++count_;
    return fresh;
  }
  /// The number that was added for \p key, or -1.
  template <class KeyOf>
  [[nodiscard]] std::int32_t find(Key key, KeyOf key_of) const {
    return slots_.empty() ? -1 : slots_[slot_of(key, key_of)];
  }

 private:
  [[nodiscard]] std::size_t start(Key key) const noexcept {
    return static_cast<std::size_t>(hash_of(key) >> 32) & (slots_.size() - 1);
  }
  // Where the key is, or would be.
  template <class KeyOf>
  [[nodiscard]] std::size_t slot_of(Key key, const KeyOf& key_of) const {
    std::size_t at = start(key);
    while (slots_[at] >= 0 && key_of(slots_[at]) != key) at = (at + 1) & (slots_.size() - 1);
    return at;
  }
  template <class KeyOf>
  void grow(const KeyOf& key_of) {
    std::vector<std::int32_t> larger(slots_.empty() ? 64 : 4 * slots_.size(), -1);
    slots_.swap(larger);
    for (const std::int32_t number : larger) {  // the old ones now
      if (number < 0) continue;
      std::size_t at = start(key_of(number));
      while (slots_[at] >= 0) at = (at + 1) & (slots_.size() - 1);
      slots_[at] = number;
    }
  }

  std::vector<std::int32_t> slots_;  // a power of two, -1: free
  std::size_t count_ = 0;
};

}  // namespace slimming::inline v0::detail
