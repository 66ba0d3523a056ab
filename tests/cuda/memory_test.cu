// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/cuda/memory.cuh>  // device_buffer

#include <numeric>  // std::iota
#include <string>   // std::string
#include <utility>  // std::move
#include <vector>   // std::vector

#include "tests/support/catch.hpp"

using namespace slimming;
namespace gpu = slimming::cuda;  // CCCL has a ::cuda of its own

TEST_CASE("what goes to the device comes back", "[cuda.memory]") {
  const gpu::stream stream;
  std::vector<double> numbers(1001);
  std::iota(numbers.begin(), numbers.end(), 0.5);
  auto first = gpu::to_device(stream, numbers);
  const gpu::device_buffer<double> second = std::move(first);
  REQUIRE(first.data() == nullptr);
  REQUIRE(gpu::to_host(stream, second) == numbers);
}

TEST_CASE("copies of the wrong size are refused", "[cuda.memory]") {
  const gpu::stream stream;
  const gpu::device_buffer<int> three(3);
  std::vector<int> two(2);
  REQUIRE_THROWS_AS(gpu::copy_to_device<int>(stream, two, three), shape_mismatch);
  REQUIRE_THROWS_AS(gpu::copy_to_host<int>(stream, three, two), shape_mismatch);
  REQUIRE_THROWS_AS(gpu::device_buffer<int>(-1), bad_value);
}

TEST_CASE("more memory than there is gives out_of_memory and leaves the device usable",
          "[cuda.memory]") {
  try {
    const gpu::device_buffer<char> all(index_t{1} << 46);
    FAIL("64 TiB were allocated");
  } catch (const cuda_error& e) {
    REQUIRE(e.code() == "out_of_memory");
    REQUIRE(e.place().find(std::to_string(index_t{1} << 46)) != std::string::npos);
  }
  const gpu::stream stream;
  REQUIRE(gpu::to_host(stream, gpu::to_device(stream, std::vector<int>{7})) == std::vector<int>{7});
}
