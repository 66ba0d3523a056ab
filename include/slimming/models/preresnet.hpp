// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Pre-activation ResNet of bottleneck blocks with channel selection, CIFAR form, depth 9n + 2.
/// Area: models. Source: He et al., ECCV 2016; Liu et al., ICCV 2017.

#include <slimming/core/config.hpp>    // index_t
#include <slimming/core/error.hpp>     // bad_value
#include <slimming/model/model.hpp>    // model
#include <slimming/models/cfg.hpp>     // cfg, scaled_width, expect_widths
#include <slimming/models/recipe.hpp>  // recipe, builder

#include <cstddef>  // std::size_t
#include <string>   // std::string

namespace slimming::inline v0::models {

namespace detail {

inline constexpr index_t preresnet_expansion = 4;

// Blocks per stage. A block is three layers; a stem and a linear layer make the other two.
[[nodiscard]] inline index_t preresnet_blocks(index_t depth) {
  if (depth < 11 || (depth - 2) % 9 != 0) throw bad_value("preresnet: depth (9n + 2)", depth);
  return (depth - 2) / 9;
}

}  // namespace detail

/// Widths behind the three normalisations of every block and behind the last one.
/// \throws bad_value  unless \p depth is 9n + 2, n >= 1.
[[nodiscard]] inline cfg preresnet_cfg(index_t depth, double multiplier = 1) {
  const index_t blocks = detail::preresnet_blocks(depth);
  index_t in = scaled_width(16, multiplier);
  cfg result;
  for (const index_t base : {16, 32, 64}) {
    const index_t middle = scaled_width(base, multiplier);
    for (index_t i = 0; i < blocks; ++i) {
      result.entries.insert(result.entries.end(), {in, middle, middle});
      in = middle * detail::preresnet_expansion;
    }
  }
  result.entries.push_back(in);
  return result;
}

/// A network whose blocks have the given widths between their convolutions. The residual stream
/// keeps the width that depth and `r.multiplier` give it; a selection lets the first channels
/// through.
/// \throws shape_mismatch  if \p widths has not three entries per block and one for the end.
/// \throws bad_value       if the cfg holds an M, or a selection is wider than the stream.
[[nodiscard]] inline model preresnet(index_t depth, const cfg& widths, const recipe& r = {}) {
  const index_t blocks = detail::preresnet_blocks(depth);
  const auto w = detail::expect_widths("preresnet", widths, 9 * blocks + 1);
  builder b(r);
  auto x = b.conv("conv1", b.input(), scaled_width(16, r.multiplier), 3);
  auto width = w.begin();
  for (index_t stage = 0; stage < 3; ++stage)
    for (index_t i = 0; i < blocks; ++i) {
      const std::string name = "layer" + std::to_string(stage + 1) + "." + std::to_string(i) + ".";
      const index_t out =
          scaled_width(index_t{16} << stage, r.multiplier) * detail::preresnet_expansion;
      const index_t stride = stage > 0 && i == 0 ? 2 : 1;
      auto y = b.channel_select(name + "select", b.batch_norm(name + "bn1", x), *width++);
      y = b.conv(name + "conv1", b.relu(name + "relu1", y), *width++, 1);
      y = b.relu(name + "relu2", b.batch_norm(name + "bn2", y));
      y = b.conv(name + "conv2", y, *width++, 3, stride);
      y = b.relu(name + "relu3", b.batch_norm(name + "bn3", y));
      y = b.conv(name + "conv3", y, out, 1);
      const auto shortcut = i == 0 ? b.conv(name + "downsample.0", x, out, 1, stride) : x;
      x = b.add(name + "add", y, shortcut);
    }
  x = b.relu("relu", b.channel_select("select", b.batch_norm("bn", x), *width));
  return b.finish(b.linear("fc", b.global_pool("avgpool", x), r.classes),
                  "preresnet" + std::to_string(depth), to_string(widths));
}

/// PreResNet-\p depth with its widths multiplied by `r.multiplier`.
[[nodiscard]] inline model preresnet(index_t depth, const recipe& r = {}) {
  return preresnet(depth, preresnet_cfg(depth, r.multiplier), r);
}

}  // namespace slimming::inline v0::models
