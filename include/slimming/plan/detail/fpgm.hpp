// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Distances between the slices of one axis, for filter pruning by geometric median.
/// Area: plan.

#include <slimming/core/array_ref.hpp>         // array_ref
#include <slimming/core/config.hpp>            // index_t
#include <slimming/core/detail/math.hpp>       // square_root
#include <slimming/core/detail/ordering.hpp>   // smaller
#include <slimming/core/dtype.hpp>             // visit_floating
#include <slimming/plan/detail/axis_sums.hpp>  // to_double
#include <slimming/plan/detail/entries.hpp>    // require_finite
#include <slimming/plan/execution.hpp>         // task_runner

#include <array>        // std::array
#include <string_view>  // std::string_view
#include <utility>      // std::exchange
#include <vector>       // std::vector

namespace slimming::inline v0::detail {

/// Slice i of \p axis as row i of a dense matrix.
template <class Out, class T>
[[nodiscard]] std::vector<Out> slices_of(const array_ref& a, std::size_t axis) {
  const auto n = static_cast<std::size_t>(a.extent[axis]);
  std::vector<Out> rows(static_cast<std::size_t>(a.size()));
  if (rows.empty()) return rows;
  const std::size_t width = rows.size() / n;
  std::vector<std::size_t> filled(n, 0);
  std::array<index_t, array_ref::max_rank> at{};
  const auto* x = reinterpret_cast<const T*>(a.data);
  for (bool more = true; more;) {
    const auto i = static_cast<std::size_t>(at[axis]);
    rows[i * width + filled[i]++] = static_cast<Out>(to_double(*x));
    more = false;
    for (std::size_t k = a.rank; k-- > 0 && !more;) {
      x += a.stride[k];
      more = ++at[k] < a.extent[k];
      if (!more) x -= a.stride[k] * std::exchange(at[k], 0);
    }
  }
  return rows;
}

template <class T>
[[nodiscard]] double squared_distance(const T* a, const T* b, std::size_t n) noexcept {
  constexpr std::size_t lanes = 16;
  std::array<double, lanes> part{};
  const auto add = [&part](std::size_t l, T x, T y) {
    const double d = to_double(x) - to_double(y);
    part[l] += d * d;
  };
  for (; n >= lanes; n -= lanes, a += lanes, b += lanes)
    for (std::size_t l = 0; l < lanes; ++l) add(l, a[l], b[l]);
  for (std::size_t l = 0; l < n; ++l) add(l, a[l], b[l]);
  double sum = 0;
  for (const double p : part) sum += p;
  return sum;
}

/// Per index of \p axis: the sum of Euclidean distances between its slice and every other.
/// \throws bad_value  naming the first index whose slice is not finite.
template <task_runner Run>
[[nodiscard]] std::vector<double> median_distances(const array_ref& a, std::size_t axis,
                                                   std::string_view name, const Run& run) {
  return visit_floating(a.type, name, [&]<class T>() {
    using compute = std::conditional_t<std::is_same_v<T, double>, double, float>;
    const auto rows = slices_of<compute, T>(a, axis);
    const auto n = static_cast<std::size_t>(a.extent[axis]);
    const std::size_t width = n == 0 ? 0 : rows.size() / n;
    // A distance would blame whichever row comes first.
    for (std::size_t k = 0; k < rows.size(); ++k)
      require_finite(to_double(rows[k]), name, axis, k / width);
    std::vector<double> total(n, 0.0);
    constexpr std::size_t block = 16;  // rows of one task, compared with blocks of the same height
    run((n + block - 1) / block, [&](std::size_t task) {
      const std::size_t first = task * block, last = smaller(first + block, n);
      for (std::size_t j0 = 0; j0 < n; j0 += block)
        for (std::size_t i = first; i < last; ++i)
          for (std::size_t j = j0; j < smaller(j0 + block, n); ++j)
            if (i != j)
              total[i] += square_root(squared_distance(&rows[i * width], &rows[j * width], width));
    });
    return total;
  });
}

}  // namespace slimming::inline v0::detail
