// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The values and gradients of a node in the device's element type, whatever they are stored in.
/// Area: cuda, internal.
///
/// On a device of 16-bit elements, what enters and leaves the network is floats. A lowering asks
/// for its values here and gets scratch in T where that is so, with the conversions stated around
/// it.

#include <slimming/core/config.hpp>        // index_t
#include <slimming/cuda/activation.cuh>    // pixel_grid
#include <slimming/cuda/device.cuh>        // device
#include <slimming/cuda/elementwise.cuh>   // convert_list
#include <slimming/exec/lowering.hpp>      // lowering_context
#include <slimming/exec/program.hpp>       // buffer_id, packing
#include <slimming/exec/value_layout.hpp>  // value_layout

#include <algorithm>    // std::find, std::copy_n
#include <map>          // std::map
#include <span>         // std::span
#include <string_view>  // std::string_view
#include <utility>      // std::move

namespace slimming::inline v0::cuda::detail {

using exec::buffer_id;
using floats = std::span<float>;

/// The elements of a buffer.
template <class T>
[[nodiscard]] T* as(floats buffer) noexcept {
  return reinterpret_cast<T*>(buffer.data());
}

/// A parameter with one float per channel, zeros behind the last one.
[[nodiscard]] inline exec::packing channel_vector(index_t channels) {
  const auto copy = [channels](const float* from, float* to) { std::copy_n(from, channels, to); };
  return {padded_channels(channels), copy, copy};
}

template <class Device>
class node_values {
 public:
  using context = exec::lowering_context<Device>;
  using run = exec::run_context<Device>;
  using value_type = typename Device::value_type;

  explicit node_values(context& c) : c_(c) {}

  [[nodiscard]] context& at() noexcept { return c_; }
  [[nodiscard]] const op_node& node() const { return c_.node(); }
  [[nodiscard]] exec::value_layout layout(value_id v) const { return c_.layout(v); }
  [[nodiscard]] pixel_grid grid(value_id v) const {
    const exec::value_layout l = c_.layout(v);
    return {l.pixels(), l.channels};
  }

  /// Whether a value, and its gradient, lie in memory as floats rather than as elements.
  [[nodiscard]] bool is_float(value_id v) const {
    if (!Device::is_narrow) return false;
    const exec::network& net = c_.net();
    return net.is_constant(v) || net.is_output(v) ||
           std::find(net.inputs.begin(), net.inputs.end(), v) != net.inputs.end();
  }

  /// Input number \p i, for the steps of both passes.
  [[nodiscard]] buffer_id in(std::size_t i) {
    const value_id v = node().input(i);
    if (v == no_value) return {};
    const buffer_id stored = c_.value(v);
    if (!is_float(v)) return stored;
    const auto [found, is_new] = converted_.try_emplace(v);
    if (is_new) {
      found->second = c_.scratch(size(v));
      convert<float, value_type>(forward_pass, stored, found->second);
    }
    return found->second;
  }
  /// Output number \p k, to be written by the next forward steps. Call finish_out() behind them.
  [[nodiscard]] buffer_id out(std::size_t k) {
    if (!is_float(node().outputs[k])) return c_.output(k);
    return out_scratch_ = c_.scratch(size(node().outputs[k]));
  }
  void finish_out(std::size_t k) {
    if (is_float(node().outputs[k]))
      convert<value_type, float>(forward_pass, out_scratch_, c_.output(k));
  }

  /// Gradient of output number \p k, for the steps of the backward pass.
  [[nodiscard]] buffer_id dout(std::size_t k) {
    const buffer_id stored = c_.output_gradient(k);
    if (!stored || !is_float(node().outputs[k])) return stored;
    const buffer_id scratch = c_.scratch(size(node().outputs[k]));
    convert<float, value_type>(backward_pass, stored, scratch);
    return scratch;
  }
  /// Gradient of input number \p i, to be overwritten. Call finish_din() behind the steps that do.
  [[nodiscard]] buffer_id din(std::size_t i) {
    require_one_reader(i);
    const buffer_id stored = c_.plain_gradient(i);
    if (!stored || !is_float(node().input(i))) return stored;
    din_stored_ = stored;
    return din_scratch_ = c_.scratch(size(node().input(i)));
  }
  void finish_din(std::size_t i) {
    if (din_scratch_ && is_float(node().input(i)))
      convert<value_type, float>(backward_pass, din_scratch_, din_stored_);
    din_scratch_ = {};
  }

  /// The output is the input under another shape.
  void hand_on() {
    const value_id from = node().inputs[0];
    const value_id to = node().outputs[0];
    if (is_float(from) == is_float(to)) {
      c_.alias_output(0, from);
    } else {
      const buffer_id x = in(0);
      const index_t n = size(to);
      const buffer_id y = out(0);
      c_.forward(
          "copy", [n](run& r, floats x, floats y) { r.device.copy(y.data(), x.data(), n); }, x, y);
      finish_out(0);
    }
    if (c_.needs_backward()) pass_gradient(0);
  }
  /// The gradient of input number \p i is that of output 0.
  void pass_gradient(std::size_t i) {
    if (is_float(node().input(i)) == is_float(node().outputs[0])) {
      require_one_reader(i);
      return c_.pass_gradient(i);
    }
    if (!c_.wants_gradient(i)) return c_.pass_gradient(i);
    const buffer_id dy = dout(0);
    const index_t n = size(node().outputs[0]);
    const buffer_id dx = din(i);
    c_.backward(
        "copy gradient",
        [n](run& r, floats dy, floats dx) { r.device.copy(dx.data(), dy.data(), n); }, dy, dx);
    finish_din(i);
  }

  template <class Function, class... Buffers>
  void forward(std::string_view label, Function f, Buffers... uses) {
    c_.forward(label, std::move(f), uses...);
  }
  template <class Function, class... Buffers>
  void backward(std::string_view label, Function f, Buffers... uses) {
    c_.backward(label, std::move(f), uses...);
  }

 private:
  static constexpr bool forward_pass = true;
  static constexpr bool backward_pass = false;

  [[nodiscard]] index_t size(value_id v) const { return c_.layout(v).floats(); }

  // Gradients of several readers are added as elements, and these are floats.
  void require_one_reader(std::size_t i) const {
    const value_id v = node().input(i);
    if (is_float(v) && c_.wants_gradient(i) && c_.net().at(v).consumers.size() > 1)
      c_.refuse(
          "an output of the network that several nodes read cannot be trained through in "
          "half precision");
  }

  template <class From, class To>
  void convert(bool is_forward, buffer_id from, buffer_id to) {
    const auto step = [](run& r, floats x, floats y) {
      convert_list<From, To>(r.device.stream(), static_cast<index_t>(y.size()), as<From>(x),
                             as<To>(y));
    };
    if (is_forward)
      c_.forward("convert", step, from, to);
    else
      c_.backward("convert", step, from, to);
  }

  context& c_;
  std::map<value_id, buffer_id> converted_;
  buffer_id out_scratch_, din_scratch_, din_stored_;
};

}  // namespace slimming::inline v0::cuda::detail
