// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Device lowering of the fused operator Convolution: Conv, Gemm and MatMul with constant weights.
/// Area: cuda, internal.

#include <slimming/core/config.hpp>                     // index_t
#include <slimming/core/dtype.hpp>                      // dtype_of
#include <slimming/cuda/channels.cuh>                   // sum_channels, clear_padding
#include <slimming/cuda/convolution.cuh>                // conv_request, pack_weights
#include <slimming/cuda/detail/node_values.cuh>         // node_values
#include <slimming/cuda/elementwise.cuh>                // add_bias, convert_list
#include <slimming/exec/detail/folded_convolution.hpp>  // file_weights, folded_convolution
#include <slimming/exec/fusion.hpp>                     // fused
#include <slimming/exec/geometry.hpp>                   // conv_geometry_of
#include <slimming/kernels/geometry.hpp>                // conv_geometry

#include <algorithm>  // std::copy
#include <cstring>    // std::memcpy
#include <memory>     // std::shared_ptr
#include <vector>     // std::vector

namespace slimming::inline v0::cuda::detail {

/// The geometry of a node, and the order of its weights in files and on the device.
struct device_weights {
  kernels::conv_geometry file;
  kernels::conv_geometry padded;
  exec::detail::file_weights order;

  device_weights(const kernels::conv_geometry& g, bool file_is_transposed)
      : file(g),
        padded(padded_geometry(g)),
        order{g.in_per_group() * g.taps(), g.out_channels, file_is_transposed} {}

  [[nodiscard]] index_t size() const noexcept { return weight_count(padded); }
  void pack(const float* from, float* to) const {
    order.with_rows_of_outputs(from, [&](const float* oihw) { pack_weights(file, oihw, to); });
  }
  void unpack(const float* from, float* to) const {
    std::vector<float> oihw(static_cast<std::size_t>(order.rows * order.columns));
    unpack_weights(file, from, oihw.data());
    order.from_rows_of_outputs(oihw.data(), to);
  }
  /// The file's values in elements of T, in room for as many floats.
  template <class T>
  void pack_elements(const float* from, float* to) const {
    std::vector<float> packed(static_cast<std::size_t>(size()));
    pack(from, packed.data());
    for (std::size_t i = 0; i < packed.size(); ++i) {
      const T element(packed[i]);
      std::memcpy(reinterpret_cast<std::byte*>(to) + i * sizeof(T), &element, sizeof(T));
    }
  }
};

template <class Device>
class convolution_lowering {
 public:
  explicit convolution_lowering(exec::lowering_context<Device>& c)
      : values_(c), c_(c), weights_(weights_of(c)) {
    x_ = values_.in(exec::fused::x);
    addend_ = values_.in(exec::fused::conv_addend);
    relu_ = node().integer("relu", 0) != 0;
  }

  void inference() {
    const auto w = weights_;
    const auto folded = [w, node = node(), read = c_.reader()](const model& m) {
      return exec::detail::folded_convolution(node, w->order,
                                              [&](value_id v) { return read(m, v); });
    };
    const buffer_id weight = c_.constant(w->size(), [=](const model& m, float* to) {
      w->template pack_elements<T>(folded(m).weight.data(), to);
    });
    const buffer_id bias =
        c_.constant(padded_channels(w->file.out_channels), [=](const model& m, float* to) {
          const auto f = folded(m);
          std::copy(f.bias.begin(), f.bias.end(), to);
        });
    forward(weight, weight, bias);
  }

  void training() {
    const auto w = weights_;
    const value_id weight_value = node().inputs[exec::fused::weight];
    const auto master =
        c_.parameter(weight_value, exec::parameter_kind::weight,
                     {w->size(), [w](const float* from, float* to) { w->pack(from, to); },
                      [w](const float* from, float* to) { w->unpack(from, to); },
                      exec::packing_order(w->file, w->order.transposed)});
    buffer_id weight = master.value;
    if constexpr (Device::is_narrow)
      weight =
          c_.constant(w->size(), [w, weight_value, read = c_.reader()](const model& m, float* to) {
            const auto wide = read(m, weight_value);
            w->template pack_elements<T>(std::vector<float>(wide.begin(), wide.end()).data(), to);
          });
    exec::parameter_use bias;
    if (const value_id v = node().input(exec::fused::bias); v != no_value)
      bias = c_.parameter(v, exec::parameter_kind::weight, channel_vector(w->file.out_channels));
    forward(master.value, weight, bias.value);
    if (!c_.needs_backward()) return;

    const buffer_id dy = values_.dout(0);
    if (bias.gradient) bias_backward(dy, bias.gradient);
    if (c_.wants_gradient(exec::fused::x)) data_backward(dy, weight);
    if (master.gradient) weights_backward(dy, master.gradient);
    // Last: it may be x that is added.
    if (addend_) values_.pass_gradient(exec::fused::conv_addend);
  }

 private:
  using T = typename Device::value_type;
  using run = exec::run_context<Device>;

  [[nodiscard]] const op_node& node() const { return c_.node(); }

