// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Device lowerings of operators that move data.
/// Area: cuda, internal.

#include <slimming/core/config.hpp>              // index_t
#include <slimming/cuda/channels.cuh>            // copy_channels, gather_channels, crop_forward
#include <slimming/cuda/detail/node_values.cuh>  // node_values
#include <slimming/exec/crop.hpp>                // crop_of_slice

#include <cstring>  // std::memcpy
#include <span>     // std::span
#include <vector>   // std::vector

namespace slimming::inline v0::cuda::detail {

/// Concatenation of channels.
template <class Device>
bool lower_concat(exec::lowering_context<Device>& c) {
  using T = typename Device::value_type;
  using run = exec::run_context<Device>;
  const op_node& node = c.node();
  node_values<Device> v(c);
  const exec::value_layout out = c.layout(node.outputs[0]);
  index_t axis = node.integer("axis", 0);
  if (axis < 0) axis += static_cast<index_t>(out.extents.size());
  if (!out.channels_last || axis != 1) return false;
  if (node.inputs.size() == 1) {
    v.hand_on();
    return true;
  }
  const pixel_grid g = v.grid(node.outputs[0]);
  std::vector<buffer_id> uses;
  std::vector<index_t> sizes;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    uses.push_back(v.in(i));
    sizes.push_back(c.layout(node.inputs[i]).channels);
  }
  uses.push_back(v.out(0));
  const auto stride = [](index_t channels) { return static_cast<int>(padded_channels(channels)); };
  c.forward("concat forward", uses, [=](run& r, std::span<const floats> memory) {
    int first = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      copy_channels<T>(r.device.stream(), {as<const T>(memory[i]), stride(sizes[i]), 0},
                       {as<T>(memory.back()), g.stride, first}, sizes[i], g.pixels);
      first += static_cast<int>(sizes[i]);
    }
    clear_padding<T>(r.device.stream(), g, as<T>(memory.back()));
  });
  v.finish_out(0);
  if (!c.needs_backward()) return true;
  const buffer_id dy = v.dout(0);
  int first = 0;
  for (std::size_t i = 0; i < sizes.size(); first += static_cast<int>(sizes[i++])) {
    if (!c.wants_gradient(i)) continue;
    const bool in_place = !v.is_float(node.inputs[i]);
    const exec::gradient_target target =
        in_place ? c.gradient(i) : exec::gradient_target{v.din(i), false};
    c.backward(
        "concat backward",
        [=, size = sizes[i], accumulate = target.accumulate](run& r, floats dy, floats dx) {
          const channel_range<const T> from{as<const T>(dy), g.stride, first};
          const channel_range<T> to{as<T>(dx), stride(size), 0};
          if (accumulate) {
            add_channels<T>(r.device.stream(), from, to, size, g.pixels);
          } else {
            copy_channels<T>(r.device.stream(), from, to, size, g.pixels);
            clear_padding<T>(r.device.stream(), pixel_grid(g.pixels, size), as<T>(dx));
          }
        },
        dy, target.into);
    if (!in_place) v.finish_din(i);
  }
  return true;
}

[[nodiscard]] inline crop_facts facts_of(const exec::crop& k) {
  const auto small = [](index_t n) { return static_cast<int>(n); };
  return {small(k.from.height), small(k.from.width),  small(k.from.channels), small(k.to.height),
          small(k.to.width),    small(k.to.channels), small(k.from.batch),    small(k.first[1]),
          small(k.first[2]),    small(k.first[0]),    small(k.step[1]),       small(k.step[2])};
}

template <class Device>
void lower_crop(exec::lowering_context<Device>& c, node_values<Device>& v, const exec::crop& crop,
                std::size_t output) {
  using T = typename Device::value_type;
  using run = exec::run_context<Device>;
  const crop_facts k = facts_of(crop);
  const buffer_id x = v.in(0);
  c.forward(
      "crop forward",
      [k](run& r, floats x, floats y) {
        crop_forward<T>(r.device.stream(), k, as<T>(x), as<T>(y));
      },
      x, v.out(output));
  v.finish_out(output);
  const buffer_id dy = v.dout(output);
  if (!dy || !c.wants_gradient(0)) return;
  const bool in_place = !v.is_float(c.node().inputs[0]);
  const exec::gradient_target target =
      in_place ? c.gradient(0) : exec::gradient_target{v.din(0), false};
  c.backward(
      "crop backward",
      [k, accumulate = target.accumulate](run& r, floats dy, floats dx) {
        crop_backward<T>(r.device.stream(), k, as<T>(dy), accumulate, as<T>(dx));
      },
      dy, target.into);
  if (!in_place) v.finish_din(0);
}

