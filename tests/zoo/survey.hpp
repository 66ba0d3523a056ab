// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Prunes one network and proves tensor by tensor that what is left computes what the masked one does.

#include <slimming/model/model.hpp>  // model
#include <slimming/plan/plan.hpp>    // cost

#include <cstdint>
#include <map>
#include <string>

namespace slimming::zoo {

struct findings {
  cost before, after;
  index_t removed = 0;       ///< channels, over all values
  bool approximate = false;  ///< the graph declares something inexact
  double seconds = 0;        ///< connect, plan and surgery
  double difference =
      0;              ///< largest |masked - pruned| of a tensor, relative to its largest |masked|
  std::string worst;  ///< the tensor where it is
  index_t compared = 0;        ///< tensors
  index_t beyond = 0;          ///< tensors that could not be evaluated
  index_t outputs_beyond = 0;  ///< network outputs among them
  std::string barrier;         ///< operators where evaluation stops, each once
  double output_scale = 0;     ///< smallest, over the outputs, of the largest magnitude
  std::map<std::string, index_t> declined;  ///< channels that stay, by reason without names

  /// In double, what differs is rounding: at most that of a number which surgery states in float32.
  [[nodiscard]] bool is_exact() const { return compared > 0 && difference < 1e-6; }
  /// Parameters that are left, as a share.
  [[nodiscard]] double kept() const {
    return static_cast<double>(after.parameters) / static_cast<double>(before.parameters);
  }
  [[nodiscard]] double kept_macs() const {
    return static_cast<double>(after.macs) / static_cast<double>(before.macs);
  }
};

/// Multiply-accumulates for one sample, as far as the channel graph sees them.
[[nodiscard]] index_t macs_of(const model& net);

/// Removes \p share of all channels by the l2 norm of their kernels, relative to the layer's mean.
///
/// Both networks are evaluated in double on random input, as far as operators have an evaluation. Every
/// tensor that both have is compared, the masked one at the channels that the plan keeps.
/// A difference is infinite where shapes disagree or a number is not finite in one network only.
[[nodiscard]] findings survey(const model& net, double share, std::uint64_t seed);

}  // namespace slimming::zoo
