// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A parameter whose owner has lost its memory is declined before anybody reads it.
/// Area: plan.

#include <slimming/core/error.hpp>       // bad_value
#include <slimming/graph/parameter.hpp>  // parameter

namespace slimming::inline v0::detail {

inline void require_memory(const parameter& p) {
  if (p.array.data == nullptr && p.array.size() > 0)
    throw bad_value(p.name, "has " + std::to_string(p.array.size()) +
                                " elements and no memory (was its owner moved from?)");
}

}  // namespace slimming::inline v0::detail
