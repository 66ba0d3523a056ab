// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// An array whose owner has lost its memory is declined before anybody reads it.
/// Area: plan.

#include <slimming/core/array_ref.hpp>   // array_ref
#include <slimming/core/error.hpp>       // bad_value
#include <slimming/graph/parameter.hpp>  // parameter

#include <string>       // std::to_string
#include <string_view>  // std::string_view

namespace slimming::inline v0::detail {

inline void require_memory(const array_ref& array, std::string_view place) {
  if (array.data == nullptr && array.size() > 0)
    throw bad_value(place, "has " + std::to_string(array.size()) +
                               " elements and no memory (was its owner moved from?)");
}
inline void require_memory(const parameter& p) { require_memory(p.array, p.name); }

}  // namespace slimming::inline v0::detail
