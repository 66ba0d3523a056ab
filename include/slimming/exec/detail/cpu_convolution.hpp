// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// CPU lowering of the fused operator Convolution: Conv, Gemm and MatMul with constant weights.
/// Area: exec.

#include <slimming/core/config.hpp>                     // index_t
#include <slimming/core/tensor.hpp>                     // any_tensor
#include <slimming/exec/cpu_device.hpp>                 // cpu_device
#include <slimming/exec/detail/cpu_packing.hpp>         // channel_vector, pad_channels
#include <slimming/exec/detail/folded_convolution.hpp>  // file_weights, folded_convolution
#include <slimming/exec/fusion.hpp>                     // fused
#include <slimming/exec/geometry.hpp>                   // conv_geometry_of
#include <slimming/exec/lowering.hpp>                   // lowering_context
#include <slimming/kernels/cpu/convolution.hpp>         // convolution
#include <slimming/kernels/cpu/elementwise.hpp>         // sum_channels

#include <algorithm>  // std::copy
#include <memory>     // std::shared_ptr
#include <string>     // std::string
#include <utility>    // std::move
#include <vector>     // std::vector

namespace slimming::inline v0::exec::detail {

/// The convolution of a node and the order of its weights in files.
struct cpu_convolution {
  kernels::cpu::convolution kernel;
  file_weights order;

  cpu_convolution(const kernels::conv_geometry& g, const kernels::cpu::conv_options& options,
                  bool file_is_transposed)
      : kernel(g, options),
        order{g.in_per_group() * g.taps(), g.out_channels, file_is_transposed} {}

  void pack(const float* from, float* to) const {
    order.with_rows_of_outputs(from, [&](const float* oihw) { kernel.pack_weights(oihw, to); });
  }
  void unpack(const float* from, float* to) const {
    std::vector<float> oihw(static_cast<std::size_t>(order.rows * order.columns));
    kernel.unpack_weights(from, oihw.data());
    order.from_rows_of_outputs(oihw.data(), to);
  }
};

struct convolution_lowering {
  cpu_context& c;
  const op_node& node;
  std::shared_ptr<const cpu_convolution> conv;
  buffer_id x, y, addend, moments;
  bool relu;

  explicit convolution_lowering(cpu_context& context) : c(context), node(context.node()) {
    const any_tensor* w = c.tensor(node.inputs[fused::weight]);
    const std::string from = node.text("from", "Conv");
    const bool transposed = from == "MatMul" || (from == "Gemm" && node.integer("transB", 0) == 0);
    const shape& in = c.net().at(node.inputs[fused::x]).extents;
    const auto g = conv_geometry_of(node, in, w->extents(), c.net().at(node.outputs[0]).extents);
    const bool exact = c.options().exact || from != "Conv";
    conv = std::make_shared<const cpu_convolution>(
        g, c.device().options_for(g, {.exact = exact, .prepared = !c.is_training()}), transposed);
    relu = node.integer("relu", 0) != 0;
    x = c.value(node.inputs[fused::x]);
    y = c.output(0);
    const index_t stride = cpu_device::channel_stride(g.out_channels);
    moments = c.output(1, 4 * stride);  // two lists of doubles
    if (const value_id v = node.input(fused::conv_addend); v != no_value) addend = c.value(v);
  }

  buffer_id workspace(kernels::cpu::conv_pass pass) {
    return c.scratch(c.device().workspace_size(conv->kernel.need(pass)));
  }

  void forward(buffer_id weight, buffer_id bias, buffer_id prepared) {
    c.forward(
        "conv forward",
        [conv = conv, relu = relu](cpu_run&, floats x, floats w, floats b, floats prepared,
                                   floats add, floats moments, floats scratch, floats y) {
          kernels::cpu::conv_epilogue e;
          e.bias = b.data();
          e.add = add.data();
          e.relu = relu;
          e.prepared = prepared.data();
          if (!moments.empty()) e.moments = as_moments(moments);
          conv->kernel.forward(x.data(), w.data(), y.data(), scratch, e);
        },
        x, weight, bias, prepared, addend, moments, workspace(kernels::cpu::conv_pass::forward), y);
  }

