// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Small pieces that the CPU lowerings share: names, per-channel vectors, moments in float buffers.
/// Area: exec.

#include <slimming/core/config.hpp>          // index_t
#include <slimming/exec/cpu_device.hpp>      // cpu_device
#include <slimming/exec/lowering.hpp>        // lowering_context
#include <slimming/exec/program.hpp>         // packing
#include <slimming/kernels/cpu/moments.hpp>  // channel_moments

#include <algorithm>  // std::copy_n, std::fill_n
#include <span>       // std::span

namespace slimming::inline v0::exec::detail {

using cpu_context = lowering_context<cpu_device>;
using cpu_run = run_context<cpu_device>;
using floats = std::span<float>;

/// A parameter with one element per channel, zeros behind the last one.
[[nodiscard]] inline packing channel_vector(index_t channels) {
  return {cpu_device::channel_stride(channels),
          [channels](const float* from, float* to) { std::copy_n(from, channels, to); },
          [channels](const float* from, float* to) { std::copy_n(from, channels, to); }};
}

/// Floats of a buffer that holds a mean and a variance per channel, in double.
[[nodiscard]] inline index_t moments_size(index_t channels) noexcept {
  return 4 * cpu_device::channel_stride(channels);
}
[[nodiscard]] inline kernels::cpu::channel_moments as_moments(floats buffer) {
  auto* const mean = reinterpret_cast<double*>(buffer.data());
  return {mean, mean + buffer.size() / 4};
}

/// Zeroes what lies behind the last channel of every pixel, up to a whole vector.
inline void clear_padding(const value_layout& l, float* y) {
  const index_t padding = cpu_device::channel_stride(l.channels) - l.channels;
  if (padding == 0) return;
  kernels::cpu::for_each_block(l.pixels(), 1024, [&](index_t begin, index_t end) {
    for (index_t p = begin; p < end; ++p) std::fill_n(y + p * l.stride + l.channels, padding, 0.0f);
  });
}

}  // namespace slimming::inline v0::exec::detail
