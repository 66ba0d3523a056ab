// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

#include "device_engine.hpp"  // device_engine

#include <slimming/exec/cpu_executor.hpp>  // cpu_device

namespace slim {

std::unique_ptr<engine> make_cpu_engine(int threads) {
  const auto device = [threads] { return slimming::cpu_device(threads); };
  const int n = device().threads();
  return std::make_unique<device_engine<slimming::cpu_device, decltype(device)>>(
      device, std::to_string(n) + (n == 1 ? " thread" : " threads"), "");
}

}  // namespace slim
