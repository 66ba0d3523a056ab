// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
//
// build/bin/bench_cuda [--kernels] [--training] [--nondeterministic] [--json FILE]
// Kernels as shares of the measured copy bandwidth, and training steps of VGG-19 in images per
// second.
// Without a selection both parts run. benchmarks/cuda/torch_cuda.py measures PyTorch's side. FILE is
// whole after every row. Exit code: 77 where there is no device, 1 if a measurement failed.
#include <cuda_runtime_api.h>  // cudaGetDeviceProperties

#include <cstring>   // std::strcmp
#include <iostream>  // std::cerr
#include <string>    // std::string

#include "benchmarks/cuda/measure.cuh"

int main(int argc, char** argv) {
  bool kernels = false;
  bool training = false;
  bool nondeterministic = false;
  std::string json;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--kernels") {
      kernels = true;
    } else if (argument == "--training") {
      training = true;
    } else if (argument == "--nondeterministic") {
      nondeterministic = true;
    } else if (argument == "--json" && i + 1 < argc) {
      json = argv[++i];
    } else {
      std::cerr << "usage: " << argv[0]
                << " [--kernels] [--training] [--nondeterministic] [--json FILE]\n";
      return 2;
    }
  }
  try {
    (void)slimming::cuda::device_count();  // throws where there is none
    cudaDeviceProp device{};
    slimming::cuda::check(cudaGetDeviceProperties(&device, 0), "bench_cuda");
    bench::report results(device.name, json);
    const slimming::cuda::stream stream;
    if (kernels || !training) bench::run_kernels(stream, results);
    if (training || !kernels) bench::run_training(results, nondeterministic);
  } catch (const slimming::error& e) {
    std::cerr << e.what() << '\n';
    return e.code() == "no_driver" || e.code() == "no_device" ? 77 : 1;
  }
}
