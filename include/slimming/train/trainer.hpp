// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Trains a classifier epoch by epoch: schedule, optimiser, records, checkpoints, stop and resume.
/// Area: train. Component: json.
///
/// A run that is killed at any moment and resumed from its checkpoint ends with the same bits as
/// one that was left alone: batches, augmentation, dropout and learning rate depend on the position
/// only, and a step's result does not depend on the number of threads.

#include <slimming/core/config.hpp>        // index_t
#include <slimming/core/error.hpp>         // error, bad_value
#include <slimming/data/loader.hpp>        // loader
#include <slimming/exec/executor.hpp>      // executor
#include <slimming/exec/options.hpp>       // cross_entropy
#include <slimming/model/model.hpp>        // model
#include <slimming/model/op_registry.hpp>  // op_registry
#include <slimming/train/batches.hpp>      // feed_for
#include <slimming/train/checkpoint.hpp>   // training_state, save_run
#include <slimming/train/evaluation.hpp>   // evaluator
#include <slimming/train/history.hpp>      // epoch_record
#include <slimming/train/optimiser.hpp>    // sgd_rule
#include <slimming/train/schedule.hpp>     // schedule
#include <slimming/train/sgd.hpp>          // sgd_options

#include <chrono>      // std::chrono::steady_clock
#include <cmath>       // std::isfinite
#include <filesystem>  // std::filesystem::path
#include <functional>  // std::function
#include <optional>    // std::optional
#include <string>      // std::string
#include <utility>     // std::move

namespace slimming::inline v0 {

/// Training has left the finite numbers. The last checkpoint is from before.
class diverged : public error {
 public:
  diverged(std::string_view place, std::string_view what) : error("diverged", place, what) {}
};

struct trainer_options {
  index_t epochs = 160;
  /// run() returns when this epoch comes up; the learning rate still is that of a run of `epochs`.
  std::optional<index_t> until_epoch = {};
  sgd_options sgd = {};  ///< `learning_rate` is the schedule's base
  schedule rate = {};
  cross_entropy loss = {};
  std::uint64_t seed = 0;  ///< of dropout; the loader has its own
  bool exact = false;      ///< executor_options::exact
  std::string phase = {};  ///< copied into the records
  /// What must not differ between a run and its continuation, in words: resume() compares it.
  std::string settings = {};
  /// Where checkpoints go; empty for none. The records go to "log.jsonl" beside it.
  std::filesystem::path checkpoint = {};
  index_t save_every_batches = 0;  ///< besides the end of every epoch; 0: no more
};

/// What a progress display sees after every step.
struct training_progress {
  index_t epoch, epochs, batch, batches;
  double loss, accuracy;  ///< over the epoch so far
  double learning_rate;
  double images_per_second;
};

/// What the caller wants to be told, and asked. All may be empty.
struct trainer_callbacks {
  std::function<void(const training_progress&)> step = {};
  std::function<void(const epoch_record&)> epoch = {};  ///< it has been saved
  /// Asked after every step: true saves and returns. A signal handler sets what this reads.
  std::function<bool()> should_stop = {};
  /// Gets what a checkpoint holds, instead of the file.
  std::function<void(const model&, const velocity_map&, const training_state&)> save = {};
};

/// Trains \p Device's executor of one model. One caller at a time.
template <exec::execution_device Device>
class trainer {
 public:
  /// Keeps references to everything but the device. The loader must drop a last batch that is not
  /// full.
  /// \throws bad_value    if an option is out of range or the loader makes unequal batches.
  /// \throws unsupported  if the model cannot be trained.
  trainer(model& net, const op_registry& ops, loader& images, trainer_options options,
          Device device = Device())
      : net_(net),
        images_(images),
        options_(std::move(options)),
        executor_(net, ops, engine_options(), std::move(device)),
        feed_(executor_, images) {
    validate(options_.sgd);
    if (options_.epochs < 0) throw bad_value("trainer_options::epochs", options_.epochs);
    if (images_.images_per_epoch() % images_.options().batch_size != 0)
      throw bad_value("trainer", "the loader's last batch is not full; set drop_last");
    state_.settings = options_.settings;
  }

  [[nodiscard]] executor<Device>& engine() noexcept { return executor_; }
  [[nodiscard]] const trainer_options& options() const noexcept { return options_; }
  [[nodiscard]] training_state& state() noexcept { return state_; }
  [[nodiscard]] bool is_finished() const noexcept {
    return state_.position.epoch >= options_.epochs;
  }
  /// Measures the accuracy on \p images after every epoch. Keeps a reference.
  void evaluate_with(loader& images, evaluator<Device>& with) {
    test_images_ = &images;
    evaluator_ = &with;
  }

  /// Goes on where \p from stopped.
  /// \throws bad_value       if it was made with other settings.
  /// \throws shape_mismatch  if its parameters do not fit.
  void resume(const training_checkpoint& from) {
    if (from.state.settings != state_.settings)
      throw bad_value("resume", "the checkpoint was made with other settings: " +
                                    from.state.settings + "; these are: " + state_.settings);
    restore(from, net_);
    executor_.load(net_);
    set_velocities(executor_, from.velocities);
    state_ = from.state;
    executor_.set_iteration(state_.iteration);
  }

  enum class outcome { finished, stopped };

