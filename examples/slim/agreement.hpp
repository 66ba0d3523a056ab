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
  bool is_computed = false;        ///< nothing before it stopped the evaluation

  /// Relative to the largest value.
  [[nodiscard]] double relative() const noexcept { return scale > 0 ? largest / scale : largest; }
};

struct agreement {
  std::vector<output_difference> outputs;
  /// Operators without an evaluation, as "foo (Foo)". What they read is among the outputs; random
  /// numbers stand for what they write, the same in both networks, where its shape is known.
  std::vector<std::string> stand_ins;

  /// The largest of relative(), over what was computed.
  [[nodiscard]] double worst() const;
  /// What was not proved, as a line of text; empty if everything was.
  [[nodiscard]] std::string reservation() const;
};

/// Evaluates both in double precision, operator by operator, on \p runs random inputs.
/// \throws slimming::shape_mismatch  if inputs or outputs do not correspond.
/// \throws slimming::unsupported     if no output can be computed.
[[nodiscard]] agreement compare(const slimming::model& first, const slimming::model& second,
                                const slimming::connect_options& options, slimming::index_t runs,
                                std::uint64_t seed);

}  // namespace slim
