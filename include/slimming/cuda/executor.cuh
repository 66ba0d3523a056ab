// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The executor on a CUDA device.
/// Area: cuda.

#include <slimming/core/dtype.hpp>      // bfloat16
#include <slimming/cuda/batches.cuh>    // batch_feed
#include <slimming/cuda/device.cuh>     // device
#include <slimming/cuda/lowerings.cuh>  // device::lowerings
#include <slimming/cuda/platform.cuh>   // cuda_platform
#include <slimming/exec/executor.hpp>   // executor

namespace slimming::inline v0 {

/// A CUDA device of the executor. \p T is the type of the values between layers: float, or bfloat16
/// with fp32 master parameters.
template <class T = float>
using cuda_device = cuda::device<T, cuda::cuda_platform>;

template <class T = float>
using cuda_executor = executor<cuda_device<T>>;

}  // namespace slimming::inline v0
