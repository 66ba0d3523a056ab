// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// CPU lowerings of operators that only move data: concat, split, slice, pad, channel_select,
/// flatten and reshape.
/// Area: exec.

#include <slimming/core/config.hpp>              // index_t
#include <slimming/exec/cpu_device.hpp>          // cpu_device
#include <slimming/exec/crop.hpp>                // crop, crop_of_slice
#include <slimming/exec/detail/cpu_packing.hpp>  // cpu_context, clear_padding
#include <slimming/exec/geometry.hpp>            // selection_of
#include <slimming/exec/lowering.hpp>            // lowering_context
#include <slimming/kernels/cpu/channels.hpp>     // copy_channels, gather_channels

#include <algorithm>  // std::copy_n, std::fill_n
#include <utility>    // std::move
#include <vector>     // std::vector

namespace slimming::inline v0::exec::detail {

[[nodiscard]] inline index_t axis_of(const op_node& node, std::size_t rank, index_t otherwise) {
  const index_t axis = node.integer("axis", otherwise);
  return axis < 0 ? axis + static_cast<index_t>(rank) : axis;
}

// Parts [first, ...) of a concatenation are copied to their places behind those before them, which
// are there already; their gradients are taken from there.
inline void state_concat(cpu_context& c, std::size_t first, buffer_id y) {
  const op_node& node = c.node();
  const value_layout whole = c.layout(node.outputs[0]);
  std::vector<value_layout> parts;
  std::vector<buffer_id> uses;
  index_t begin = 0;
  for (std::size_t i = 0; i < first; ++i) begin += c.layout(node.inputs[i]).channels;
  for (std::size_t i = first; i < node.inputs.size(); ++i) {
    parts.push_back(c.layout(node.inputs[i]));
    uses.push_back(c.value(node.inputs[i]));
  }
  uses.push_back(y);
  c.forward("concat forward", uses, [=](cpu_run&, std::span<const floats> memory) {
    float* const to = memory.back().data();
    index_t at = begin;
    for (std::size_t i = 0; i < parts.size(); at += parts[i++].channels)
      kernels::cpu::copy_channels({memory[i].data(), parts[i].stride, 0}, {to, whole.stride, at},
                                  parts[i].channels, whole.pixels());
    clear_padding(whole, to);
  });
  if (!c.needs_backward()) return;
  const buffer_id dy = c.output_gradient(0);
  index_t at = begin;
  for (std::size_t i = 0; i < parts.size(); at += parts[i++].channels) {
    if (!c.wants_gradient(first + i)) continue;
    const gradient_target g = c.gradient(first + i);
    c.backward(
        "concat backward",
        [whole, part = parts[i], at, accumulate = g.accumulate](cpu_run&, floats dy, floats dx) {
          const kernels::cpu::channel_range<const float> from{dy.data(), whole.stride, at};
          const kernels::cpu::channel_range<float> to{dx.data(), part.stride, 0};
          if (accumulate) {
            kernels::cpu::add_channels(from, to, part.channels, whole.pixels());
          } else {
            kernels::cpu::copy_channels(from, to, part.channels, whole.pixels());
            clear_padding(part, dx.data());
          }
        },
        dy, g.into);
  }
}

/// Concatenation of channels.
inline bool lower_concat(cpu_context& c) {
  const op_node& node = c.node();
  const value_layout out = c.layout(node.outputs[0]);
  if (!out.channels_last || axis_of(node, out.extents.size(), 0) != 1) return false;
  if (node.inputs.size() == 1) {
    c.alias_output(0, node.inputs[0]);
    if (c.needs_backward()) c.pass_gradient(0);
    return true;
  }
  state_concat(c, 0, c.output(0));
  return true;
}
/// One that may find its beginning in place.
inline bool lower_growing_concat(cpu_context& c) {
  const op_node& node = c.node();
  if (node.integer("grows", 0) == 0) {
    state_concat(c, 0, c.output(0));
    return true;
  }
  c.alias_output(0, node.inputs[0]);
  state_concat(c, 1, c.value(node.outputs[0]));
  if (c.needs_backward()) c.pass_gradient(0);
  return true;
}

/// y(n, p, j) = x(n, ...) where the crop covers it, else zero.
inline void crop_forward(const crop& k, const float* x, float* y) {
  kernels::cpu::for_each_block(k.to.batch * k.to.height, 4, [&](index_t begin, index_t end) {
    for (index_t row = begin; row < end; ++row) {
      const index_t h = k.from_row(row % k.to.height);
      for (index_t j = 0; j < k.to.width; ++j) {
        float* const to = y + (row * k.to.width + j) * k.to.stride;
        const index_t w = k.from_column(j);
        std::fill_n(to, k.to.stride, 0.0f);
        if (h < 0 || w < 0) continue;
        const index_t pixel = (row / k.to.height * k.from.height + h) * k.from.width + w;
        std::copy_n(x + pixel * k.from.stride + k.from_channel, k.channels, to + k.to_channel);
      }
    }
  });
}
/// The adjoint, added to dx.
inline void crop_backward(const crop& k, const float* dy, float* dx) {
  kernels::cpu::for_each_block(k.to.batch * k.to.height, 4, [&](index_t begin, index_t end) {
    for (index_t row = begin; row < end; ++row) {
      const index_t h = k.from_row(row % k.to.height);
      for (index_t j = 0; j < k.to.width; ++j) {
        const index_t w = k.from_column(j);
        if (h < 0 || w < 0) continue;
        const index_t pixel = (row / k.to.height * k.from.height + h) * k.from.width + w;
        const float* const from = dy + (row * k.to.width + j) * k.to.stride + k.to_channel;
        float* const to = dx + pixel * k.from.stride + k.from_channel;
        for (index_t i = 0; i < k.channels; ++i) to[i] += from[i];
      }
    }
  });
}

inline void state_crop(cpu_context& c, const crop& k, std::size_t output) {
  c.forward(
      "crop forward", [k](cpu_run&, floats x, floats y) { crop_forward(k, x.data(), y.data()); },
      c.value(c.node().inputs[0]), c.output(output));
  const buffer_id dy = c.output_gradient(output);
  if (!dy || !c.wants_gradient(0)) return;
  const gradient_target g = c.gradient(0);
  c.backward(
      "crop backward",
      [k, clear = !g.accumulate](cpu_run& run, floats dy, floats dx) {
        if (clear) run.device.clear(dx.data(), static_cast<index_t>(dx.size()));
        crop_backward(k, dy.data(), dx.data());
      },
      dy, g.into);
}

inline bool lower_slice(cpu_context& c) {
  const auto k = crop_of_slice(c.node(), c.net(), &cpu_device::channel_stride);
  if (k) state_crop(c, *k, 0);
  return k.has_value();
}
inline bool lower_pad(cpu_context& c) {
  const auto k = crop_of_pad(c.node(), c.net(), &cpu_device::channel_stride);
  if (k) state_crop(c, *k, 0);
  return k.has_value();
}
inline bool lower_split(cpu_context& c) {
  const auto parts = crops_of_split(c.node(), c.net(), &cpu_device::channel_stride);
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (c.node().outputs[i] != no_value) state_crop(c, parts[i], i);
  return !parts.empty();
}

inline bool lower_channel_select(cpu_context& c) {
  const value_layout l = c.layout(c.node().inputs[0]);
  const auto selected = selection_of(c.node(), c.net());
  if (!selected || !l.channels_last) return false;
  const std::vector<index_t>& indices = *selected;
  c.forward(
      "select forward",
      [=](cpu_run&, floats x, floats y) {
        kernels::cpu::gather_channels(x.data(), l.channels, indices, l.pixels(), y.data());
      },
      c.value(c.node().inputs[0]), c.output(0));
  if (!c.needs_backward()) return true;
  c.backward(
      "select backward",
      [=](cpu_run&, floats dy, floats dx) {
        kernels::cpu::scatter_channels(dy.data(), l.channels, indices, l.pixels(), dx.data());
      },
      c.output_gradient(0), c.plain_gradient(0));
  return true;
}

// (N, C, H, W) to (N, C * H * W) in the file's order; the identity on 1x1 maps.
inline bool lower_flatten(cpu_context& c) {
  const op_node& node = c.node();
  const value_layout in = c.layout(node.inputs[0]), out = c.layout(node.outputs[0]);
  if (!in.channels_last || !out.channels_last || in.batch != out.batch) return false;
  const bool same = in.channels == out.channels && in.height == out.height && in.width == out.width;
  if (same) {
    c.alias_output(0, node.inputs[0]);
    if (c.needs_backward()) c.pass_gradient(0);
    return true;
  }
  if (out.height * out.width != 1) return false;
  const index_t area = in.height * in.width;
  c.forward(
      "flatten forward",
      [=](cpu_run&, floats x, floats y) {
        kernels::cpu::for_each_block(in.batch, 1, [&](index_t n, index_t) {
          float* const to = y.data() + n * out.stride;
          for (index_t p = 0; p < area; ++p)
            for (index_t i = 0; i < in.channels; ++i)
              to[i * area + p] = x[static_cast<std::size_t>((n * area + p) * in.stride + i)];
          std::fill_n(to + out.channels, out.stride - out.channels, 0.0f);
        });
      },
      c.value(node.inputs[0]), c.output(0));
  if (!c.needs_backward()) return true;
  c.backward(
      "flatten backward",
      [=](cpu_run&, floats dy, floats dx) {
        kernels::cpu::for_each_block(in.batch, 1, [&](index_t n, index_t) {
          const float* const from = dy.data() + n * out.stride;
          for (index_t p = 0; p < area; ++p) {
            float* const to = dx.data() + (n * area + p) * in.stride;
            for (index_t i = 0; i < in.channels; ++i) to[i] = from[i * area + p];
            std::fill_n(to + in.channels, in.stride - in.channels, 0.0f);
          }
        });
      },
      c.output_gradient(0), c.plain_gradient(0));
  return true;
}

inline bool lower_identity(cpu_context& c) {
  c.alias_output(0, c.node().inputs[0]);
  if (c.needs_backward()) c.pass_gradient(0);
  return true;
}

}  // namespace slimming::inline v0::exec::detail
