// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Iterative network slimming: more channels go with every epoch, and the masks are decided anew
/// each time from the scale factors that the epochs before have left.
/// Area: train. Component: json.
///
/// The whole network is kept; an epoch is trained on the compact one (<slimming/train/masked.hpp>),
/// which shares its parameters and the optimiser's velocities. Surgery comes once, at the end.

#include <slimming/core/config.hpp>        // index_t
#include <slimming/core/error.hpp>         // bad_value, bad_file, shape_mismatch
#include <slimming/core/mask.hpp>          // mask
#include <slimming/graph/groups.hpp>       // channel_groups
#include <slimming/model/channels.hpp>     // connect, model_channels
#include <slimming/model/model.hpp>        // model
#include <slimming/model/op_registry.hpp>  // op_registry, connect_options
#include <slimming/model/prune.hpp>        // prune
#include <slimming/plan/importance.hpp>    // importance, bn_gamma
#include <slimming/plan/json.hpp>          // to_json, plan_from_json
#include <slimming/plan/plan.hpp>          // prune_plan, make_plan
#include <slimming/plan/policy.hpp>        // global_ratio, constraints
#include <slimming/plan/replay.hpp>        // replay
#include <slimming/plan/scores.hpp>        // group_scores
#include <slimming/train/checkpoint.hpp>   // training_checkpoint, save_run
#include <slimming/train/masked.hpp>       // compact_network
#include <slimming/train/trainer.hpp>      // trainer_options, trainer_callbacks

#include <cmath>       // std::round
#include <cstddef>     // std::size_t
#include <functional>  // std::function
#include <limits>      // std::numeric_limits
#include <optional>    // std::optional
#include <string>      // std::string
#include <utility>     // std::move
#include <vector>      // std::vector

namespace slimming::inline v0 {

/// The share of all channels that is gone during an epoch: a straight line. The published schedule
/// is 10 % to 59 % over 50 epochs.
struct iterative_schedule {
  double first = 0.10;
  double last = 0.59;

  /// \throws bad_value  unless 0 <= first <= last < 1.
  void validate() const {
    if (!(first >= 0 && first < 1)) throw bad_value("iterative_schedule::first", first);
    if (!(last >= first && last < 1)) throw bad_value("iterative_schedule::last", last);
  }
  /// Of epoch \p epoch out of \p epochs; that of an only epoch is the last one.
  [[nodiscard]] double share(index_t epoch, index_t epochs) const noexcept {
    if (epoch + 1 >= epochs) return last;
    const double along = static_cast<double>(epoch) / static_cast<double>(epochs - 1);
    // A share times a number of channels is rounded down: 0.29 must not be 0.28999999999999998.
    return std::round((first + (last - first) * along) * 1e9) / 1e9;
  }
};

struct iterative_options {
  iterative_schedule shares = {};
  /// Scores the channel groups of the whole network; |gamma| if empty.
  std::function<group_scores(const model_channels&, const channel_groups&)> score = {};
  constraints limits = {};
  connect_options connect = {};
};

/// A network on its way through the schedule. One caller at a time.
///
/// \invariant a channel that was dropped stays dropped.
class iterative_slimming {
 public:
  /// Keeps references to both.
  iterative_slimming(model& net, const op_registry& ops, iterative_options options = {})
      : net_(net), ops_(ops), options_(std::move(options)) {
    options_.shares.validate();
  }

  /// Goes on where \p from stopped.
  /// \throws bad_value, shape_mismatch, plan_mismatch, bad_file  if it is not a checkpoint of such a
  ///         run of this network; nothing has changed then.
  void resume(const training_checkpoint& from) {
    const auto masks = from.state.extra.find(plan_key);
    if (masks == from.state.extra.end())
      throw bad_value("resume", "the checkpoint holds no masks: it is not of an iterative run");
    prune_plan plan =
        replay(connect(net_, ops_, options_.connect).graph, plan_from_json(masks->second));
    for (const auto& [name, values] : from.velocities) {
      const index_t size = detail::named_parameter(net_, name).size();
      if (static_cast<index_t>(values.size()) != size)
        throw shape_mismatch("velocity of " + name, size, static_cast<index_t>(values.size()));
    }
    restore(from, net_);
    velocities_ = from.velocities;
    state_ = from.state;
    plan_ = std::move(plan);
  }

