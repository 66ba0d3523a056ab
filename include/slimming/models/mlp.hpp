// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Fully connected layers with batch normalisation: 784-500-300-10 on MNIST.
/// Area: models. Source: Liu et al., ICCV 2017, section 4.

#include <slimming/core/config.hpp>    // index_t
#include <slimming/model/model.hpp>    // model
#include <slimming/models/cfg.hpp>     // cfg, expect_widths
#include <slimming/models/recipe.hpp>  // recipe, builder

#include <string>  // std::string

namespace slimming::inline v0::models {

/// Widths of the hidden layers: 500 300.
[[nodiscard]] inline cfg mlp_cfg() { return {{500, 300}}; }

/// What MNIST asks for: 28 x 28 pixels, one channel, ten classes.
[[nodiscard]] inline recipe mnist_recipe() { return {.channels = 1, .height = 28, .width = 28}; }

/// A network with the given hidden layers, `fc1` and `bn1`, `fc2` and `bn2`, ..., and a last linear
/// layer. \throws bad_value  if the cfg holds an M.
[[nodiscard]] inline model mlp(const cfg& widths, const recipe& r = mnist_recipe()) {
  const auto hidden =
      detail::expect_widths("mlp", widths, static_cast<index_t>(widths.entries.size()));
  builder b(r);
  auto x = b.flatten("flatten", b.input());
  index_t layer = 1;
  for (const index_t width : hidden) {
    const std::string number = std::to_string(layer++);
    x = b.batch_norm("bn" + number, b.linear("fc" + number, x, width, false));
    x = b.relu("relu" + number, x);
  }
  return b.finish(b.linear("fc" + std::to_string(layer), x, r.classes), "mlp", to_string(widths));
}

/// The MLP with its hidden widths multiplied by `r.multiplier`.
[[nodiscard]] inline model mlp(const recipe& r = mnist_recipe()) {
  return mlp(mlp_cfg().scaled(r.multiplier), r);
}

}  // namespace slimming::inline v0::models
