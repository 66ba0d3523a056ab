// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Typed slicing: axes at compile time, one keep list per axis, a new tensor out.
/// Area: surgery.

#include <slimming/core/config.hpp>           // index_t
#include <slimming/core/detail/ordering.hpp>  // sort
#include <slimming/core/error.hpp>            // shape_mismatch
#include <slimming/core/mask.hpp>             // mask
#include <slimming/core/tensor.hpp>           // tensor
#include <slimming/core/tensor_view.hpp>      // tensor_view
#include <slimming/plan/record.hpp>           // axis_cut
#include <slimming/surgery/compact.hpp>       // gather

#include <concepts>     // std::convertible_to
#include <span>         // std::span
#include <type_traits>  // std::remove_const_t
#include <utility>      // std::index_sequence
#include <vector>       // std::vector

namespace slimming::inline v0 {

/// A mask, or increasing indices.
template <class K>
concept keep_list =
    std::convertible_to<const K&, mask> || std::convertible_to<const K&, std::span<const index_t>>;

namespace detail {

[[nodiscard]] inline std::vector<index_t> kept_indices(const mask& keep, index_t extent) {
  if (keep.size() != extent) throw shape_mismatch("slice: mask", extent, keep.size());
  return keep.indices();
}
[[nodiscard]] inline std::vector<index_t> kept_indices(std::span<const index_t> keep, index_t) {
  return {keep.begin(), keep.end()};
}

template <std::size_t... Axes>
[[nodiscard]] consteval bool are_distinct() {
  constexpr std::size_t axes[] = {Axes...};
  for (std::size_t i = 0; i < sizeof...(Axes); ++i)
    for (std::size_t j = i + 1; j < sizeof...(Axes); ++j)
      if (axes[i] == axes[j]) return false;
  return true;
}

template <class T, std::size_t Rank, std::size_t... Axis>
[[nodiscard]] tensor<T, Rank> make_tensor(const shape& extents, std::index_sequence<Axis...>) {
  return tensor<T, Rank>(extents[Axis]...);
}

}  // namespace detail

/// `slice<0, 1>(weight, out_mask, in_mask)`: the elements that stay on every named axis.
/// \throws shape_mismatch  if a mask has another length than its axis.
/// \throws bad_value       if indices do not increase inside the axis.
template <std::size_t... Axes, class T, std::size_t Rank, keep_list... Keep>
[[nodiscard]] auto slice(tensor_view<T, Rank> view, const Keep&... keep) {
  static_assert(sizeof...(Axes) > 0, "slimming: slice<Axes...> needs at least one axis");
  static_assert(sizeof...(Axes) == sizeof...(Keep),
                "slimming: slice<Axes...> takes one keep list per axis");
  static_assert(((Axes < Rank) && ...), "slimming: slice<Axes...>: an axis lies beyond the rank");
  static_assert(detail::are_distinct<Axes...>(),
                "slimming: slice<Axes...>: an axis is named twice");
  std::vector<axis_cut> cuts;
  (cuts.push_back({Axes, detail::kept_indices(keep, view.extent(Axes))}), ...);
  detail::sort(cuts, [](const axis_cut& a, const axis_cut& b) { return a.axis < b.axis; });
  shape extents(view.extents().begin(), view.extents().end());
  detail::require_cuts(extents, cuts, "slice");
  for (const axis_cut& c : cuts) extents[c.axis] = static_cast<index_t>(c.kept.size());
  auto result =
      detail::make_tensor<std::remove_const_t<T>, Rank>(extents, std::make_index_sequence<Rank>{});
  gather(view, cuts, result.view());
  return result;
}

}  // namespace slimming::inline v0
