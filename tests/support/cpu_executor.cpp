// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

#include <slimming/exec/cpu_executor.hpp>  // cpu_device::lowerings

namespace slimming::inline v0 {
template const exec::lowering_table<cpu_device>& cpu_device::lowerings();
}  // namespace slimming::inline v0
