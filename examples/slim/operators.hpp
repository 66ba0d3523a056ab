// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The operators that the program knows, compiled once.

#include <slimming/model/op_registry.hpp>  // op_registry

namespace slim {

[[nodiscard]] const slimming::op_registry& operators();

}  // namespace slim
