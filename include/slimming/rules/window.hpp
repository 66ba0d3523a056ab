// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// How convolutions and pools move over the spatial axes, and the extents that they leave.
/// Area: rules.

#include <slimming/core/config.hpp>  // index_t
#include <slimming/core/error.hpp>   // bad_value, shape_mismatch

#include <cstddef>  // std::size_t
#include <span>     // std::span
#include <string>   // std::string
#include <vector>   // std::vector

namespace slimming::inline v0::rules {

/// One entry per spatial axis; a single entry holds for all axes, no entry stands for the default.
struct window {
  std::vector<index_t> stride = {};     ///< default 1
  std::vector<index_t> dilation = {};   ///< default 1
  std::vector<index_t> pad_begin = {};  ///< default 0
  std::vector<index_t> pad_end = {};    ///< default: as pad_begin
  bool round_up = false;                ///< pools: a last window may reach past the padding
};

namespace detail {

/// Entry \p axis of a list that may be short. \throws shape_mismatch  naming \p place and \p what if it
/// is neither 0, 1 nor \p rank entries long.
inline index_t entry(const std::vector<index_t>& list, std::size_t axis, std::size_t rank,
                     index_t otherwise, const std::string& place, const char* what) {
  if (list.empty()) return otherwise;
  if (list.size() == 1) return list[0];
  if (list.size() != rank)
    throw shape_mismatch(place + ": " + what + ": entries of a window list",
                         static_cast<index_t>(rank), static_cast<index_t>(list.size()));
  return list[axis];
}

/// A window's numbers along one axis.
struct step {
  index_t stride, dilation, before, after;

  [[nodiscard]] index_t reach(index_t kernel) const noexcept { return dilation * (kernel - 1) + 1; }
};

inline step along(const window& w, std::size_t axis, std::size_t rank, const std::string& place) {
  const index_t before = entry(w.pad_begin, axis, rank, 0, place, "pad_begin");
  const step s{entry(w.stride, axis, rank, 1, place, "stride"),
               entry(w.dilation, axis, rank, 1, place, "dilation"), before,
               entry(w.pad_end, axis, rank, before, place, "pad_end")};
  if (s.stride < 1) throw bad_value(place + ": stride", s.stride);
  if (s.dilation < 1) throw bad_value(place + ": dilation", s.dilation);
  return s;
}

inline void require_spatial_rank(std::size_t kernel, std::size_t map, const std::string& place) {
  if (kernel != map)
    throw shape_mismatch(place + ": spatial axes", static_cast<index_t>(kernel),
                         static_cast<index_t>(map));
}

inline index_t require_positive(index_t extent, const std::string& place) {
  if (extent < 1) throw bad_value(place + ": spatial extent of the output", extent);
  return extent;
}

}  // namespace detail

/// Extents that are left of \p in after a convolution or pool with \p kernel.
/// \throws shape_mismatch  if the ranks differ.
/// \throws bad_value       if the kernel does not fit.
[[nodiscard]] inline std::vector<index_t> slide(const window& w, std::span<const index_t> kernel,
                                                std::span<const index_t> in,
                                                const std::string& place) {
  detail::require_spatial_rank(kernel.size(), in.size(), place);
  std::vector<index_t> out(in.size());
  for (std::size_t axis = 0; axis < in.size(); ++axis) {
    const auto s = detail::along(w, axis, in.size(), place);
    const index_t room = in[axis] + s.before + s.after - s.reach(kernel[axis]);
    index_t n = room < 0 ? 0 : (room + (w.round_up ? s.stride - 1 : 0)) / s.stride + 1;
    // A window that would start behind the last input element and its left padding is dropped.
    if (w.round_up && (n - 1) * s.stride >= in[axis] + s.before) --n;
    out[axis] = detail::require_positive(n, place);
  }
  return out;
}

/// Extents that a transposed convolution makes of \p in.
[[nodiscard]] inline std::vector<index_t> spread(const window& w,
                                                 const std::vector<index_t>& output_pad,
                                                 std::span<const index_t> kernel,
                                                 std::span<const index_t> in,
                                                 const std::string& place) {
  detail::require_spatial_rank(kernel.size(), in.size(), place);
  std::vector<index_t> out(in.size());
  for (std::size_t axis = 0; axis < in.size(); ++axis) {
    const auto s = detail::along(w, axis, in.size(), place);
    const index_t extra = detail::entry(output_pad, axis, in.size(), 0, place, "output_pad");
    out[axis] = detail::require_positive(
        (in[axis] - 1) * s.stride + s.reach(kernel[axis]) + extra - s.before - s.after, place);
  }
  return out;
}

}  // namespace slimming::inline v0::rules
