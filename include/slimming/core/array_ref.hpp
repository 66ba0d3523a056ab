// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A non-owning tensor whose rank and element type are known at run time only.
/// Area: core. The border where tensor_view's types are erased once.

#include <slimming/core/config.hpp>       // index_t
#include <slimming/core/dtype.hpp>        // dtype
#include <slimming/core/error.hpp>        // unsupported
#include <slimming/core/tensor_view.hpp>  // tensor_view

#include <array>    // std::array
#include <cstddef>  // std::byte
#include <span>     // std::span

namespace slimming::inline v0 {

/// Pointer, element type, extents and strides (in elements) of a host-memory tensor.
struct array_ref {
  static constexpr std::size_t max_rank = 8;

  std::byte* data = nullptr;
  dtype type = dtype::float32;
  std::size_t rank = 0;
  std::array<index_t, max_rank> extent{};
  std::array<index_t, max_rank> stride{};
  bool read_only = false;

  array_ref() = default;

  template <class T, std::size_t Rank>
  array_ref(tensor_view<T, Rank> v)  // implicit on purpose: a view loses nothing here
      : data(reinterpret_cast<std::byte*>(const_cast<std::remove_const_t<T>*>(v.data()))),
        type(dtype_of<std::remove_const_t<T>>()),
        rank(Rank),
        read_only(std::is_const_v<T>) {
    for (std::size_t axis = 0; axis < Rank; ++axis) {
      extent[axis] = v.extent(axis);
      stride[axis] = v.stride(axis);
    }
  }

  /// Contiguous row-major memory of run-time shape.
  array_ref(void* memory, dtype element, std::span<const index_t> shape)
      : data(static_cast<std::byte*>(memory)), type(element), rank(shape.size()) {
    if (rank > max_rank)
      throw unsupported("array_ref", "rank " + std::to_string(rank) + " exceeds 8");
    index_t s = 1;
    for (std::size_t axis = rank; axis-- > 0;) {
      extent[axis] = shape[axis];
      stride[axis] = s;
      s *= shape[axis];
    }
  }

  [[nodiscard]] std::span<const index_t> extents() const noexcept { return {extent.data(), rank}; }
  [[nodiscard]] index_t size() const noexcept {
    index_t n = 1;
    for (std::size_t axis = 0; axis < rank; ++axis) n *= extent[axis];
    return n;
  }
  [[nodiscard]] bool is_contiguous() const noexcept {
    index_t s = 1;
    for (std::size_t axis = rank; axis-- > 0;) {
      if (extent[axis] != 1 && stride[axis] != s) return false;
      s *= extent[axis];
    }
    return true;
  }
};

}  // namespace slimming::inline v0
