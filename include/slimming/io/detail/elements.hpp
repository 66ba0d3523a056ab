// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// From the bytes of a file to the elements of a tensor: byte order, booleans, sizes, strides.
/// Area: io, internal.

#include <slimming/core/config.hpp>  // index_t
#include <slimming/core/dtype.hpp>   // dtype, size_of
#include <slimming/core/tensor.hpp>  // any_tensor, shape

#include <algorithm>  // std::reverse
#include <bit>        // std::endian
#include <cstddef>    // std::byte
#include <cstdint>    // std::uint64_t
#include <cstring>    // std::memcpy
#include <limits>     // std::numeric_limits
#include <optional>   // std::optional
#include <span>       // std::span

namespace slimming::inline v0::io::detail {

/// No format's own tools write more axes than this (NumPy's limit).
inline constexpr std::size_t most_axes = 64;

/// Bytes of a tensor; nothing for a negative extent or a size beyond 63 bits.
[[nodiscard]] inline std::optional<std::uint64_t> byte_count(dtype type,
                                                             std::span<const index_t> extents) {
  const std::uint64_t most = std::numeric_limits<index_t>::max();
  std::uint64_t n = size_of(type);
  bool empty = false;
  for (const index_t e : extents) {
    if (e < 0) return std::nullopt;
    if (e == 0) {
      empty = true;
      continue;
    }
    if (n > most / static_cast<std::uint64_t>(e)) return std::nullopt;
    n *= static_cast<std::uint64_t>(e);
  }
  return empty ? 0 : n;
}

/// Puts elements that were stored in \p order into the machine's order, and any boolean that is not
/// zero to one: other bit patterns of bool are undefined behaviour in C++.
inline void to_native(dtype type, std::span<std::byte> elements, std::endian order) {
  const std::size_t width = size_of(type);
  if (type == dtype::boolean)
    for (std::byte& b : elements) b = std::byte{b != std::byte{0}};
  if (order == std::endian::native || width == 1) return;
  for (std::size_t at = 0; at + width <= elements.size(); at += width)
    std::reverse(elements.begin() + static_cast<std::ptrdiff_t>(at),
                 elements.begin() + static_cast<std::ptrdiff_t>(at + width));
}

/// A contiguous tensor from exactly its bytes.
/// \pre `stored.size()` is `byte_count(type, extents)`.
[[nodiscard]] inline any_tensor contiguous_tensor(dtype type, shape extents,
                                                  std::span<const std::byte> stored,
                                                  std::endian order) {
  any_tensor result(type, std::move(extents));
  if (!stored.empty()) std::memcpy(result.bytes().data(), stored.data(), stored.size());
  to_native(type, result.bytes(), order);
  return result;
}

/// Offset of the last element that a strided view touches, in elements; nothing if it overflows
/// or a stride is negative. \pre no extent is zero or negative.
[[nodiscard]] inline std::optional<std::uint64_t> last_offset(std::uint64_t offset,
                                                              std::span<const index_t> extents,
                                                              std::span<const index_t> strides) {
  const std::uint64_t most = std::numeric_limits<index_t>::max();
  if (offset > most) return std::nullopt;
  for (std::size_t axis = 0; axis < extents.size(); ++axis) {
    if (strides[axis] < 0) return std::nullopt;
    const auto steps = static_cast<std::uint64_t>(extents[axis] - 1);
    const auto stride = static_cast<std::uint64_t>(strides[axis]);
    if (stride != 0 && steps > (most - offset) / stride) return std::nullopt;
    offset += steps * stride;
  }
  return offset;
}

/// A contiguous copy of a strided view into a storage.
/// \pre every element lies in \p storage (see last_offset).
[[nodiscard]] inline any_tensor gathered_tensor(dtype type, shape extents,
                                                std::span<const index_t> strides,
                                                std::span<const std::byte> storage,
                                                std::uint64_t offset, std::endian order) {
  any_tensor result(type, std::move(extents));
  const shape& size = result.extents();
  const std::size_t width = size_of(type);
  std::byte* out = result.bytes().data();
  const std::byte* in = storage.data() + offset * width;
  shape at(size.size(), 0);
  for (index_t left = result.size(); left > 0; --left, out += width) {
    index_t step = 0;
    for (std::size_t axis = 0; axis < at.size(); ++axis) step += at[axis] * strides[axis];
    std::memcpy(out, in + static_cast<std::size_t>(step) * width, width);
    for (std::size_t axis = at.size(); axis-- > 0;) {
      if (++at[axis] < size[axis]) break;
      at[axis] = 0;
    }
  }
  to_native(type, result.bytes(), order);
  return result;
}

}  // namespace slimming::inline v0::io::detail
