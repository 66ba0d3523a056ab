// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Stable sorting of numbered keys on the device.
/// Area: cuda. A border to CUB: nothing else of the library names it.

#include <slimming/cuda/error.cuh>   // check
#include <slimming/cuda/stream.cuh>  // stream_ref

#include <cub/device/device_radix_sort.cuh>  // cub::DeviceRadixSort

#include <cstdint>  // std::uint32_t

namespace slimming::inline v0::cuda {

/// Bytes of scratch that stable_sort_by_key() needs for \p n keys.
[[nodiscard]] inline std::size_t sort_scratch_bytes(int n) {
  std::size_t bytes = 0;
  const std::uint32_t* keys = nullptr;
  const int* values = nullptr;
  check(cub::DeviceRadixSort::SortPairs(nullptr, bytes, keys, static_cast<std::uint32_t*>(nullptr),
                                        values, static_cast<int*>(nullptr), n),
        "sort_scratch_bytes");
  return bytes;
}

/// Sorts \p n keys ascending, with their values; equal keys keep their order. All pointers, also
/// that of the scratch, are to device memory, and none overlaps another.
inline void stable_sort_by_key(stream_ref stream, const std::uint32_t* keys,
                               std::uint32_t* sorted_keys, const int* values, int* sorted_values,
                               int n, void* scratch, std::size_t scratch_bytes) {
  check(cub::DeviceRadixSort::SortPairs(scratch, scratch_bytes, keys, sorted_keys, values,
                                        sorted_values, n, 0, 32, stream.get()),
        "stable_sort_by_key");
}

}  // namespace slimming::inline v0::cuda
