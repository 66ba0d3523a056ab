// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Conv and ConvTranspose of one to three spatial axes.
/// Area: ops.

#include <slimming/core/config.hpp>                    // index_t
#include <slimming/core/error.hpp>                     // unsupported, bad_value
#include <slimming/kernels/reference/convolution.hpp>  // conv_forward, conv_transpose_forward
#include <slimming/model/connect.hpp>                  // map_on, parameter_of
#include <slimming/model/op_registry.hpp>              // op_registry
#include <slimming/model/rewrite.hpp>                  // after_of
#include <slimming/ops/detail/naive.hpp>               // input_of, reals_of
#include <slimming/ops/detail/shapes.hpp>              // set_output
#include <slimming/ops/detail/windows.hpp>             // window_of
#include <slimming/rules/conv.hpp>                     // conv_facts

#include <array>    // std::array
#include <cstddef>  // std::size_t
#include <string>   // std::string
#include <utility>  // std::move
#include <vector>   // std::vector

namespace slimming::inline v0::ops {

namespace detail {

inline bool is_transposed(const op_node& node) { return node.op == "ConvTranspose"; }

inline void require_conv_ranks(const op_node& node, const shape& x, const shape& w) {
  if (x.size() < 3 || x.size() != w.size())
    throw shape_mismatch(place_of(node) + ": rank of the kernel", static_cast<index_t>(x.size()),
                         static_cast<index_t>(w.size()));
}

inline void infer_conv(infer_context& c) {
  const shape& x = extents_of(c, 0);
  const shape& w = extents_of(c, 1);
  require_conv_ranks(c.node, x, w);
  const index_t groups = c.node.integer("group", 1);
  const index_t in = is_transposed(c.node) ? w[0] : w[1] * groups;
  if (x[1] != in) throw shape_mismatch(place_of(c.node) + ": input channels", in, x[1]);
  const shape kernel(w.begin() + 2, w.end());
  const shape spatial(x.begin() + 2, x.end());
  shape out{x[0], is_transposed(c.node) ? w[1] * groups : w[0]};
  const auto window = window_of(c.node, kernel, spatial);
  const shape y = is_transposed(c.node) ? rules::spread(window, c.node.integers("output_padding"),
                                                        kernel, spatial, place_of(c.node))
                                        : rules::slide(window, kernel, spatial, place_of(c.node));
  out.insert(out.end(), y.begin(), y.end());
  set_output(c, 0, std::move(out), facts_of(c, 0).type);
}

// A kernel that is computed from parameters (dequantised, standardised): its channels are tied
// instead of bound.
inline channels connect_computed_kernel(connect_context& c, const feature_map& x) {
  const value_id w = c.node.input(1);
  const bool transposed = is_transposed(c.node);
  c.graph.tie(channels_on(c, w, transposed ? 0 : 1), x.c);
  const channels y = channels_on(c, w, transposed ? 1 : 0);
  if (const value_id b = c.node.input(2); b != no_value) c.graph.tie(channels_on(c, b, 0), y);
  return y;
}

inline void connect_conv(connect_context& c) {
  const value_id in = c.node.input(0), w = c.node.input(1), bias = c.node.input(2);
  const std::size_t rank = slimming::extents_of(c, in).size();
  for (std::size_t axis = 0; axis < rank; ++axis)
    if (axis != 1) fix_axis(c, in, axis, "a convolution slides along it");
  const bool is_constant = c.net.constant(w) && (bias == no_value || c.net.constant(bias));
  if (!is_constant) (void)slimming::layout_of(c, w);  // all its axes get channels: these stay
  for (std::size_t axis = 2; axis < rank; ++axis)
    fix_axis(c, w, axis, "it is the extent of a convolution's kernel");
  const index_t groups = c.node.integer("group", 1);
  const feature_map x = map_on(c, in);
  if (!is_constant && groups != 1)
    return barrier(c, "a grouped convolution with a computed kernel");
  channels y;
  if (is_constant) {
    rules::conv_facts f{label_of(c), parameter_of(c.net, w), parameter_if(c.net, bias)};
    f.groups = groups;
    f.grouping = c.options.grouping;
    f.transposed = is_transposed(c.node);
    if (f.transposed) f.axes = rules::iohw;
    f.window = window_of(c.node, rules::detail::kernel_extents(f), x.spatial);
    f.output_pad = c.node.integers("output_padding");
    y = rules::connect(c.graph, f, x).c;
  } else {
    c.graph.enter(label_of(c));
    y = connect_computed_kernel(c, x);
  }
  c.outputs[0] = layout_with(rank, 1, y, is_constant);
}

// Depthwise convolutions lose groups with their channels; others keep as many as their slab has
// room for.
inline void rewrite_conv(rewrite_context& c) {
  op_node& node = c.node();
  if (node.integer("group", 1) == 1) return;
  const shape& w = c.now[static_cast<std::size_t>(node.input(1))].extents.value();
  const index_t in = after_of(c, node.input(0))[1];
  const index_t out = after_of(c, node.outputs[0])[1];
  node.attributes["group"] = is_transposed(node) ? out / w[1] : in / w[1];
}

/// The window of a Conv or ConvTranspose over given extents, and the extents of what it computes.
struct evaluated_conv {
  kernels::reference::conv_shape over;
  shape out;

