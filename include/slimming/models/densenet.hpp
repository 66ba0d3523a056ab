// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// DenseNet without bottlenecks, with channel selection, CIFAR form, growth 12, depth 3n + 4.
/// Area: models. Source: Huang et al., CVPR 2017; Liu et al., ICCV 2017.

#include <slimming/core/config.hpp>    // index_t
#include <slimming/core/error.hpp>     // bad_value
#include <slimming/model/model.hpp>    // model
#include <slimming/models/cfg.hpp>     // cfg, scaled_width, expect_widths
#include <slimming/models/recipe.hpp>  // recipe, builder

#include <string>  // std::string

namespace slimming::inline v0::models {

namespace detail {

// Layers per stage. Stem, two transitions and the linear layer make the other four.
[[nodiscard]] inline index_t densenet_layers(index_t depth) {
  if (depth < 7 || (depth - 4) % 3 != 0) throw bad_value("densenet: depth (3n + 4)", depth);
  return (depth - 4) / 3;
}

}  // namespace detail

/// Widths behind every normalisation: one per layer, one per transition, one at the end.
/// \throws bad_value  unless \p depth is 3n + 4, n >= 1.
[[nodiscard]] inline cfg densenet_cfg(index_t depth, double multiplier = 1) {
  const index_t layers = detail::densenet_layers(depth), growth = scaled_width(12, multiplier);
  index_t width = 2 * growth;
  cfg result;
  for (int stage = 0; stage < 3; ++stage) {
    for (index_t i = 0; i < layers; ++i, width += growth) result.entries.push_back(width);
    result.entries.push_back(width);  // the transition's, or the last one's
  }
  return result;
}

/// A network whose convolutions read the given numbers of channels; every layer adds `12 *
/// r.multiplier` channels, and a selection lets the first ones through.
/// \throws shape_mismatch  if \p widths has not one entry per normalisation.
/// \throws bad_value       if the cfg holds an M, or a selection is wider than what it selects from.
[[nodiscard]] inline model densenet(index_t depth, const cfg& widths, const recipe& r = {}) {
  const index_t layers = detail::densenet_layers(depth), growth = scaled_width(12, r.multiplier);
  const auto w = detail::expect_widths("densenet", widths, 3 * (layers + 1));
  builder b(r);
  auto width = w.begin();
  const auto activated = [&](const std::string& prefix, const builder::feature& x,
                             const std::string& norm) {
    return b.relu(prefix + "relu",
                  b.channel_select(prefix + "select", b.batch_norm(prefix + norm, x), *width++));
  };
  auto x = b.conv("conv1", b.input(), 2 * growth, 3);
  for (int stage = 1; stage <= 3; ++stage) {
    for (index_t i = 0; i < layers; ++i) {
      const std::string name = "dense" + std::to_string(stage) + "." + std::to_string(i) + ".";
      const auto y = b.conv(name + "conv1", activated(name, x, "bn1"), growth, 3);
      x = b.concat(name + "concat", x, y);
    }
    if (stage == 3) break;
    const std::string name = "trans" + std::to_string(stage) + ".";
    const index_t out = x.channels;
    x = b.conv(name + "conv1", activated(name, x, "bn1"), out, 1);
    x = b.pool("AveragePool", name + "pool", x, 2);
  }
  x = activated("", x, "bn");
  return b.finish(b.linear("fc", b.global_pool("avgpool", x), r.classes),
                  "densenet" + std::to_string(depth), to_string(widths));
}

/// DenseNet-\p depth with its growth multiplied by `r.multiplier`.
[[nodiscard]] inline model densenet(index_t depth, const recipe& r = {}) {
  return densenet(depth, densenet_cfg(depth, r.multiplier), r);
}

}  // namespace slimming::inline v0::models
