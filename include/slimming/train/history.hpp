// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What a run reports: one record per epoch, one JSON line each.
/// Area: train. Component: json.

#include <slimming/core/config.hpp>   // index_t
#include <slimming/exec/program.hpp>  // exec::parameter, parameter_kind

#include <nlohmann/json.hpp>  // nlohmann::json

#include <cmath>     // std::abs
#include <cstddef>   // std::size_t
#include <optional>  // std::optional
#include <string>    // std::string
#include <vector>    // std::vector

namespace slimming::inline v0 {

/// Share of the batch-norm scale factors whose magnitude is below 1e-2 and below 1e-3.
struct sparsity_shares {
  double below_1e2 = 0.0;
  double below_1e3 = 0.0;

  friend bool operator==(const sparsity_shares&, const sparsity_shares&) = default;
};

/// Of all scale factors that an executor trains.
template <class Executor>
[[nodiscard]] sparsity_shares scale_sparsity(Executor& net) {
  std::size_t total = 0, small = 0, tiny = 0;
  for (const exec::parameter& p : net.parameters()) {
    if (p.kind != exec::parameter_kind::scale) continue;
    for (const float gamma : net.value(p)) {
      ++total;
      small += std::abs(gamma) < 1e-2f;
      tiny += std::abs(gamma) < 1e-3f;
    }
  }
  if (total == 0) return {};
  const auto n = static_cast<double>(total);
  return {static_cast<double>(small) / n, static_cast<double>(tiny) / n};
}

/// One epoch of a run.
struct epoch_record {
  index_t epoch = 0;      ///< from 0
  double loss = 0.0;      ///< mean over the epoch's images, without the L1 term
  double accuracy = 0.0;  ///< share of the epoch's images that were classified rightly
  std::optional<double> test_accuracy = {};
  double learning_rate = 0.0;  ///< of the last batch
  double seconds = 0.0;        ///< of training, without the evaluation
  double images_per_second = 0.0;
  sparsity_shares scales = {};
  std::string phase = {};  ///< which part of a longer schedule: "train", "pass 2", ...

  friend bool operator==(const epoch_record&, const epoch_record&) = default;
};

inline void to_json(nlohmann::json& j, const epoch_record& r) {
  j = {{"epoch", r.epoch},
       {"loss", r.loss},
       {"accuracy", r.accuracy},
       {"learning_rate", r.learning_rate},
       {"seconds", r.seconds},
       {"images_per_second", r.images_per_second},
       {"scales_below_1e-2", r.scales.below_1e2},
       {"scales_below_1e-3", r.scales.below_1e3}};
  if (r.test_accuracy) j["test_accuracy"] = *r.test_accuracy;
  if (!r.phase.empty()) j["phase"] = r.phase;
}
inline void from_json(const nlohmann::json& j, epoch_record& r) {
  j.at("epoch").get_to(r.epoch);
  j.at("loss").get_to(r.loss);
  j.at("accuracy").get_to(r.accuracy);
  j.at("learning_rate").get_to(r.learning_rate);
  j.at("seconds").get_to(r.seconds);
  j.at("images_per_second").get_to(r.images_per_second);
  j.at("scales_below_1e-2").get_to(r.scales.below_1e2);
  j.at("scales_below_1e-3").get_to(r.scales.below_1e3);
  if (j.contains("test_accuracy")) r.test_accuracy = j["test_accuracy"].get<double>();
  r.phase = j.value("phase", std::string());
}

/// The records as JSON lines.
[[nodiscard]] inline std::string to_json_lines(const std::vector<epoch_record>& history) {
  std::string text;
  for (const epoch_record& r : history) text += nlohmann::json(r).dump() + "\n";
  return text;
}

}  // namespace slimming::inline v0
