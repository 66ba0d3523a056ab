// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// <slimming/exec/cpu_executor.hpp> for tests of something else: its kernels are compiled once for all.

#include <slimming/exec/cpu_device.hpp>  // cpu_device
#include <slimming/exec/executor.hpp>    // executor

namespace slimming::inline v0 {
using cpu_executor = executor<cpu_device>;
}  // namespace slimming::inline v0
