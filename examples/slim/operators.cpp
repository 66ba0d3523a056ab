// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

#include "operators.hpp"

#include <slimming/ops/builtin.hpp>  // builtin_ops

namespace slim {

const slimming::op_registry& operators() { return slimming::builtin_ops(); }

}  // namespace slim