  static std::shared_ptr<const device_weights> weights_of(exec::lowering_context<Device>& c) {
    const op_node& node = c.node();
    const any_tensor* w = c.tensor(node.inputs[exec::fused::weight]);
    const std::string from = node.text("from", "Conv");
    const bool is_transposed =
        from == "MatMul" || (from == "Gemm" && node.integer("transB", 0) == 0);
    return std::make_shared<const device_weights>(
        exec::conv_geometry_of(node, c.net().at(node.inputs[exec::fused::x]).extents, w->extents(),
                               c.net().at(node.outputs[0]).extents),
        is_transposed);
  }

  [[nodiscard]] auto plan(conv_pass pass) {
    return c_.device().on().make_convolution(
        {weights_->padded, padded_channels(weights_->file.in_channels),
         padded_channels(weights_->file.out_channels), pass, dtype_of<T>(), dtype_of<T>()});
  }
  [[nodiscard]] pixel_grid out_grid() const {
    return {weights_->file.out_pixels(), weights_->file.out_channels};
  }
  [[nodiscard]] pixel_grid in_grid() const {
    return {weights_->file.in_pixels(), weights_->file.in_channels};
  }
  // A convolution between whole groups does not know of padding channels.
  [[nodiscard]] bool leaves_padding(const pixel_grid& g) const {
    return weights_->padded == weights_->file && g.stride != g.channels;
  }

  void forward(buffer_id master, buffer_id weight, buffer_id bias) {
    const value_id y = node().outputs[0];
    const bool has_epilogue = bias || addend_ || relu_ || values_.is_float(y);
    const pixel_grid g = out_grid();
    const buffer_id result = has_epilogue ? c_.scratch(g.size()) : c_.output(0);
    c_.forward(
        "conv forward",
        [conv = plan(conv_pass::forward), g, clear = leaves_padding(g)](
            run& r, floats x, floats master, floats w, floats y) {
          if (Device::is_narrow && master.data() != w.data())
            r.device.keep_copy(master.data(), as<typename Device::half>(w),
                               static_cast<index_t>(master.size()));
          conv->run(r.device.on(), x.data(), w.data(), y.data());
          if (clear) clear_padding<T>(r.device.stream(), g, as<T>(y));
        },
        x_, master, weight, result);
    if (!has_epilogue) return;
    c_.forward(
        "conv epilogue",
        [g, relu = relu_, to_float = values_.is_float(y)](run& r, floats x, floats b, floats add,
                                                          floats y) {
          const T* addend = add.empty() ? nullptr : as<T>(add);
          if (to_float)
            add_bias<T, float>(r.device.stream(), g, as<T>(x), b.data(), addend, relu, y.data());
          else
            add_bias<T, T>(r.device.stream(), g, as<T>(x), b.data(), addend, relu, as<T>(y));
        },
        result, bias, addend_, c_.output(0));
  }

  void bias_backward(buffer_id dy, buffer_id db) {
    c_.backward(
        "bias backward",
        [g = out_grid()](run& r, floats dy, floats db) {
          sum_channels<T>(r.device.stream(), g, as<T>(dy), db.data(), r.device.reduction());
        },
        dy, db);
  }

  void data_backward(buffer_id dy, buffer_id weight) {
    const pixel_grid g = in_grid();
    const buffer_id dx = values_.din(exec::fused::x);
    c_.backward(
        "conv backward data",
        [conv = plan(conv_pass::backward_data), g, clear = leaves_padding(g)](run& r, floats dy,
                                                                              floats w, floats dx) {
          conv->run(r.device.on(), dx.data(), w.data(), dy.data());
          if (clear) clear_padding<T>(r.device.stream(), g, as<T>(dx));
        },
        dy, weight, dx);
    values_.finish_din(exec::fused::x);
  }

  void weights_backward(buffer_id dy, buffer_id dw) {
    const index_t n = weights_->size();
    const auto conv = plan(conv_pass::backward_weights);
    // cuDNN writes the gradient in T. The optimiser takes it so, unless somebody else will look.
    const bool is_read = c_.options().keep_gradients ||
                         c_.net().at(node().inputs[exec::fused::weight]).consumers.size() > 1;
    if (Device::is_narrow && is_read) {
      const buffer_id narrow = c_.scratch(n);
      c_.backward(
          "conv backward weights",
          [conv, n](run& r, floats x, floats dy, floats narrow, floats dw) {
            conv->run(r.device.on(), x.data(), narrow.data(), dy.data());
            convert_list<T, float>(r.device.stream(), n, as<T>(narrow), dw.data());
          },
          x_, dy, narrow, dw);
      return;
    }
    c_.backward(
        "conv backward weights",
        [conv](run& r, floats x, floats dy, floats dw) {
          if (Device::is_narrow) r.device.note_half_gradient(dw.data());
          conv->run(r.device.on(), x.data(), dw.data(), dy.data());
        },
        x_, dy, dw);
  }

  node_values<Device> values_;
  exec::lowering_context<Device>& c_;
  std::shared_ptr<const device_weights> weights_;
  buffer_id x_, addend_;
  bool relu_ = false;
};

template <class Device>
bool lower_convolution(exec::lowering_context<Device>& c) {
  convolution_lowering<Device> node(c);
  if (c.is_training())
    node.training();
  else
    node.inference();
  return true;
}

}  // namespace slimming::inline v0::cuda::detail
