// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/cuda/lowerings.cuh>  // device::lowerings

#include "tests/cuda/device_under_test.hpp"

namespace slimming::inline v0::cuda {

using testing::device_under_test;

template const exec::lowering_table<device_under_test<float>>&
device_under_test<float>::lowerings();
template const exec::lowering_table<device_under_test<bfloat16>>&
device_under_test<bfloat16>::lowerings();

}  // namespace slimming::inline v0::cuda
