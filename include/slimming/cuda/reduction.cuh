// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The scratch that reductions over whole activations need.
/// Area: cuda.

#include <slimming/core/config.hpp>                // index_t
#include <slimming/cuda/detail/channel_tiles.cuh>  // most_reducing_blocks, most_columns

namespace slimming::inline v0::cuda {

/// Partial sums and the counters that find the last block, in device memory. The counters are zero
/// before the first use, and every use leaves them zero. One workspace serves all calls on a
/// stream, whatever their shapes.
struct reduction_workspace {
  static constexpr index_t partial_size =
      index_t{detail::most_reducing_blocks} * detail::most_columns * channel_block * 2;
  static constexpr index_t counters_size = detail::most_reducing_blocks;

  float* partial = nullptr;
  unsigned* counters = nullptr;
};

}  // namespace slimming::inline v0::cuda
