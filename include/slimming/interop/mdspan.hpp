// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Views of anything shaped like mdspan: std::mdspan, Kokkos' and CCCL's, or a class of your own.
/// Area: interop.

#include <slimming/core/config.hpp>       // index_t
#include <slimming/core/tensor_view.hpp>  // tensor_view

#include <concepts>  // std::convertible_to, std::same_as
#include <cstddef>   // std::size_t

namespace slimming::inline v0 {

/// A strided multidimensional span over plain memory.
///   1. `M::element_type` and `M::rank()`, a constant between 1 and 8.
///   2. `extent(r)` and `stride(r)` for r in [0, rank()).
///   3. `data_handle()` returns `element_type*`.
/// It does not promise any layout; one whose mapping is not strided does not compile here.
template <class M>
concept mdspan_like = requires(const M& m, std::size_t r) {
  typename M::element_type;
  requires(M::rank() >= 1 && M::rank() <= 8);
  { m.extent(r) } -> std::convertible_to<index_t>;
  { m.stride(r) } -> std::convertible_to<index_t>;
  { m.data_handle() } -> std::same_as<typename M::element_type*>;
};

template <mdspan_like M>
[[nodiscard]] constexpr auto view(const M& m) {
  constexpr std::size_t rank = M::rank();
  index_t extents[rank] = {};
  index_t strides[rank] = {};
  for (std::size_t r = 0; r < rank; ++r) {
    extents[r] = static_cast<index_t>(m.extent(r));
    strides[r] = static_cast<index_t>(m.stride(r));
  }
  return tensor_view<typename M::element_type, rank>(m.data_handle(), extents, strides);
}

}  // namespace slimming::inline v0
