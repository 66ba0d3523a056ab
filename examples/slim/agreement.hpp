// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Do two networks compute the same? Both on the same random inputs.

#include <slimming/core/config.hpp>     // index_t
#include <slimming/model/channels.hpp>  // connect_options
#include <slimming/model/model.hpp>     // model

#include <cstdint>  // std::uint64_t
#include <string>   // std::string
#include <vector>   // std::vector

namespace slim {

/// One output of two networks, over all inputs that were tried.
struct output_difference {
  std::string output;
  slimming::index_t elements = 0;  ///< of one run
  double largest = 0;              ///< magnitude of the largest difference
  double scale = 0;                ///< magnitude of the largest value of the first network

  /// Relative to the largest value.
  [[nodiscard]] double relative() const noexcept { return scale > 0 ? largest / scale : largest; }
};

/// Evaluates both in double precision, operator by operator, on \p runs random inputs.
/// \throws slimming::shape_mismatch  if inputs or outputs do not correspond.
[[nodiscard]] std::vector<output_difference> compare(const slimming::model& first,
                                                     const slimming::model& second,
                                                     const slimming::connect_options& options,
                                                     slimming::index_t runs, std::uint64_t seed);
/// The largest of relative().
[[nodiscard]] double worst(const std::vector<output_difference>& differences);

}  // namespace slim
