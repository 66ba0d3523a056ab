// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The learning rate as a function of how far training has come.
/// Area: train. A pure function of the position, so that a resumed run needs no state for it.

#include <slimming/core/config.hpp>  // index_t
#include <slimming/core/error.hpp>   // bad_value

#include <algorithm>    // std::min
#include <cmath>        // std::cos
#include <numbers>      // std::numbers::pi
#include <string>       // std::string
#include <string_view>  // std::string_view
#include <vector>       // std::vector

namespace slimming::inline v0 {

/// A batch among all batches of a run.
struct training_position {
  index_t epoch = 0;
  index_t batch = 0;
  index_t epochs = 1;  ///< of the whole run
  index_t batches_per_epoch = 1;

  /// Epochs so far, with the fraction of the present one.
  [[nodiscard]] constexpr double elapsed() const noexcept {
    return static_cast<double>(epoch) +
           static_cast<double>(batch) / static_cast<double>(batches_per_epoch);
  }
};

/// A factor for the base learning rate.
struct schedule {
  enum class decay {
    constant,
    step,   ///< times `factor` when each share of the epochs in `milestones` has passed
    cosine  ///< half a cosine from 1 to `floor`, changing every batch
  };

  decay kind = decay::step;
  /// Shares of the run, in whole epochs. One that falls on the start of the run is none.
  std::vector<double> milestones = {0.5, 0.75};
  double factor = 0.1;
  double floor = 0.0;
  double warmup_epochs = 0.0;  ///< rises linearly from one batch's share to the full rate

  /// "constant", "step" or "cosine". \throws bad_value  for any other name.
  [[nodiscard]] static schedule by_name(std::string_view name) {
    schedule s;
    if (name == "constant")
      s.kind = decay::constant;
    else if (name == "step")
      s.kind = decay::step;
    else if (name == "cosine")
      s.kind = decay::cosine;
    else
      throw bad_value("schedule '" + std::string(name) + "'", "expected constant, step or cosine");
    return s;
  }

  [[nodiscard]] double operator()(const training_position& at) const {
    double rate = 1.0;
    if (kind == decay::step) {
      for (const double m : milestones) {
        const auto begin = static_cast<index_t>(static_cast<double>(at.epochs) * m);
        if (begin > 0 && at.epoch >= begin) rate *= factor;
      }
    } else if (kind == decay::cosine) {
      const double share = at.elapsed() / static_cast<double>(at.epochs);
      rate = floor + (1.0 - floor) * 0.5 * (1.0 + std::cos(std::numbers::pi * share));
    }
    if (at.elapsed() < warmup_epochs) {
      const double one_batch = 1.0 / static_cast<double>(at.batches_per_epoch);
      rate *= std::min(1.0, (at.elapsed() + one_batch) / warmup_epochs);
    }
    return rate;
  }

  friend bool operator==(const schedule&, const schedule&) = default;
};

}  // namespace slimming::inline v0
