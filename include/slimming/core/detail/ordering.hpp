// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The little that the headers behind <slimming/prune.hpp> need of <algorithm>, which is a tenth of
/// what a compiler would spend on that umbrella.
/// Area: core.

#include <cstddef>      // std::size_t
#include <type_traits>  // std::type_identity_t
#include <vector>       // std::vector

namespace slimming::inline v0::detail {

template <class T>
[[nodiscard]] constexpr T smaller(T a, std::type_identity_t<T> b) noexcept {
  return b < a ? b : a;
}
template <class T>
[[nodiscard]] constexpr T larger(T a, std::type_identity_t<T> b) noexcept {
  return a < b ? b : a;
}

/// Merge sort: stable. \p is_less orders two items.
/// \complexity O(n log n) comparisons, memory for n items.
template <class T, class Less>
void sort(std::vector<T>& items, Less is_less) {
  const std::size_t n = items.size();
  std::vector<T> merged(items);
  for (std::size_t width = 1; width < n; width *= 2) {
    for (std::size_t first = 0; first < n; first += 2 * width) {
      const std::size_t middle = smaller(first + width, n), last = smaller(middle + width, n);
      std::size_t a = first, b = middle;
      for (std::size_t k = first; k < last; ++k) {
        const bool takes_b = b < last && (a == middle || is_less(items[b], items[a]));
        merged[k] = items[takes_b ? b++ : a++];
      }
    }
    items.swap(merged);
  }
}

}  // namespace slimming::inline v0::detail
