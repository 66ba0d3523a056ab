// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// How a value of a network lies in the memory of a device.
/// Area: exec.
///
/// Files speak row-major (N, C, H, W); every device works channels last. A value of four axes is
/// stored as (N, H, W, stride) and one of two axes as (N, stride), where the stride is the number
/// of channels, rounded up as the device wants it, with zeros behind the last channel. Values of
/// any other rank are stored as they are. Values that are the first channels of a larger one may
/// lie in it: their stride is then that of the larger one.

#include <slimming/core/config.hpp>  // index_t
#include <slimming/core/tensor.hpp>  // shape, element_count

#include <algorithm>  // std::copy_n, std::fill_n, std::max
#include <utility>    // std::move

namespace slimming::inline v0::exec {

/// Extents of a value in the file's terms and its place in memory.
struct value_layout {
  shape extents;               ///< (N, C, H, W), (N, C) or anything else
  bool channels_last = false;  ///< four or two axes
  index_t batch = 1, channels = 1, height = 1, width = 1;  ///< where channels_last
  index_t stride = 1;                                      ///< floats per pixel where channels_last

  value_layout() = default;
  /// \p stride_of(channels) is the device's rounding, \p room the channels of the larger value.
  template <class StrideOf>
  value_layout(shape e, const StrideOf& stride_of, index_t room = 0) : extents(std::move(e)) {
    channels_last = extents.size() == 4 || extents.size() == 2;
    if (!channels_last) return;
    batch = extents[0];
    channels = extents[1];
    if (extents.size() == 4) {
      height = extents[2];
      width = extents[3];
    }
    stride = stride_of(std::max(channels, room));
  }

  [[nodiscard]] index_t pixels() const noexcept { return batch * height * width; }
  /// Elements in the file's terms.
  [[nodiscard]] index_t elements() const { return element_count(extents); }
  /// Floats in the device's memory.
  [[nodiscard]] index_t floats() const { return channels_last ? pixels() * stride : elements(); }

  friend bool operator==(const value_layout&, const value_layout&) = default;
};

/// Host memory in the file's order to host memory in the device's order.
inline void to_device_order(const value_layout& v, const float* from, float* to) {
  if (!v.channels_last) {
    std::copy_n(from, v.elements(), to);
    return;
  }
  const index_t area = v.height * v.width;
  for (index_t n = 0; n < v.batch; ++n)
    for (index_t p = 0; p < area; ++p, to += v.stride) {
      for (index_t c = 0; c < v.channels; ++c) to[c] = from[(n * v.channels + c) * area + p];
      std::fill_n(to + v.channels, v.stride - v.channels, 0.0f);
    }
}

/// And back.
inline void to_file_order(const value_layout& v, const float* from, float* to) {
  if (!v.channels_last) {
    std::copy_n(from, v.elements(), to);
    return;
  }
  const index_t area = v.height * v.width;
  for (index_t n = 0; n < v.batch; ++n)
    for (index_t p = 0; p < area; ++p, from += v.stride)
      for (index_t c = 0; c < v.channels; ++c) to[(n * v.channels + c) * area + p] = from[c];
}

}  // namespace slimming::inline v0::exec
