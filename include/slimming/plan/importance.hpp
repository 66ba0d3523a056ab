// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// How much a channel group matters: batch-norm scale factors, L1, L2, FPGM, random, or your own.
/// Area: plan. Reads parameters, writes nothing.

#include <slimming/core/config.hpp>            // index_t
#include <slimming/core/detail/math.hpp>       // square_root
#include <slimming/core/error.hpp>             // bad_value
#include <slimming/core/random.hpp>            // random_stream
#include <slimming/graph/channel_graph.hpp>    // channel_graph
#include <slimming/graph/groups.hpp>           // channel_groups
#include <slimming/graph/parameter.hpp>        // role
#include <slimming/plan/detail/axis_sums.hpp>  // sum_over_axes
#include <slimming/plan/detail/entries.hpp>    // entry_reducer, reduction
#include <slimming/plan/detail/fpgm.hpp>       // median_distances
#include <slimming/plan/detail/memory.hpp>     // require_memory
#include <slimming/plan/execution.hpp>         // task_runner, sequential
#include <slimming/plan/scores.hpp>            // group_scores, normaliser

#include <concepts>  // std::invocable
#include <cstdint>   // std::uint64_t
#include <utility>   // std::move
#include <vector>    // std::vector

namespace slimming::inline v0 {

/// |gamma| of the batch norms (Liu et al., ICCV 2017). Groups without one get no score.
struct bn_gamma {};
/// Sum of magnitudes of a slice (Li et al., ICLR 2017).
struct l1_norm {};
/// Euclidean norm of a slice.
struct l2_norm {};
/// Sum of Euclidean distances to all other slices of the same axis: what lies near the geometric
/// median is replaceable (He et al., CVPR 2019). Quadratic in the length of the axis.
struct fpgm {};
/// Uniform in [0, 1), a function of the seed and the number of the group.
struct random_choice {
  std::uint64_t seed = 0;
};

struct importance_options {
  reduction over_group = reduction::mean;
  normaliser over_unit = normaliser::none;
  /// Which bound axes l1_norm, l2_norm and fpgm count: by default the kernels that write a channel.
  /// Add role::weight_in for the kernels that read it, role::scale for the norms behind it.
  std::vector<role> axes = {role::weight};
};

/// A criterion of the caller's: a score for group number g.
template <class C>
concept group_criterion = requires(const C& c, index_t g) {
  { c(g) } -> std::convertible_to<double>;
};

namespace detail {

template <class Map, class Finish, task_runner Run>
[[nodiscard]] group_scores scores_from_sums(const channel_graph& graph,
                                            const channel_groups& groups,
                                            const std::vector<entry_source>& sources,
                                            reduction over_group, Map map, Finish finish,
                                            const Run& run) {
  // One job per parameter, whichever of its axes count: the memory is read once.
  std::vector<axis_sums_job> jobs;
  std::vector<std::int32_t> job_of(graph.parameters().size(), -1);
  for (const auto& source : sources) {
    const auto& binding = graph.bindings()[static_cast<std::size_t>(source.binding)];
    const auto& p = graph.at(binding.parameter).value;
    auto& j = job_of[static_cast<std::size_t>(binding.parameter.id)];
    if (j < 0) {
      require_memory(p);
      j = static_cast<std::int32_t>(jobs.size());
      jobs.push_back({p.array, p.name});
    }
    jobs[static_cast<std::size_t>(j)].is_wanted[binding.axis] = true;
  }
  sum_over_axes(jobs, map, run);
  for (auto& job : jobs)
    for (auto& sums : job.sums)
      for (double& s : sums) s = finish(s);
  entry_reducer reducer(graph, groups, over_group);
  for (const auto& source : sources) {
    const auto& binding = graph.bindings()[static_cast<std::size_t>(source.binding)];
    const auto j = job_of[static_cast<std::size_t>(binding.parameter.id)];
    reducer.add(source, jobs[static_cast<std::size_t>(j)].sums[binding.axis]);
  }
  return reducer.scores();
}

template <task_runner Run>
[[nodiscard]] group_scores scores_of(const channel_graph& graph, const channel_groups& groups,
                                     bn_gamma, const importance_options& options, const Run& run) {
  return scores_from_sums(
      graph, groups, scale_sources(graph, groups), options.over_group, absolute{},
      [](double s) { return s; }, run);
}
template <task_runner Run>
[[nodiscard]] group_scores scores_of(const channel_graph& graph, const channel_groups& groups,
                                     l1_norm, const importance_options& options, const Run& run) {
  return scores_from_sums(
      graph, groups, sources_with_role(graph, groups, options.axes), options.over_group, absolute{},
      [](double s) { return s; }, run);
}
template <task_runner Run>
[[nodiscard]] group_scores scores_of(const channel_graph& graph, const channel_groups& groups,
                                     l2_norm, const importance_options& options, const Run& run) {
  return scores_from_sums(
      graph, groups, sources_with_role(graph, groups, options.axes), options.over_group, square{},
      [](double s) { return square_root(s); }, run);
}
template <task_runner Run>
[[nodiscard]] group_scores scores_of(const channel_graph& graph, const channel_groups& groups, fpgm,
                                     const importance_options& options, const Run& run) {
  entry_reducer reducer(graph, groups, options.over_group);
  for (const auto& source : sources_with_role(graph, groups, options.axes)) {
    const auto& binding = graph.bindings()[static_cast<std::size_t>(source.binding)];
    const auto& p = graph.at(binding.parameter).value;
    require_memory(p);
    reducer.add(source, median_distances(p.array, binding.axis, p.name, run));
  }
  return reducer.scores();
}
template <task_runner Run>
[[nodiscard]] group_scores scores_of(const channel_graph&, const channel_groups& groups,
                                     random_choice criterion, const importance_options&,
                                     const Run&) {
  random_stream stream{criterion.seed};
  group_scores scores(groups.count());
  for (index_t g = 0; g < groups.count(); ++g) {
    const double u = stream.uniform();
    if (!groups.is_pinned(g)) scores.set(g, u);
  }
  return scores;
}
template <group_criterion Criterion, task_runner Run>
[[nodiscard]] group_scores scores_of(const channel_graph& graph, const channel_groups& groups,
                                     const Criterion& criterion, const importance_options&,
                                     const Run&) {
  group_scores scores(groups.count());
  for (index_t g = 0; g < groups.count(); ++g)
    if (!groups.is_pinned(g))
      set_score(scores, graph, groups, g, static_cast<double>(criterion(g)));
  return scores;
}

}  // namespace detail

/// Scores every group that is not pinned.
///
/// \p criterion is one of the types above or a group_criterion. Parameters whose channels are all
/// pinned are not read.
/// \throws bad_value    if a score is NaN or infinite, naming parameter, axis and index, or value and
///                      channel where it comes from a criterion of the caller's.
/// \throws unsupported  if a counted parameter is not of a floating type.
/// \complexity one pass over the counted parameters (fpgm: see there).
template <class Criterion, task_runner Run = sequential>
[[nodiscard]] group_scores importance(const channel_graph& graph, const channel_groups& groups,
                                      const Criterion& criterion,
                                      const importance_options& options = {}, const Run& run = {}) {
  for (const role as : options.axes)
    if (as == role::index || as == role::statistic)
      throw bad_value("importance_options::axes", "indices and statistics have no magnitude");
  group_scores scores = detail::scores_of(graph, groups, criterion, options, run);
  normalise(scores, groups, options.over_unit);
  return scores;
}

}  // namespace slimming::inline v0
