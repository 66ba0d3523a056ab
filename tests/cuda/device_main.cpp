// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
//
// The program that runs the device tests; without a device it says why and returns 77, "skipped".
#include <slimming/cuda/error.cuh>  // cuda_error

#include <iostream>  // std::cout

#include "tests/support/session.hpp"

int main(int argc, char** argv) {
  try {
    int devices = 0;
    slimming::cuda::check(cudaGetDeviceCount(&devices), "device tests");
  } catch (const slimming::cuda_error& e) {
    std::cout << "skipped: " << e.what() << '\n';
    return 77;
  }
  return slimming::testing::run_session(argc, argv);
}
