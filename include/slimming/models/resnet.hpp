// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// ResNet of basic blocks with shortcuts free of parameters (option A), CIFAR form, depth 6n + 2.
/// Area: models. Source: He et al., CVPR 2016, section 4.2.

#include <slimming/core/config.hpp>    // index_t
#include <slimming/core/error.hpp>     // bad_value, shape_mismatch
#include <slimming/model/model.hpp>    // model
#include <slimming/models/cfg.hpp>     // cfg, expect_widths
#include <slimming/models/recipe.hpp>  // recipe, builder

#include <string>  // std::string

namespace slimming::inline v0::models {

namespace detail {

// Blocks per stage. A block is two layers; a stem and a linear layer make the other two.
[[nodiscard]] inline index_t resnet_blocks(index_t depth) {
  if (depth < 8 || (depth - 2) % 6 != 0) throw bad_value("resnet: depth (6n + 2)", depth);
  return (depth - 2) / 6;
}

}  // namespace detail

/// Widths behind every normalisation: the stem's, then two per block. 20, 32, 44, 56 and 110 are
/// the published depths. \throws bad_value  unless \p depth is 6n + 2, n >= 1.
[[nodiscard]] inline cfg resnet_cfg(index_t depth) {
  const index_t blocks = detail::resnet_blocks(depth);
  cfg result{{16}};
  for (const index_t width : {16, 32, 64})
    result.entries.insert(result.entries.end(), static_cast<std::size_t>(2 * blocks), width);
  return result;
}

/// A network of the given widths. Parameters are named as in the published checkpoints of ResNet-20
/// ... 110: `conv1`, `bn1`, `layer1.0.conv1`, ..., `linear`.
/// \throws shape_mismatch  if \p widths has not one entry per normalisation, or a block's output
///                         differs from the stream that it is added to.
/// \throws bad_value       if the cfg holds an M, or a stage is narrower than the one before it.
[[nodiscard]] inline model resnet(index_t depth, const cfg& widths, const recipe& r = {}) {
  const index_t blocks = detail::resnet_blocks(depth);
  const auto w = detail::expect_widths("resnet", widths, 6 * blocks + 1);
  builder b(r);
  auto width = w.begin();
  auto x = b.conv("conv1", b.input(), *width++, 3);
  x = b.relu("relu", b.batch_norm("bn1", x));
  for (index_t stage = 0; stage < 3; ++stage)
    for (index_t i = 0; i < blocks; ++i) {
      const std::string name = "layer" + std::to_string(stage + 1) + "." + std::to_string(i) + ".";
      const bool opens = stage > 0 && i == 0;
      auto y = b.conv(name + "conv1", x, *width++, 3, opens ? 2 : 1);
      y = b.relu(name + "relu1", b.batch_norm(name + "bn1", y));
      y = b.batch_norm(name + "bn2", b.conv(name + "conv2", y, *width++, 3));
      if (opens)
        x = b.zero_padded_shortcut(name + "shortcut", x, y.channels, 2);
      else if (x.channels != y.channels)
        throw shape_mismatch("resnet: " + name + "bn2 and the stream that it joins", x.channels,
                             y.channels);
      x = b.relu(name + "relu2", b.add(name + "add", y, x));
    }
  return b.finish(b.linear("linear", b.global_pool("avgpool", x), r.classes),
                  "resnet" + std::to_string(depth), to_string(widths));
}

/// ResNet-\p depth with its widths multiplied by `r.multiplier`.
[[nodiscard]] inline model resnet(index_t depth, const recipe& r = {}) {
  return resnet(depth, resnet_cfg(depth).scaled(r.multiplier), r);
}

}  // namespace slimming::inline v0::models
