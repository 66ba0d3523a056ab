// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The built-in operators, with a Conv whose evaluation is a matrix product in double: whole published
/// networks are evaluated here, and the oracle's plain loops would take hours.

#include <slimming/model/op_registry.hpp>  // op_registry

namespace slimming::zoo {

[[nodiscard]] const op_registry& operators();

}  // namespace slimming::zoo