  /// Trains until the epochs are done or the caller wants to stop. The model then has the
  /// parameters.
  /// \throws diverged  if the loss, or a parameter that is to be saved, is NaN or infinite; checkpoint
  ///                   and model stay as last saved.
  outcome run(const trainer_callbacks& callbacks = {}) {
    executor_.load(net_);
    while (state_.position.epoch < options_.until_epoch.value_or(options_.epochs)) {
      train_batch(callbacks);
      const bool ends_epoch = state_.position.batch == 0;
      if (ends_epoch) {
        end_epoch();
        save(callbacks);  // before anybody hears of the epoch, who may throw or end the program
        if (callbacks.epoch) callbacks.epoch(state_.history.back());
      }
      const bool stop = callbacks.should_stop && callbacks.should_stop();
      const bool save_now = options_.save_every_batches > 0 &&
                            state_.position.batch % options_.save_every_batches == 0;
      if (!ends_epoch && (stop || save_now)) save(callbacks);
      if (stop && !is_finished()) return outcome::stopped;
    }
    return outcome::finished;
  }

 private:
  using clock = std::chrono::steady_clock;

  [[nodiscard]] executor_options engine_options() const {
    const image_extents e = images_.images().extents();
    executor_options o;
    o.mode = execution_mode::training;
    o.inputs = {{images_.options().batch_size, e.channels, e.height, e.width}};
    o.loss = options_.loss;
    o.exact = options_.exact;
    o.seed = options_.seed;
    return o;
  }
  [[nodiscard]] sgd_options sgd_now() const {
    sgd_options sgd = options_.sgd;
    sgd.learning_rate *= options_.rate({state_.position.epoch, state_.position.batch,
                                        options_.epochs, images_.batches_per_epoch()});
    return sgd;
  }

  // A finite loss may still have made an update that is not.
  void require_finite() {
    for (const exec::parameter& p : executor_.parameters())
      for (const float v : executor_.value(p))
        if (!std::isfinite(v))
          throw diverged(p.name, "holds " + detail::to_text(v) + "; " + last_good());
  }

  void save(const trainer_callbacks& callbacks) {
    require_finite();
    executor_.store(net_);
    if (callbacks.save)
      callbacks.save(net_, velocities_of(executor_), state_);
    else if (!options_.checkpoint.empty())
      save_run(options_.checkpoint, net_, velocities_of(executor_), state_);
  }

  void train_batch(const trainer_callbacks& callbacks) {
    const auto start = clock::now();
    const loader_position at = state_.position;
    images_.seek(at);
    const sgd_options sgd = sgd_now();
    feed_.next();
    executor_.step(sgd_rule(sgd));
    const auto result = executor_.result();
    if (!std::isfinite(result.loss))
      throw diverged(
          "epoch " + std::to_string(at.epoch + 1) + ", batch " + std::to_string(at.batch + 1),
          "the loss is " + detail::to_text(result.loss) + " at a learning rate of " +
              detail::to_text(sgd.learning_rate) + "; a smaller one may help; " + last_good());
    state_.position = images_.position();
    state_.iteration = executor_.iteration();
    epoch_progress& p = state_.progress;
    p.loss_sum += result.loss;
    p.correct += result.correct;
    ++p.batches;
    p.seconds += std::chrono::duration<double>(clock::now() - start).count();
    if (callbacks.step)
      callbacks.step({at.epoch, options_.epochs, at.batch + 1, images_.batches_per_epoch(), loss(),
                      accuracy(), sgd.learning_rate, images_per_second()});
    learning_rate_ = sgd.learning_rate;
  }

  void end_epoch() {
    require_finite();
    epoch_record r;
    r.epoch = state_.position.epoch - 1;
    r.loss = loss();
    r.accuracy = accuracy();
    r.learning_rate = learning_rate_;
    r.seconds = state_.progress.seconds;
    r.images_per_second = images_per_second();
    r.scales = scale_sparsity(executor_);
    r.phase = options_.phase;
    if (evaluator_ != nullptr) {
      executor_.store(net_);
      evaluator_->load(net_);
      r.test_accuracy = evaluator_->run(*test_images_).accuracy;
    }
    state_.history.push_back(r);
    state_.progress = {};
  }

  [[nodiscard]] double loss() const {
    return state_.progress.loss_sum / static_cast<double>(state_.progress.batches);
  }
  [[nodiscard]] double images_seen() const {
    return static_cast<double>(state_.progress.batches * images_.options().batch_size);
  }
  [[nodiscard]] double accuracy() const {
    return static_cast<double>(state_.progress.correct) / images_seen();
  }
  [[nodiscard]] double images_per_second() const { return images_seen() / state_.progress.seconds; }
  [[nodiscard]] std::string last_good() const {
    if (options_.checkpoint.empty()) return "no checkpoint was wanted";
    return std::filesystem::exists(options_.checkpoint)
               ? "the last good state is in " + options_.checkpoint.string()
               : "nothing had been saved yet";
  }

  model& net_;
  loader& images_;
  trainer_options options_;
  executor<Device> executor_;
  feed_for<Device> feed_;
  training_state state_;
  loader* test_images_ = nullptr;
  evaluator<Device>* evaluator_ = nullptr;
  double learning_rate_ = 0.0;
};

}  // namespace slimming::inline v0
