// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Options that say how much goes, what counts and what may not happen, and the plan they make.

#include "table.hpp"  // table

#include <slimming/model/channels.hpp>  // model_channels, connect_options
#include <slimming/model/model.hpp>     // model
#include <slimming/plan/plan.hpp>       // prune_plan, policy, constraints

#include <CLI/CLI.hpp>        // CLI::App
#include <nlohmann/json.hpp>  // nlohmann::ordered_json

#include <cstdint>  // std::uint64_t
#include <iosfwd>   // std::ostream
#include <string>   // std::string
#include <vector>   // std::vector

namespace slim {

/// --strict, --approximate, --group-convs, --input-shape: how operators are understood.
class understanding_options {
 public:
  explicit understanding_options(CLI::App& options);
  [[nodiscard]] slimming::connect_options connect() const;
  [[nodiscard]] bool allows_approximate() const noexcept { return approximate_; }
  [[nodiscard]] nlohmann::ordered_json settings() const;

 private:
  bool strict_ = false, approximate_ = false;
  std::string grouping_ = "positions";
  std::vector<std::string> inputs_;
};

/// Criterion and constraints, and optionally an amount.
class pruning_options {
 public:
  enum class amount { asked, given };  ///< by options of its own, or by the command

  /// \p layer_cap: what --layer-cap is if nobody says.
  pruning_options(CLI::App& options, amount how, double layer_cap = 1);

  /// \throws usage_error  if no amount was given, or the criterion says nothing of this network.
  [[nodiscard]] slimming::prune_plan plan(const slimming::model_channels& known) const;
  [[nodiscard]] slimming::prune_plan plan(const slimming::model_channels& known,
                                          const slimming::policy& how_much) const;
  /// \throws usage_error  if the criterion says nothing of this network.
  [[nodiscard]] slimming::group_scores scores(const slimming::model_channels& known,
                                              const slimming::channel_groups& groups) const;
  [[nodiscard]] slimming::constraints limits() const;
  [[nodiscard]] slimming::connect_options connect() const { return understanding_.connect(); }
  /// What decides the choice besides the amount, by name.
  [[nodiscard]] nlohmann::ordered_json settings() const;
  /// What was asked for, as words: "50 % of the channels by bn_gamma".
  [[nodiscard]] std::string words() const;
  [[nodiscard]] const std::string& criterion() const noexcept { return criterion_; }

 private:
  [[nodiscard]] slimming::policy how_much() const;

  const CLI::App& options_;
  understanding_options understanding_;
  double percent_ = 0, per_layer_ = 0, parameters_ = 0, macs_ = 0, threshold_ = 0;
  std::string criterion_ = "bn_gamma", normalise_, compat_;
  std::uint64_t seed_ = 1;
  slimming::constraints limits_;
};

/// Layer by layer: channels before and after.
void print_layers(std::ostream& text, const slimming::prune_plan& plan);
/// Parameters and multiply-accumulates before and after.
[[nodiscard]] table cost_table(const slimming::prune_plan& plan);
/// What stayed whole, and why; equal reasons on one line.
void print_skipped(std::ostream& text, const slimming::prune_plan& plan);
/// Layers, what was skipped, costs before and after.
[[nodiscard]] nlohmann::ordered_json report_of(const slimming::prune_plan& plan);

}  // namespace slim