  /// Trains the epochs of \p options that are left, each with its own masks; false if the caller
  /// stopped it. The records' phase is "12 % dropped". The network then has the parameters; scale
  /// and shift of dropped channels are zero.
  ///
  /// `train_epoch(compact, options, from, callbacks)` trains the compact model as a trainer does
  /// that was resumed from the checkpoint, and says whether it was left to finish. Checkpoints hold
  /// the whole network.
  /// \throws what \p train_epoch throws; the checkpoint is the last that was saved.
  template <class TrainEpoch>
  bool run(const trainer_options& options, const trainer_callbacks& callbacks,
           const TrainEpoch& train_epoch) {
    if (!plan_) state_.settings = options.settings;
    while (state_.position.epoch < options.epochs) {
      const index_t epoch = state_.position.epoch;
      const double share = options_.shares.share(epoch, options.epochs);
      if (!plan_ || state_.position.batch == 0) {
        plan_ = next_plan(share);
        state_.extra[plan_key] = to_json(*plan_);
      }
      compact_network live(net_, ops_, *plan_, options_.connect);
      live.silence_dead(net_, velocities_);
      live.gather(net_);

      trainer_options one_epoch = options;
      one_epoch.until_epoch = epoch + 1;
      one_epoch.phase = detail::to_text(std::round(share * 1e4) / 1e2) + " % dropped";
      trainer_callbacks hooks = callbacks;
      hooks.save = [&](const model&, const velocity_map& velocities, const training_state& state) {
        live.scatter(net_);
        live.scatter(velocities, velocities_);
        state_ = state;
        if (!options.checkpoint.empty()) save_run(options.checkpoint, net_, velocities_, state_);
      };
      if (!train_epoch(live.net(), one_epoch, checkpoint_of(live), hooks)) return false;
    }
    return true;
  }

  [[nodiscard]] const training_state& state() const noexcept { return state_; }
  /// The masks of the last epoch. \pre run() has been called
  [[nodiscard]] const prune_plan& plan() const { return plan_.value(); }
  /// The network without the dropped channels. \pre run() has been called
  [[nodiscard]] model pruned() const {
    model result = net_;
    prune(result, ops_, plan(), options_.connect);
    return result;
  }

 private:
  static constexpr const char* plan_key = "plan";

  [[nodiscard]] prune_plan next_plan(double share) const {
    const model_channels known = connect(net_, ops_, options_.connect);
    const channel_groups groups(known.graph);
    group_scores scores = options_.score ? options_.score(known, groups)
                                         : importance(known.graph, groups, bn_gamma{});
    const auto was_dropped = [&](index_t g) {
      const auto member = groups.member_at(g, 0);
      return plan_ && !plan_->keep(member.at)[member.i];
    };
    // First in line, also where a live scale factor is exactly zero, or the criterion counts
    // weights.
    for (index_t g = 0; g < groups.count(); ++g)
      if (was_dropped(g) && scores.has(g)) scores.set(g, std::numeric_limits<double>::lowest());
    prune_plan plan = make_plan(known.graph, groups, scores, global_ratio{share}, options_.limits);
    if (!plan_) return plan;

    // With round_to, the nearest step may lie below that of the epoch before.
    mask keep(groups.count());
    for (index_t g = 0; g < groups.count(); ++g) {
      const auto member = groups.member_at(g, 0);
      keep.set(g, plan.keep(member.at)[member.i] && !was_dropped(g));
    }
    return {known.graph, groups, keep, {plan.skipped().begin(), plan.skipped().end()}};
  }

  [[nodiscard]] training_checkpoint checkpoint_of(const compact_network& live) const {
    training_checkpoint result;
    for (const model::value& v : live.net().values())
      if (v.data) result.parameters.emplace(v.name, *v.data);
    result.velocities = live.gather(velocities_);
    result.state = state_;
    return result;
  }

  model& net_;
  const op_registry& ops_;
  iterative_options options_;
  velocity_map velocities_;
  training_state state_;
  std::optional<prune_plan> plan_;
};

}  // namespace slimming::inline v0
