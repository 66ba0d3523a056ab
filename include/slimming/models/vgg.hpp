// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// VGG with batch normalisation in its CIFAR form: one linear layer behind a global mean.
/// Area: models. Source: Simonyan and Zisserman, ICLR 2015; Liu et al., ICCV 2017.

#include <slimming/core/config.hpp>    // index_t
#include <slimming/core/error.hpp>     // bad_value
#include <slimming/model/model.hpp>    // model
#include <slimming/models/cfg.hpp>     // cfg
#include <slimming/models/recipe.hpp>  // recipe, builder

#include <string>  // std::string

namespace slimming::inline v0::models {

/// Widths of VGG-11, 13, 16 or 19. \throws bad_value  for any other depth.
[[nodiscard]] inline cfg vgg_cfg(index_t depth) {
  switch (depth) {
    case 11:
      return parse_cfg("64 M 128 M 256 256 M 512 512 M 512 512");
    case 13:
      return parse_cfg("64 64 M 128 128 M 256 256 M 512 512 M 512 512");
    case 16:
      return parse_cfg("64 64 M 128 128 M 256 256 256 M 512 512 512 M 512 512 512");
    case 19:
      return parse_cfg("64 64 M 128 128 M 256 256 256 256 M 512 512 512 512 M 512 512 512 512");
    default:
      throw bad_value("vgg: depth (11, 13, 16 or 19)", depth);
  }
}

/// A network of the given widths. Parameters are named as in PyTorch: `feature.0.weight`, ...,
/// `classifier.bias`.
/// \throws bad_value  if there is no width, or the input is too small for the pools.
[[nodiscard]] inline model vgg(const cfg& widths, const recipe& r = {},
                               std::string architecture = "vgg") {
  if (widths.widths().empty()) throw bad_value("vgg", "the cfg holds no width");
  builder b(r);
  auto x = b.input();
  index_t position = 0;
  const auto next = [&] { return "feature." + std::to_string(position++); };
  for (const index_t width : widths.entries) {
    if (width == cfg::pool) {
      x = b.pool("MaxPool", next(), x, 2);
      continue;
    }
    x = b.conv(next(), x, width, 3);
    x = b.batch_norm(next(), x);
    x = b.relu(next(), x);
  }
  return b.finish(b.linear("classifier", b.global_pool("pool", x), r.classes),
                  std::move(architecture), to_string(widths));
}

/// VGG-\p depth with its widths multiplied by `r.multiplier`.
[[nodiscard]] inline model vgg(index_t depth, const recipe& r = {}) {
  return vgg(vgg_cfg(depth).scaled(r.multiplier), r, "vgg" + std::to_string(depth));
}

}  // namespace slimming::inline v0::models