  void lower_inference() {
    const auto& kernel = conv->kernel;
    const auto fill = [conv = conv, node = node, read = c.reader()](const model& m, auto use) {
      use(folded_convolution(node, conv->order, [&](value_id v) { return read(m, v); }));
    };
    const buffer_id bias =
        c.constant(cpu_device::channel_stride(conv->order.columns), [=](const model& m, float* to) {
          fill(m,
               [&](const folded_convolution& f) { std::copy(f.bias.begin(), f.bias.end(), to); });
        });
    buffer_id weight, prepared;  // one of them
    if (kernel.prepared_size() == 0)
      weight = c.constant(kernel.weight_size(), [=, conv = conv](const model& m, float* to) {
        fill(m, [&](const folded_convolution& f) { conv->pack(f.weight.data(), to); });
      });
    else
      prepared = c.constant(kernel.prepared_size(), [=, conv = conv](const model& m, float* to) {
        fill(m, [&](const folded_convolution& f) {
          std::vector<float> packed(static_cast<std::size_t>(conv->kernel.weight_size()));
          conv->pack(f.weight.data(), packed.data());
          conv->kernel.prepare(packed.data(), to);
        });
      });
    forward(weight, bias, prepared);
  }

  void lower_training() {
    const auto weight =
        c.parameter(node.inputs[fused::weight], parameter_kind::weight,
                    {conv->kernel.weight_size(),
                     [conv = conv](const float* from, float* to) { conv->pack(from, to); },
                     [conv = conv](const float* from, float* to) { conv->unpack(from, to); },
                     packing_order(conv->kernel.geometry(), conv->order.transposed)});
    parameter_use bias;
    if (const value_id v = node.input(fused::bias); v != no_value)
      bias = c.parameter(v, parameter_kind::weight, channel_vector(conv->order.columns));
    forward(weight.value, bias.value, {});
    if (!c.needs_backward()) return;

    const buffer_id dy = c.output_gradient(0);
    const auto& g = conv->kernel.geometry();
    if (bias.gradient) {
      const auto need = kernels::cpu::sum_channels_need(g.out_pixels(), g.out_channels);
      c.backward(
          "bias backward",
          [g](cpu_run&, floats dy, floats scratch, floats db) {
            kernels::cpu::sum_channels(dy.data(), g.out_pixels(), g.out_channels, db.data(),
                                       scratch);
          },
          dy, c.scratch(c.device().workspace_size(need)), bias.gradient);
    }
    if (c.wants_gradient(fused::x)) {
      const gradient_target dx = c.gradient(fused::x);
      c.backward(
          "conv backward data",
          [conv = conv, accumulate = dx.accumulate](cpu_run&, floats dy, floats w, floats scratch,
                                                    floats dx) {
            conv->kernel.backward_data(dy.data(), w.data(), dx.data(), scratch,
                                       accumulate ? dx.data() : nullptr);
          },
          dy, weight.value, workspace(kernels::cpu::conv_pass::backward_data), dx.into);
    }
    if (weight.gradient)
      c.backward(
          "conv backward weights",
          [conv = conv](cpu_run&, floats x, floats dy, floats scratch, floats dw) {
            conv->kernel.backward_weights(x.data(), dy.data(), dw.data(), scratch);
          },
          x, dy, workspace(kernels::cpu::conv_pass::backward_weights), weight.gradient);
    if (addend) c.pass_gradient(fused::conv_addend);  // last: it may be x that is added
  }
};

inline bool lower_convolution(cpu_context& c) {
  convolution_lowering node(c);
  if (c.is_training())
    node.lower_training();
  else
    node.lower_inference();
  return true;
}

}  // namespace slimming::inline v0::exec::detail
