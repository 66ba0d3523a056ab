// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The table of the operators that the library knows.
/// Area: ops.

#include <slimming/model/op_registry.hpp>     // op_registry
#include <slimming/ops/activation.hpp>        // add_activation
#include <slimming/ops/concat.hpp>            // add_concat
#include <slimming/ops/conv.hpp>              // add_conv
#include <slimming/ops/detection.hpp>         // add_detection
#include <slimming/ops/einsum.hpp>            // add_einsum
#include <slimming/ops/elementwise.hpp>       // add_elementwise
#include <slimming/ops/gather.hpp>            // add_gather
#include <slimming/ops/gemm.hpp>              // add_gemm
#include <slimming/ops/norm.hpp>              // add_norm
#include <slimming/ops/pad.hpp>               // add_pad
#include <slimming/ops/pool.hpp>              // add_pool
#include <slimming/ops/reduce.hpp>            // add_reduce
#include <slimming/ops/reshape.hpp>           // add_reshape
#include <slimming/ops/resize.hpp>            // add_resize
#include <slimming/ops/scatter.hpp>           // add_scatter
#include <slimming/ops/shape_arithmetic.hpp>  // add_shape_arithmetic
#include <slimming/ops/softmax.hpp>           // add_softmax
#include <slimming/ops/space_depth.hpp>       // add_space_depth

namespace slimming::inline v0 {

/// A table of its own, for callers who add operators.
[[nodiscard]] inline op_registry make_builtin_ops() {
  op_registry table;
  ops::add_activation(table);
  ops::add_concat(table);
  ops::add_conv(table);
  ops::add_einsum(table);
  ops::add_elementwise(table);
  ops::add_gather(table);
  ops::add_gemm(table);
  ops::add_norm(table);
  ops::add_pad(table);
  ops::add_pool(table);
  ops::add_reshape(table);
  ops::add_scatter(table);
  ops::add_shape_arithmetic(table);
  ops::add_softmax(table);
  ops::add_detection(table);
  ops::add_reduce(table);
  ops::add_resize(table);
  ops::add_space_depth(table);
  return table;
}

/// The table, built once.
[[nodiscard]] inline const op_registry& builtin_ops() {
  static const op_registry table = make_builtin_ops();
  return table;
}

}  // namespace slimming::inline v0
