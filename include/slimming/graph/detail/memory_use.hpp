// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Which bytes an array lies in, for whoever looks for arrays that share memory.
/// Area: graph.

#include <slimming/core/array_ref.hpp>        // array_ref
#include <slimming/core/config.hpp>           // index_t
#include <slimming/core/detail/ordering.hpp>  // sort
#include <slimming/core/dtype.hpp>            // size_of

#include <cstddef>  // std::size_t
#include <cstdint>  // std::uintptr_t
#include <vector>   // std::vector

namespace slimming::inline v0::detail {

/// From the first byte of an array to behind its last one; empty if the array is.
struct memory_use {
  std::uintptr_t first = 0;
  std::uintptr_t end = 0;
  std::size_t parameter = 0;  ///< the user's number for it
  bool is_written = false;
  bool has_gaps = false;

  memory_use(const array_ref& a, std::size_t parameter_number, bool written)
      : first(reinterpret_cast<std::uintptr_t>(a.data)),
        end(first),
        parameter(parameter_number),
        is_written(written) {
    if (a.size() == 0) return;
    index_t low = 0;
    index_t high = 0;
    for (std::size_t axis = 0; axis < a.rank; ++axis) {
      const index_t reach = (a.extent[axis] - 1) * a.stride[axis];
      (reach < 0 ? low : high) += reach;
    }
    const auto size = static_cast<index_t>(size_of(a.type));
    first += static_cast<std::uintptr_t>(low * size);
    end += static_cast<std::uintptr_t>((high + 1) * size);
    has_gaps = high - low + 1 != a.size();
  }
};

inline void sort_by_address(std::vector<memory_use>& uses) {
  sort(uses, [](const memory_use& a, const memory_use& b) {
    return a.first != b.first ? a.first < b.first : a.parameter < b.parameter;
  });
}

}  // namespace slimming::inline v0::detail
