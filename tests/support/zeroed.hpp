// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The masked network as somebody would write it who has the plan file and the ONNX specification, and
/// has never seen a channel graph: an oracle that shares no code with the library's masking.

#include <slimming/model/model.hpp>  // model
#include <slimming/plan/record.hpp>  // plan_record

namespace slimming::testing {

/// \p net with what makes the removed channels set to zero: kernel rows, biases, scales, shifts.
/// With \p readers, what reads them too: for networks in which a removed channel is left holding a
/// constant, as behind a sigmoid.
[[nodiscard]] model zeroed(const model& net, const plan_record& plan, bool readers);

}  // namespace slimming::testing