template <class Device>
bool lower_slice(exec::lowering_context<Device>& c) {
  const auto k = exec::crop_of_slice(c.node(), c.net(), &Device::channel_stride);
  if (!k) return false;
  node_values<Device> v(c);
  lower_crop(c, v, *k, 0);
  return true;
}

template <class Device>
bool lower_pad(exec::lowering_context<Device>& c) {
  const auto k = exec::crop_of_pad(c.node(), c.net(), &Device::channel_stride);
  if (!k) return false;
  node_values<Device> v(c);
  lower_crop(c, v, *k, 0);
  return true;
}

template <class Device>
bool lower_split(exec::lowering_context<Device>& c) {
  const auto parts = exec::crops_of_split(c.node(), c.net(), &Device::channel_stride);
  node_values<Device> v(c);
  for (std::size_t i = 0; i < parts.size(); ++i) lower_crop(c, v, parts[i], i);
  return !parts.empty();
}

template <class Device>
bool lower_channel_select(exec::lowering_context<Device>& c) {
  using T = typename Device::value_type;
  using run = exec::run_context<Device>;
  const op_node& node = c.node();
  node_values<Device> v(c);
  const exec::value_layout in = c.layout(node.inputs[0]);
  const any_tensor* list = c.tensor(node.input(1));
  if (list == nullptr || !in.channels_last) return false;
  const auto chosen = list->converted<index_t>();
  std::vector<int> forward_list(chosen.begin(), chosen.end());
  std::vector<int> backward_list(static_cast<std::size_t>(in.channels), -1);
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    int& to = backward_list.at(static_cast<std::size_t>(chosen[i]));
    if (to >= 0) return false;  // a channel that is taken twice has a sum for its gradient
    to = static_cast<int>(i);
  }
  const auto on_device = [&](const std::vector<int>& numbers) {
    return c.constant(static_cast<index_t>(numbers.size()), [numbers](const model&, float* to) {
      std::memcpy(to, numbers.data(), numbers.size() * sizeof(int));
    });
  };
  const pixel_grid wide = v.grid(node.inputs[0]);
  const pixel_grid narrow = v.grid(node.outputs[0]);
  const auto gather = [](const pixel_grid& to, int stride) {
    return [to, stride](run& r, floats x, floats list, floats y) {
      gather_channels<T>(r.device.stream(), to, as<T>(x), stride, as<const int>(list), as<T>(y));
    };
  };
  const buffer_id x = v.in(0);
  c.forward("select forward", gather(narrow, wide.stride), x, on_device(forward_list), v.out(0));
  v.finish_out(0);
  if (!c.needs_backward()) return true;
  const buffer_id dy = v.dout(0);
  c.backward("select backward", gather(wide, narrow.stride), dy, on_device(backward_list),
             v.din(0));
  v.finish_din(0);
  return true;
}

// (N, C, H, W) to (N, C * H * W) in the file's order; the identity on 1x1 maps.
template <class Device>
bool lower_flatten(exec::lowering_context<Device>& c) {
  using T = typename Device::value_type;
  using run = exec::run_context<Device>;
  const op_node& node = c.node();
  node_values<Device> v(c);
  const exec::value_layout in = c.layout(node.inputs[0]);
  const exec::value_layout out = c.layout(node.outputs[0]);
  if (!in.channels_last || !out.channels_last || in.batch != out.batch) return false;
  if (in.channels == out.channels && in.height == out.height && in.width == out.width) {
    v.hand_on();
    return true;
  }
  if (out.height * out.width != 1) return false;
  const index_t area = in.height * in.width;
  const buffer_id x = v.in(0);
  c.forward(
      "flatten forward",
      [in, area](run& r, floats x, floats y) {
        flatten_forward<T>(r.device.stream(), in.batch, area, in.channels, as<T>(x), as<T>(y));
      },
      x, v.out(0));
  v.finish_out(0);
  if (!c.needs_backward()) return true;
  const buffer_id dy = v.dout(0);
  c.backward(
      "flatten backward",
      [in, area](run& r, floats dy, floats dx) {
        flatten_backward<T>(r.device.stream(), in.batch, area, in.channels, as<T>(dy), as<T>(dx));
      },
      dy, v.din(0));
  v.finish_din(0);
  return true;
}

template <class Device>
bool lower_identity(exec::lowering_context<Device>& c) {
  node_values<Device>(c).hand_on();
  return true;
}

}  // namespace slimming::inline v0::cuda::detail
