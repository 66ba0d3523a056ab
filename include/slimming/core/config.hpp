// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What every header needs: the index type and the one macro that marks host/device functions.
/// Area: core.

#include <cstddef>  // std::size_t
#include <cstdint>  // std::int64_t

#if defined(__CUDACC__)
#define SLIMMING_HOST_DEVICE __host__ __device__
#else
#define SLIMMING_HOST_DEVICE
#endif

namespace slimming::inline v0 {

/// Signed type of every extent, stride and channel index.
using index_t = std::int64_t;

}  // namespace slimming::inline v0
