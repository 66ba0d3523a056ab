// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/cuda/error.cuh>  // cuda_error, check

#include <string>  // std::string

#include "tests/support/catch.hpp"

using namespace slimming;
namespace gpu = slimming::cuda;  // CCCL has a ::cuda of its own

TEST_CASE("the code word says what a caller can do about a failure", "[cuda.error]") {
  const auto code = [](cudaError_t status) { return cuda_error("here", status).code(); };
  REQUIRE(code(cudaErrorInsufficientDriver) == "no_driver");
  REQUIRE(code(cudaErrorNoDevice) == "no_device");
  REQUIRE(code(cudaErrorNoKernelImageForDevice) == "wrong_architecture");
  REQUIRE(code(cudaErrorMemoryAllocation) == "out_of_memory");
  REQUIRE(code(cudaErrorIllegalAddress) == "device_fault");
  REQUIRE(code(cudaErrorInvalidValue) == "cuda_failure");
}

TEST_CASE("a failure names the place, the runtime's error and its meaning", "[cuda.error]") {
  const cuda_error e("weights", cudaErrorMemoryAllocation);
  REQUIRE(std::string(e.what()) ==
          "slimming: out_of_memory: weights: cudaErrorMemoryAllocation: out of memory");
  REQUIRE(e.status() == cudaErrorMemoryAllocation);
  REQUIRE_NOTHROW(gpu::check(cudaSuccess, "nothing"));
  REQUIRE_THROWS_AS(gpu::check(cudaErrorInvalidValue, "copy"), error);
}

TEST_CASE("a machine without a driver or device says so", "[cuda.error]") {
  int devices = 0;
  try {
    gpu::check(cudaGetDeviceCount(&devices), "device_count");
    REQUIRE(devices > 0);
  } catch (const cuda_error& e) {
    REQUIRE((e.code() == "no_driver" || e.code() == "no_device"));
    REQUIRE(e.place() == "device_count");
  }
}
