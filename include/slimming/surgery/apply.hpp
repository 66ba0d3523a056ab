// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Surgery on a whole network: validate everything, move everything, then tell the owners.
/// Area: surgery. The threaded runner is in <slimming/surgery/parallel.hpp>.

#include <slimming/core/array_ref.hpp>             // array_ref
#include <slimming/core/config.hpp>                // index_t
#include <slimming/core/detail/ordering.hpp>       // larger
#include <slimming/core/tensor.hpp>                // any_tensor
#include <slimming/graph/channel_graph.hpp>        // channel_graph
#include <slimming/graph/parameter.hpp>            // parameter
#include <slimming/plan/execution.hpp>             // task_runner, sequential
#include <slimming/plan/plan.hpp>                  // prune_plan
#include <slimming/plan/record.hpp>                // plan_record
#include <slimming/surgery/compact.hpp>            // gather, renumber, renumber_entries
#include <slimming/surgery/detail/audience.hpp>    // audience
#include <slimming/surgery/detail/compaction.hpp>  // compaction
#include <slimming/surgery/detail/finishing.hpp>   // finishing
#include <slimming/surgery/detail/operation.hpp>   // prepare_in_place
#include <slimming/surgery/undo.hpp>               // undo_log

#include <span>     // std::span
#include <utility>  // std::move
#include <vector>   // std::vector

namespace slimming::inline v0 {

namespace detail {

[[nodiscard]] inline std::vector<matched> parameters_of(const channel_graph& graph) {
  std::vector<matched> all;
  all.reserve(graph.parameters().size());
  for (const auto& record : graph.parameters()) all.push_back({&record.value});
  return all;
}
[[nodiscard]] inline std::vector<matched> parameters_of(std::span<const parameter> parameters) {
  std::vector<matched> all;
  all.reserve(parameters.size());
  for (const parameter& p : parameters) all.push_back({&p});
  return all;
}

/// Small arrays are one task each; large ones split themselves.
template <task_runner Run>
void move_all(const std::vector<compaction>& moves, finishing<Run>& run) {
  run(moves.size(), [&](std::size_t k) {
    if (!moves[k].is_large()) moves[k]();
  });
  for (const compaction& m : moves)
    if (m.is_large()) m(run);
}

template <task_runner Run>
undo_log operate(std::vector<matched> pairs, const plan_record& plan, bool keep_log,
                 const Run& run) {
  prepare_in_place(pairs, plan);
  // All that allocates comes first; from the first write on only an owner can throw.
  const audience owners(pairs);
  undo_log log;
  if (keep_log || owners.may_throw()) log = undo_log(pairs, owners, run);
  std::vector<compaction> moves;
  moves.reserve(pairs.size());
  std::size_t most_tasks = pairs.size();
  for (const auto& [what, cut] : pairs) {
    if (cut->axes.empty()) continue;
    moves.emplace_back(what->array, cut->axes);
    most_tasks = larger(most_tasks, moves.back().most_tasks());
  }
  finishing sure(run, most_tasks);

  move_all(moves, sure);
  for (const auto& [what, cut] : pairs) {
    if (!cut->entries) continue;
    array_ref list = what->array;
    if (const auto* kept = cut->kept(0)) list.extent[0] = static_cast<index_t>(kept->size());
    renumber_entries(list, *cut->entries);
  }
  try {
    owners.tell_after();
  } catch (...) {
    log.restore_arrays();
    throw;
  }
  return keep_log ? std::move(log) : undo_log{};
}

template <task_runner Run>
void operate_into(std::vector<matched> pairs, const plan_record& plan,
                  std::span<const array_ref> destinations, const Run& run) {
  prepare_into(pairs, plan, destinations);
  run(pairs.size(), [&](std::size_t k) {
    gather(pairs[k].what->array, pairs[k].cut->axes, destinations[k]);
    if (pairs[k].cut->entries) renumber(destinations[k], *pairs[k].cut->entries);
  });
}

template <task_runner Run>
[[nodiscard]] std::vector<any_tensor> operate_into_new(std::vector<matched> pairs,
                                                       const plan_record& plan, const Run& run) {
  match(pairs, plan);
  std::vector<any_tensor> tensors;
  std::vector<array_ref> destinations;
  for (const auto& [what, cut] : pairs) tensors.emplace_back(what->array.type, cut->after());
  for (any_tensor& t : tensors) destinations.push_back(t.ref());
  operate_into(std::move(pairs), plan, destinations, run);
  return tensors;
}

}  // namespace detail

/// Cuts every parameter of \p graph to \p plan, in the memory of its owner.
///
/// 1. Checks: shapes are as planned, memory is there, writable, contiguous and not shared, owners accept.
/// 2. Moves every array, each once. 3. Calls `resized` of every owner whose array changed shape.
///
/// If anything throws, arrays and owners are as before: all memory is allocated before step 2, and
/// after it only a `resized` that is not noexcept can throw; only a network that has one pays for
/// saved slices. If \p run throws halfway through step 2, the caller does what it leaves undone.
/// The graph describes the network before surgery; build a new one to go on.
/// \throws plan_mismatch, bad_value, owner_refused, what an owner throws, and what \p run throws
///         before its first task.
template <task_runner Run = sequential>
void apply_in_place(const channel_graph& graph, const prune_plan& plan, const Run& run = {}) {
  detail::operate(detail::parameters_of(graph), plan.record(), false, run);
}
/// The same for arrays by name: another copy of the network, averaged weights, optimiser moments.
template <task_runner Run = sequential>
void apply_in_place(std::span<const parameter> parameters, const plan_record& plan,
                    const Run& run = {}) {
  detail::operate(detail::parameters_of(parameters), plan, false, run);
}

/// apply_in_place that keeps what it removes.
template <task_runner Run = sequential>
[[nodiscard]] undo_log apply_undoable(const channel_graph& graph, const prune_plan& plan,
                                      const Run& run = {}) {
  return detail::operate(detail::parameters_of(graph), plan.record(), true, run);
}
template <task_runner Run = sequential>
[[nodiscard]] undo_log apply_undoable(std::span<const parameter> parameters,
                                      const plan_record& plan, const Run& run = {}) {
  return detail::operate(detail::parameters_of(parameters), plan, true, run);
}

/// Copies what stays of every parameter into `destinations[k]`, in the order of the parameters.
/// Sources may be strided or read-only and stay as they are; owners are not told.
/// \throws plan_mismatch, bad_value, shape_mismatch  before the first write.
template <task_runner Run = sequential>
void apply_into(const channel_graph& graph, const prune_plan& plan,
                std::span<const array_ref> destinations, const Run& run = {}) {
  detail::operate_into(detail::parameters_of(graph), plan.record(), destinations, run);
}
template <task_runner Run = sequential>
void apply_into(std::span<const parameter> parameters, const plan_record& plan,
                std::span<const array_ref> destinations, const Run& run = {}) {
  detail::operate_into(detail::parameters_of(parameters), plan, destinations, run);
}
/// apply_into new tensors.
template <task_runner Run = sequential>
[[nodiscard]] std::vector<any_tensor> sliced(const channel_graph& graph, const prune_plan& plan,
                                             const Run& run = {}) {
  return detail::operate_into_new(detail::parameters_of(graph), plan.record(), run);
}
template <task_runner Run = sequential>
[[nodiscard]] std::vector<any_tensor> sliced(std::span<const parameter> parameters,
                                             const plan_record& plan, const Run& run = {}) {
  return detail::operate_into_new(detail::parameters_of(parameters), plan, run);
}

}  // namespace slimming::inline v0