  evaluated_conv(const op_node& node, const shape& x, const shape& w) {
    require_conv_ranks(node, x, w);
    const std::size_t axes = x.size() - 2;
    const std::string place = place_of(node);
    if (axes > 3) throw unsupported(place, "has more than three spatial axes");
    const bool transposed = is_transposed(node);
    const shape kernel(w.begin() + 2, w.end()), spatial(x.begin() + 2, x.end());
    const auto window = window_of(node, kernel, spatial);
    const shape y =
        transposed ? rules::spread(window, node.integers("output_padding"), kernel, spatial, place)
                   : rules::slide(window, kernel, spatial, place);
    over.groups = node.integer("group", 1);
    over.batch = x[0];
    over.out_channels = w[0];
    over.in_channels = w[1] * over.groups;
    for (std::size_t a = 0; a < axes; ++a) {
      const std::size_t to = 3 - axes + a;
      const auto step = rules::detail::along(window, a, axes, place);
      over.kernel[to] = kernel[a];
      over.stride[to] = step.stride;
      over.dilation[to] = step.dilation;
      over.pad[to] = step.before;
      over.in[to] = transposed ? y[a] : spatial[a];
      over.out[to] = transposed ? spatial[a] : y[a];
    }
    out = {x[0], transposed ? over.in_channels : over.out_channels};
    out.insert(out.end(), y.begin(), y.end());
  }
};

inline void evaluate_conv(evaluate_context& c) {
  namespace reference = kernels::reference;
  const any_tensor& x = input_of(c, 0);
  const any_tensor& w = input_of(c, 1);
  evaluated_conv conv(c.node, x.extents(), w.extents());
  require_real(x, c.node);
  reals y(static_cast<std::size_t>(element_count(conv.out)));
  const reals bias = has_input(c, 2) ? reals_of(*c.inputs[2]) : reals();
  const auto run = is_transposed(c.node) ? &reference::conv_transpose_forward<double>
                                         : &reference::conv_forward<double>;
  run(conv.over, reals_of(x).data(), reals_of(w).data(), bias.empty() ? nullptr : bias.data(),
      y.data());
  c.outputs[0] = tensor_of(x.type(), std::move(conv.out), y);
}

}  // namespace detail

inline void add_conv(op_registry& ops) {
  const op_definition conv{detail::infer_conv, detail::connect_conv, detail::rewrite_conv,
                           detail::evaluate_conv, 1};
  ops.add("Conv", conv).add("ConvTranspose", conv);
}

}  // namespace slimming::inline v0::ops
