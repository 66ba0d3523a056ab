// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Views of Eigen's matrices, vectors, maps, refs and blocks. Names no Eigen header: whoever has
/// such an object has included it.
/// Area: interop.

#include <slimming/core/config.hpp>       // index_t
#include <slimming/core/tensor_view.hpp>  // tensor_view

#include <concepts>     // std::convertible_to, std::same_as
#include <type_traits>  // std::remove_cvref_t, std::remove_pointer_t

namespace slimming::inline v0 {

/// What Eigen calls a dense object with direct access to its coefficients.
///   1. `Scalar`, `PlainObject` and `IsVectorAtCompileTime` are members of the type.
///   2. `data()`, `rows()`, `cols()`, `size()`, `rowStride()`, `colStride()`, `innerStride()`.
/// It does not promise an order of storage: strides say it. An expression such as `a + b` has no
/// `data()` and is none.
template <class M>
concept eigen_dense = requires(M& m) {
  typename std::remove_cvref_t<M>::Scalar;
  typename std::remove_cvref_t<M>::PlainObject;
  { std::remove_cvref_t<M>::IsVectorAtCompileTime } -> std::convertible_to<bool>;
  { *m.data() } -> std::convertible_to<typename std::remove_cvref_t<M>::Scalar>;
  { m.rows() } -> std::convertible_to<index_t>;
  { m.cols() } -> std::convertible_to<index_t>;
  { m.rowStride() } -> std::convertible_to<index_t>;
  { m.colStride() } -> std::convertible_to<index_t>;
  { m.innerStride() } -> std::convertible_to<index_t>;
};

/// A matrix as (rows, columns), a vector as (size). A temporary may be a map, not a matrix.
template <eigen_dense M>
[[nodiscard]] constexpr auto view(M&& m) {
  using object = std::remove_cvref_t<M>;
  static_assert(
      std::is_lvalue_reference_v<M> || !std::same_as<object, typename object::PlainObject>,
      "slimming: view() of a temporary matrix would outlive its memory");
  using element = std::remove_pointer_t<decltype(m.data())>;
  if constexpr (object::IsVectorAtCompileTime)
    return tensor_view<element, 1>(m.data(), {static_cast<index_t>(m.size())},
                                   {static_cast<index_t>(m.innerStride())});
  else
    return tensor_view<element, 2>(
        m.data(), {static_cast<index_t>(m.rows()), static_cast<index_t>(m.cols())},
        {static_cast<index_t>(m.rowStride()), static_cast<index_t>(m.colStride())});
}

}  // namespace slimming::inline v0
