// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The proof that every test of pruning ends in: the masked network and the pruned one compute the same.

#include <slimming/core/random.hpp>        // random_stream
#include <slimming/graph/groups.hpp>       // channel_groups
#include <slimming/model/channels.hpp>     // connect
#include <slimming/model/model.hpp>        // model
#include <slimming/model/op_registry.hpp>  // op_registry
#include <slimming/plan/plan.hpp>          // make_plan

#include <string>
#include <vector>

namespace slimming::testing {

/// What became of a network.
struct proof {
  double difference = 0;     ///< largest |masked - pruned|, relative to the largest |masked|
  index_t removed = 0;       ///< channels, over all values
  index_t groups = 0;        ///< groups that were free to go
  bool approximate = false;  ///< the graph declares something inexact
  cost before, after;
  model pruned;
};

/// The built-in operators; compiled once for all tests.
[[nodiscard]] const op_registry& ops();

/// Random tensors for the inputs of \p net, symbolic dimensions as 2.
[[nodiscard]] std::vector<any_tensor> random_inputs(const model& net, random_stream random,
                                                    dtype real = dtype::float64);

/// Infinite if the shapes differ or a number is not finite.
[[nodiscard]] double relative_difference(const std::vector<any_tensor>& expected,
                                         const std::vector<any_tensor>& got);

/// Prunes a copy of \p net by \p plan and compares it with the masked network on random input.
[[nodiscard]] proof prove(const model& net, const prune_plan& plan,
                          const connect_options& options = {}, std::uint64_t seed = 1,
                          dtype real = dtype::float64);

/// The first node behind which the pruned network holds something else than the live part of the masked
/// one, in words; "none" if there is none. For the report of a proof that failed.
[[nodiscard]] std::string first_difference(const model& net, const prune_plan& plan,
                                           const connect_options& options, std::uint64_t seed);

/// The same for a plan by random scores.
[[nodiscard]] proof prove(const model& net, const policy& how_much, const constraints& limits = {},
                          const connect_options& options = {}, std::uint64_t seed = 1);

}  // namespace slimming::testing
