// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The weights of a fused Convolution as files hold them, and with a normalisation folded in.
/// Area: exec. Shared by all devices.

#include <slimming/core/config.hpp>    // index_t
#include <slimming/exec/fusion.hpp>    // fused
#include <slimming/model/op_node.hpp>  // op_node, value_id

#include <algorithm>   // std::copy
#include <cmath>       // std::sqrt
#include <functional>  // std::function
#include <vector>      // std::vector

namespace slimming::inline v0::exec::detail {

/// A matrix of weights in the file: a row of `rows` numbers for each of `columns` output channels,
/// or its transpose, (in, out), as MatMul and Gemm without transB have it.
struct file_weights {
  index_t rows = 0;     ///< input channels per group times taps
  index_t columns = 0;  ///< output channels
  bool transposed = false;

  /// Calls `use(numbers)` with one row per output channel, whatever the file's order.
  template <class Use>
  void with_rows_of_outputs(const float* file, const Use& use) const {
    if (transposed)
      use(transpose(file, rows, columns).data());
    else
      use(file);
  }
  /// And back to the file's order.
  void from_rows_of_outputs(const float* numbers, float* file) const {
    if (transposed) {
      const auto flipped = transpose(numbers, columns, rows);
      std::copy(flipped.begin(), flipped.end(), file);
    } else {
      std::copy(numbers, numbers + rows * columns, file);
    }
  }

 private:
  static std::vector<float> transpose(const float* from, index_t rows, index_t columns) {
    std::vector<float> to(static_cast<std::size_t>(rows * columns));
    for (index_t r = 0; r < rows; ++r)
      for (index_t c = 0; c < columns; ++c)
        to[static_cast<std::size_t>(c * rows + r)] = from[r * columns + c];
    return to;
  }
};

/// Weights and bias with a normalisation folded in, computed in double; the weights in the file's
/// order.
struct folded_convolution {
  std::vector<float> weight, bias;

  folded_convolution(const op_node& node, const file_weights& order,
                     const std::function<std::vector<double>(value_id)>& read) {
    const auto w = read(node.inputs[fused::weight]);
    const auto out = static_cast<std::size_t>(order.columns);
    const auto depth = static_cast<std::size_t>(order.rows);
    std::vector<double> scale(out, 1.0), shift(out, 0.0);
    if (node.input(fused::bias) != no_value) shift = read(node.inputs[fused::bias]);
    if (node.input(fused::folded_norm) != no_value) {
      const auto gamma = read(node.inputs[fused::folded_norm]);
      const auto beta = read(node.inputs[fused::folded_norm + 1]);
      const auto mean = read(node.inputs[fused::folded_norm + 2]);
      const auto variance = read(node.inputs[fused::folded_norm + 3]);
      const double epsilon = node.real("epsilon", 1e-5);
      for (std::size_t k = 0; k < out; ++k) {
        scale[k] = gamma[k] / std::sqrt(variance[k] + epsilon);
        shift[k] = beta[k] + (shift[k] - mean[k]) * scale[k];
      }
    }
    weight.resize(out * depth);
    for (std::size_t k = 0; k < out; ++k)
      for (std::size_t i = 0; i < depth; ++i) {
        const std::size_t at = order.transposed ? i * out + k : k * depth + i;
        weight[at] = static_cast<float>(w[at] * scale[k]);
      }
    bias.assign(shift.begin(), shift.end());
  }
};

}  // namespace slimming::inline v0::exec::detail
