// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/cuda/device.cuh>    // platform
#include <slimming/cuda/platform.cuh>  // cuda_platform

#include <vector>  // std::vector

#include "tests/support/catch.hpp"

using namespace slimming;
namespace gpu = slimming::cuda;  // CCCL has a ::cuda of its own

TEST_CASE("CUDA is a platform: memory is zeroed and copies are in order", "[cuda.platform]") {
  STATIC_REQUIRE(gpu::platform<gpu::cuda_platform>);
  gpu::cuda_platform p;
  const auto a = p.allocate(40);
  const auto b = p.allocate(40);
  std::vector<int> numbers(10, 7);
  p.upload(numbers.data(), a.data(), 40);
  p.copy(a.data(), b.data(), 20);
  p.download(b.data(), numbers.data(), 40);
  REQUIRE(numbers == std::vector<int>{7, 7, 7, 7, 7, 0, 0, 0, 0, 0});
  gpu::cuda_platform moved = std::move(p);
  moved.clear(b.data(), 8);
  moved.download(b.data(), numbers.data(), 12);
  REQUIRE(numbers[1] == 0);
  REQUIRE(numbers[2] == 7);
}

TEST_CASE("a device that is not there is refused", "[cuda.platform]") {
  try {
    gpu::cuda_platform p({.device = 1000});
    FAIL("device 1000 was accepted");
  } catch (const cuda_error& e) {
    REQUIRE(e.code() == "no_device");
  }
}
