// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The executor on the CPU, with a lowering for every operator of the library's networks.
/// Area: exec.

#include <slimming/exec/cpu_device.hpp>                // cpu_device
#include <slimming/exec/detail/cpu_convolution.hpp>    // lower_convolution
#include <slimming/exec/detail/cpu_elementwise.hpp>    // lower_activation, lower_add, ...
#include <slimming/exec/detail/cpu_fallback.hpp>       // lower_by_evaluation
#include <slimming/exec/detail/cpu_normalization.hpp>  // lower_normalization, ...
#include <slimming/exec/detail/cpu_pool.hpp>           // lower_max_pool, lower_average_pool
#include <slimming/exec/detail/cpu_shape.hpp>          // lower_concat, lower_slice, ...
#include <slimming/exec/executor.hpp>                  // executor
#include <slimming/exec/fusion.hpp>                    // fused_domain
#include <slimming/exec/lowering.hpp>                  // lowering_table

namespace slimming::inline v0 {

template <class Device>
const exec::lowering_table<Device>& cpu_device::lowerings() {
  static const auto table = [] {
    using namespace exec::detail;
    exec::lowering_table<Device> t;
    t.add("Convolution", lower_convolution, exec::fused_domain);
    t.add("Normalization", lower_normalization, exec::fused_domain);
    t.add("SelectedNormalization", lower_selected_normalization, exec::fused_domain);
    t.add("Moments", lower_moments, exec::fused_domain);
    t.add("ConcatMoments", lower_concat_moments, exec::fused_domain);
    t.add("GrowingConcat", lower_growing_concat, exec::fused_domain);
    t.add("CrossEntropy", lower_cross_entropy, exec::fused_domain);
    for (const char* op :
         {"Relu", "LeakyRelu", "Sigmoid", "Tanh", "HardSigmoid", "HardSwish", "Elu", "Clip"})
      t.add(op, lower_activation);
    t.add("Add", lower_add).add("Sub", lower_sub).add("Mul", lower_mul).add("Div", lower_line);
    t.add("Dropout", lower_dropout).add("Identity", lower_identity);
    t.add("MaxPool", lower_max_pool).add("GlobalMaxPool", lower_max_pool);
    t.add("AveragePool", lower_average_pool).add("GlobalAveragePool", lower_average_pool);
    t.add("Concat", lower_concat).add("Split", lower_split);
    t.add("Slice", lower_slice).add("Pad", lower_pad);
    t.add("ChannelSelect", lower_channel_select, "slimming").add("Gather", lower_channel_select);
    for (const char* op : {"Flatten", "Reshape", "Squeeze", "Unsqueeze"}) t.add(op, lower_flatten);
    t.fallback(lower_by_evaluation);
    return t;
  }();
  return table;
}

/// The executor on the CPU.
using cpu_executor = executor<cpu_device>;

}  // namespace slimming::inline v0
