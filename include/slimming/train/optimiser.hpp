// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The optimiser's options as the executor's update rule for one parameter.
/// Area: train.

#include <slimming/exec/device.hpp>   // exec::update_rule
#include <slimming/exec/program.hpp>  // exec::parameter
#include <slimming/train/sgd.hpp>     // sgd_options, validate

namespace slimming::inline v0 {

/// Weight decay is for every parameter, the L1 term for the scale factors of batch normalisation.
class sgd_rule {
 public:
  /// \throws bad_value  as validate() does.
  explicit sgd_rule(const sgd_options& options) : options_(options) { validate(options); }

  [[nodiscard]] exec::update_rule operator()(const exec::parameter& p) const noexcept {
    exec::update_rule rule;
    rule.learning_rate = static_cast<float>(options_.learning_rate);
    rule.momentum = static_cast<float>(options_.momentum);
    rule.weight_decay = static_cast<float>(options_.weight_decay);
    rule.l1 = p.kind == exec::parameter_kind::scale ? static_cast<float>(options_.l1) : 0.0f;
    rule.nesterov = options_.nesterov;
    return rule;
  }

 private:
  sgd_options options_;
};

}  // namespace slimming::inline v0
