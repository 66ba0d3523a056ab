// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The lowerings of a device: one per operator of the library's networks.
/// Area: cuda. Needs no CUDA Toolkit. A program of several files may include device.cuh in most of
/// them and instantiate `device<T, Platform>::lowerings()` in one that includes this.

#include <slimming/cuda/detail/lower_convolution.cuh>    // lower_convolution
#include <slimming/cuda/detail/lower_elementwise.cuh>    // lower_activation, lower_add, ...
#include <slimming/cuda/detail/lower_movement.cuh>       // lower_concat, lower_slice, ...
#include <slimming/cuda/detail/lower_normalization.cuh>  // lower_normalization
#include <slimming/cuda/detail/lower_reduction.cuh>      // lower_cross_entropy, lower_max_pool, ...
#include <slimming/cuda/device.cuh>                      // device
#include <slimming/exec/fusion.hpp>                      // fused_domain
#include <slimming/exec/lowering.hpp>                    // lowering_table

namespace slimming::inline v0::cuda {

template <class T, platform Platform>
const exec::lowering_table<device<T, Platform>>& device<T, Platform>::lowerings() {
  static const auto table = [] {
    using namespace cuda::detail;
    using self = device<T, Platform>;
    exec::lowering_table<self> t;
    t.add("Convolution", lower_convolution<self>, exec::fused_domain);
    t.add("Normalization", lower_normalization<self>, exec::fused_domain);
    t.add("CrossEntropy", lower_cross_entropy<self>, exec::fused_domain);
    for (const char* op :
         {"Relu", "LeakyRelu", "Sigmoid", "Tanh", "HardSigmoid", "HardSwish", "Elu", "Clip"})
      t.add(op, lower_activation<self>);
    t.add("Add", lower_add<self>).add("Sub", lower_sub<self>).add("Mul", lower_mul<self>);
    t.add("Dropout", lower_dropout<self>).add("Identity", lower_identity<self>);
    t.add("MaxPool", lower_max_pool<self>).add("GlobalMaxPool", lower_max_pool<self>);
    t.add("AveragePool", lower_average_pool<self>);
    t.add("GlobalAveragePool", lower_average_pool<self>);
    t.add("Concat", lower_concat<self>).add("Split", lower_split<self>);
    t.add("Slice", lower_slice<self>).add("Pad", lower_pad<self>);
    t.add("ChannelSelect", lower_channel_select<self>, "slimming");
    for (const char* op : {"Flatten", "Reshape", "Squeeze", "Unsqueeze"})
      t.add(op, lower_flatten<self>);
    return t;
  }();
  return table;
}

}  // namespace slimming::inline v0::cuda
