// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
//
// Stands for engine_cuda.cu where the program is built without it.

#include "command.hpp"  // usage_error
#include "engine.hpp"   // make_cuda_engine

namespace slim {

std::string why_no_cuda() {
  return "this program was built without the CUDA Toolkit or without cuDNN 9";
}

std::unique_ptr<engine> make_cuda_engine(const cuda_choice&) {
  throw usage_error("--device cuda: " + why_no_cuda());
}

}  // namespace slim
