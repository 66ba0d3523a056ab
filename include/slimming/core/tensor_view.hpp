// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Non-owning strided views of compile-time rank over memory that belongs to the host.
/// Area: core. Usable in device code.

#include <slimming/core/config.hpp>  // SLIMMING_HOST_DEVICE, index_t

#include <cassert>      // assert
#include <concepts>     // std::convertible_to
#include <span>         // std::span
#include <type_traits>  // std::remove_const_t

namespace slimming::inline v0 {

/// A view of \p Rank axes over elements of type \p T. Never owns; copies are shallow.
///
/// `tensor_view<const T, Rank>` reads only; a view converts to it implicitly.
/// \invariant every extent is >= 0; strides are in elements and may be any sign.
template <class T, std::size_t Rank>
class tensor_view {
  static_assert(Rank >= 1 && Rank <= 8, "slimming: tensor_view has between 1 and 8 axes");

 public:
  using element_type = T;
  using value_type = std::remove_const_t<T>;

  [[nodiscard]] SLIMMING_HOST_DEVICE static constexpr std::size_t rank() noexcept { return Rank; }

  constexpr tensor_view() = default;

  /// Contiguous, row-major.
  template <std::convertible_to<index_t>... Extents>
  requires(sizeof...(Extents) == Rank) SLIMMING_HOST_DEVICE
      constexpr explicit tensor_view(T* data, Extents... extents) noexcept
      : data_(data), extents_{static_cast<index_t>(extents)...} {
    index_t stride = 1;
    for (std::size_t axis = Rank; axis-- > 0;) {
      strides_[axis] = stride;
      stride *= extents_[axis];
    }
  }

  /// Any strides, in elements.
  SLIMMING_HOST_DEVICE constexpr tensor_view(T* data, const index_t (&extents)[Rank],
                                             const index_t (&strides)[Rank]) noexcept
      : data_(data) {
    for (std::size_t axis = 0; axis < Rank; ++axis) {
      extents_[axis] = extents[axis];
      strides_[axis] = strides[axis];
    }
  }

  /// Const-adding conversion.
  template <class U>
  requires(std::same_as<const U, T> && !std::same_as<U, T>) SLIMMING_HOST_DEVICE
      constexpr tensor_view(const tensor_view<U, Rank>& other) noexcept
      : data_(other.data()) {
    for (std::size_t axis = 0; axis < Rank; ++axis) {
      extents_[axis] = other.extent(axis);
      strides_[axis] = other.stride(axis);
    }
  }

  [[nodiscard]] SLIMMING_HOST_DEVICE constexpr T* data() const noexcept { return data_; }
  [[nodiscard]] SLIMMING_HOST_DEVICE constexpr index_t extent(std::size_t axis) const noexcept {
    return extents_[axis];
  }
  [[nodiscard]] SLIMMING_HOST_DEVICE constexpr index_t stride(std::size_t axis) const noexcept {
    return strides_[axis];
  }
  [[nodiscard]] constexpr std::span<const index_t, Rank> extents() const noexcept {
    return std::span<const index_t, Rank>(extents_);
  }
  [[nodiscard]] constexpr std::span<const index_t, Rank> strides() const noexcept {
    return std::span<const index_t, Rank>(strides_);
  }

  /// Number of elements.
  [[nodiscard]] SLIMMING_HOST_DEVICE constexpr index_t size() const noexcept {
    index_t n = 1;
    for (std::size_t axis = 0; axis < Rank; ++axis) n *= extents_[axis];
    return n;
  }

  /// Row-major without gaps: element k of the flattened tensor lies at `data() + k`.
  [[nodiscard]] SLIMMING_HOST_DEVICE constexpr bool is_contiguous() const noexcept {
    index_t stride = 1;
    for (std::size_t axis = Rank; axis-- > 0;) {
      if (extents_[axis] != 1 && strides_[axis] != stride) return false;
      stride *= extents_[axis];
    }
    return true;
  }

  template <std::convertible_to<index_t>... Indices>
  requires(sizeof...(Indices) == Rank) [[nodiscard]] SLIMMING_HOST_DEVICE constexpr T& operator()(
      Indices... indices) const noexcept {
    const index_t at[] = {static_cast<index_t>(indices)...};
    index_t offset = 0;
    for (std::size_t axis = 0; axis < Rank; ++axis) {
      assert(at[axis] >= 0 && at[axis] < extents_[axis]);
      offset += at[axis] * strides_[axis];
    }
    return data_[offset];
  }

 private:
  T* data_ = nullptr;
  index_t extents_[Rank] = {};
  index_t strides_[Rank] = {};
};

/// Makes a contiguous row-major view: `view(p, 8, 3, 3, 3)` is a `tensor_view<T, 4>`.
template <class T, std::convertible_to<index_t>... Extents>
[[nodiscard]] SLIMMING_HOST_DEVICE constexpr auto view(T* data, Extents... extents) noexcept {
  return tensor_view<T, sizeof...(Extents)>(data, extents...);
}

/// A rank-1 view of a span.
template <class T, std::size_t N>
[[nodiscard]] constexpr auto view(std::span<T, N> span) noexcept {
  return tensor_view<T, 1>(span.data(), static_cast<index_t>(span.size()));
}

namespace detail {

template <class V>
inline constexpr bool is_tensor_view = false;
template <class T, std::size_t Rank>
inline constexpr bool is_tensor_view<tensor_view<T, Rank>> = true;

}  // namespace detail

/// Any tensor_view of \p Rank axes.
template <class V, std::size_t Rank>
concept view_of_rank = detail::is_tensor_view<V> && V::rank()
== Rank;

/// A rank-1 view.
template <class V>
concept vector_view = view_of_rank<V, 1>;

template <class V>
concept writable_view = detail::is_tensor_view<V> && !std::is_const_v<typename V::element_type>;

template <class A, class B>
concept same_scalar = std::same_as<typename A::value_type, typename B::value_type>;

}  // namespace slimming::inline v0
