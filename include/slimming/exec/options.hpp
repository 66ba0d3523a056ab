// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What a model is compiled for.
/// Area: exec.

#include <slimming/core/tensor.hpp>  // shape

#include <cstdint>   // std::uint64_t
#include <optional>  // std::optional
#include <vector>    // std::vector

namespace slimming::inline v0 {

enum class execution_mode {
  inference,  ///< forward only; running statistics; normalisation folded into convolutions
  training    ///< forward and backward; batch statistics
};

/// Mean over the batch of the softmax cross entropy between the first output and the labels.
struct cross_entropy {
  double label_smoothing = 0.0;  ///< share of the target that is spread over all classes
};

struct executor_options {
  execution_mode mode = execution_mode::inference;
  /// Extents of the inputs, in order; those that are missing are the model's own.
  std::vector<shape> inputs = {};
  /// Training only. Without a loss the caller writes the gradient of the outputs.
  std::optional<cross_entropy> loss = {};
  /// Keep the gradient of every parameter to be read. Otherwise its memory is reused as soon as the
  /// optimiser has consumed it.
  bool keep_gradients = false;
  /// Only convolution algorithms that multiply the numbers themselves (no Winograd).
  bool exact = false;
  /// Of the random masks of dropout.
  std::uint64_t seed = 0;
};

}  // namespace slimming::inline v0
