// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The executor's device in a test: the emulation for the host compiler, CUDA for nvcc.
/// Area: tests. The lowerings are instantiated once for all tests, in lowerings_instance.cpp and
/// executor_test.cu.

#include <slimming/cuda/device.cuh>  // device

#if defined(__CUDACC__)

#include <slimming/cuda/platform.cuh>  // cuda_platform

namespace slimming::testing {
using platform_under_test = cuda::cuda_platform;
inline cuda::cuda_options one_device() { return {}; }
}

#else

#include "tests/support/cuda_platform.hpp"

namespace slimming::testing {
using platform_under_test = emulation::platform;
/// Options of platforms that reach each other's memory, as those of one device do.
inline emulation::platform::options_type one_device() {
  return {.all = std::make_shared<emulation::memory>()};
}
}

#endif

namespace slimming::testing {

template <class T>
using device_under_test = cuda::device<T, platform_under_test>;

}  // namespace slimming::testing
