// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Networks by name: "vgg11", "preresnet56", "densenet40", "resnet20", "mlp".
/// Area: models.

#include <slimming/core/config.hpp>       // index_t
#include <slimming/core/error.hpp>        // bad_value
#include <slimming/model/model.hpp>       // model
#include <slimming/models/cfg.hpp>        // cfg
#include <slimming/models/densenet.hpp>   // densenet
#include <slimming/models/mlp.hpp>        // mlp
#include <slimming/models/preresnet.hpp>  // preresnet
#include <slimming/models/recipe.hpp>     // recipe
#include <slimming/models/resnet.hpp>     // resnet
#include <slimming/models/vgg.hpp>        // vgg

#include <algorithm>    // std::min
#include <charconv>     // std::from_chars
#include <optional>     // std::optional
#include <string>       // std::string
#include <string_view>  // std::string_view

namespace slimming::inline v0::models {

/// The network of that name, with its own widths times `r.multiplier` or with those of \p widths.
/// \throws bad_value  if there is no such network, or the widths do not suit it.
[[nodiscard]] inline model by_name(std::string_view name, const recipe& r = {},
                                   const std::optional<cfg>& widths = {}) {
  const auto digits = std::min(name.find_first_of("0123456789"), name.size());
  const std::string_view family = name.substr(0, digits), number = name.substr(digits);
  index_t depth = 0;
  const auto [end, failure] = std::from_chars(number.data(), number.data() + number.size(), depth);
  const bool has_depth = failure == std::errc() && end == number.data() + number.size();

  if (family == "vgg" && has_depth) {
    const cfg own = vgg_cfg(depth).scaled(r.multiplier);  // refuses other depths
    return vgg(widths.value_or(own), r, std::string(name));
  }
  if (family == "preresnet" && has_depth)
    return preresnet(depth, widths.value_or(preresnet_cfg(depth, r.multiplier)), r);
  if (family == "densenet" && has_depth)
    return densenet(depth, widths.value_or(densenet_cfg(depth, r.multiplier)), r);
  if (family == "resnet" && has_depth)
    return resnet(depth, widths.value_or(resnet_cfg(depth).scaled(r.multiplier)), r);
  if (name == "mlp") return mlp(widths.value_or(mlp_cfg().scaled(r.multiplier)), r);
  throw bad_value("architecture '" + std::string(name) + "'",
                  "expected vgg11|13|16|19, preresnet(9n+2), densenet(3n+4), resnet(6n+2) or mlp");
}

}  // namespace slimming::inline v0::models
