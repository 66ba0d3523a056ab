// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/core/random.hpp>  // random_stream
#include <slimming/cuda/memory.cuh>  // device_buffer
#include <slimming/cuda/sort.cuh>    // stable_sort_by_key

#include <algorithm>  // std::stable_sort
#include <numeric>    // std::iota
#include <vector>     // std::vector

#include "tests/support/catch.hpp"

using namespace slimming;
namespace gpu = slimming::cuda;  // CCCL has a ::cuda of its own

TEST_CASE("equal keys keep their order", "[cuda.sort]") {
  const gpu::stream stream;
  random_stream random{1};
  for (const int n : {1, 100, 5504, 200000}) {
    std::vector<std::uint32_t> keys(static_cast<std::size_t>(n));
    for (auto& k : keys) k = static_cast<std::uint32_t>(random.below(50)) << 24;
    std::vector<int> values(keys.size());
    std::iota(values.begin(), values.end(), 0);
    const auto device_keys = gpu::to_device(stream, keys);
    const auto device_values = gpu::to_device(stream, values);
    const gpu::device_buffer<std::uint32_t> sorted_keys(n);
    const gpu::device_buffer<int> sorted_values(n);
    const std::size_t bytes = gpu::sort_scratch_bytes(n);
    const gpu::device_buffer<char> scratch(static_cast<index_t>(bytes));
    gpu::stable_sort_by_key(stream, device_keys.data(), sorted_keys.data(), device_values.data(),
                            sorted_values.data(), n, scratch.data(), bytes);
    std::stable_sort(values.begin(), values.end(), [&](int a, int b) {
      return keys[static_cast<std::size_t>(a)] < keys[static_cast<std::size_t>(b)];
    });
    REQUIRE(gpu::to_host(stream, sorted_values) == values);
  }
}
