// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

#include "device_engine.hpp"  // device_engine

#include <slimming/cuda/executor.cuh>  // cuda_device

#include <cuda_runtime_api.h>  // cudaGetDeviceProperties

namespace slim {

namespace {

template <class T>
std::unique_ptr<engine> make(const slimming::cuda::cuda_options& options, std::string words,
                             std::string numerics) {
  const auto device = [options] { return slimming::cuda_device<T>(options); };
  return std::make_unique<device_engine<slimming::cuda_device<T>, decltype(device)>>(
      device, std::move(words), std::move(numerics));
}

}  // namespace

std::string why_no_cuda() { return {}; }

std::unique_ptr<engine> make_cuda_engine(const cuda_choice& choice) {
  (void)slimming::cuda::device_count();  // throws where there is no driver or no device
  cudaDeviceProp properties{};
  slimming::cuda::check(cudaGetDeviceProperties(&properties, 0), "--device cuda");
  const std::size_t cudnn = slimming::cuda::cudnn_handle::version();  // throws where there is none
  const std::string numerics = "cuda " + choice.precision;
  const std::string words = std::string(properties.name) + ", cuDNN " +
                            std::to_string(cudnn / 10000) + "." +
                            std::to_string(cudnn / 100 % 100) + ", " + choice.precision;
  slimming::cuda::cuda_options options;
  options.tf32 = choice.precision == "tf32";
  options.deterministic = choice.deterministic;
  if (choice.precision == "bf16") return make<slimming::bfloat16>(options, words, numerics);
  return make<float>(options, words, numerics);
}

}  // namespace slim
