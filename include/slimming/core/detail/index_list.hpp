// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The entries of a list of channel numbers, whatever integers its owner holds them in.
/// Area: core.

#include <slimming/core/array_ref.hpp>  // array_ref
#include <slimming/core/config.hpp>     // index_t
#include <slimming/core/dtype.hpp>      // visit_dtype
#include <slimming/core/error.hpp>      // shape_mismatch, unsupported

#include <concepts>     // std::integral
#include <string>       // std::string
#include <string_view>  // std::string_view

namespace slimming::inline v0::detail {

/// \throws shape_mismatch, unsupported  unless \p list has rank 1 and holds integers.
inline void require_index_list(const array_ref& list, std::string_view place) {
  if (list.rank != 1)
    throw shape_mismatch(std::string(place) + ": rank of an index list", 1,
                         static_cast<index_t>(list.rank));
  if (is_floating(list.type) || list.type == dtype::boolean)
    throw unsupported(place,
                      "an index list holds integers, not " + std::string(name_of(list.type)));
}

/// \pre require_index_list(list), 0 <= k < list.extent[0]
[[nodiscard]] inline index_t index_at(const array_ref& list, index_t k) {
  return visit_dtype(list.type, [&]<class T>() -> index_t {
    if constexpr (std::integral<T>)
      return static_cast<index_t>(reinterpret_cast<const T*>(list.data)[k * list.stride[0]]);
    else
      return -1;
  });
}
inline void set_index_at(const array_ref& list, index_t k, index_t index) {
  visit_dtype(list.type, [&]<class T>() {
    if constexpr (std::integral<T>)
      reinterpret_cast<T*>(list.data)[k * list.stride[0]] = static_cast<T>(index);
  });
}

}  // namespace slimming::inline v0::detail
