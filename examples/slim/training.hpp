// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What the commands that train have in common: options, the run directory, the loop with its display.

#include "dataset.hpp"  // dataset_options
#include "engine.hpp"   // engine, device_options
#include "output.hpp"   // output

#include <slimming/core/error.hpp>     // error
#include <slimming/data/loader.hpp>    // loader
#include <slimming/model/model.hpp>    // model
#include <slimming/train/trainer.hpp>  // trainer_options

#include <CLI/CLI.hpp>        // CLI::App
#include <nlohmann/json.hpp>  // nlohmann::ordered_json

#include <filesystem>  // std::filesystem::path
#include <memory>      // std::unique_ptr
#include <optional>    // std::optional
#include <stdexcept>   // std::runtime_error
#include <string>      // std::string

namespace slim {

/// --epochs, --lr, --schedule, --out, --resume, ...
class training_options {
 public:
  struct defaults {
    slimming::index_t epochs = 160;  ///< 0: the command counts epochs itself
    double sparsity = 0;             ///< 0: there is no --sparsity
  };
  training_options(CLI::App& options, const defaults& d);

  [[nodiscard]] slimming::trainer_options trainer() const;
  [[nodiscard]] const std::filesystem::path& run() const noexcept { return run_; }
  [[nodiscard]] bool resumes() const noexcept { return resume_; }
  [[nodiscard]] slimming::index_t batch() const noexcept { return batch_; }
  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }
  [[nodiscard]] bool augments() const noexcept { return !no_augmentation_; }
  /// What decides the result, by name.
  [[nodiscard]] nlohmann::ordered_json settings() const;

 private:
  slimming::index_t epochs_, batch_ = 64, save_every_ = 0;
  double rate_ = 0.1, momentum_ = 0.9, weight_decay_ = 1e-4, sparsity_, warmup_ = 0, smoothing_ = 0;
  bool nesterov_ = false, resume_ = false, no_augmentation_ = false, exact_ = false;
  std::string schedule_ = "step";
  std::uint64_t seed_ = 1;
  std::filesystem::path run_;
};

/// The images of a data set, and how they reach a network.
class training_data {
 public:
  training_data(const dataset_options& data, const training_options& how, const engine& device,
                const std::optional<slimming::image_extents>& wanted);

  [[nodiscard]] const slimming::image_dataset& train() const noexcept { return train_; }
  [[nodiscard]] const slimming::image_dataset& test() const noexcept { return test_; }
  [[nodiscard]] slimming::loader& batches() noexcept { return *batches_; }
  [[nodiscard]] slimming::loader& test_batches() noexcept { return *test_batches_; }
  [[nodiscard]] const slimming::channel_statistics& statistics() const noexcept {
    return statistics_;
  }

 private:
  slimming::image_dataset train_, test_;
  slimming::channel_statistics statistics_;
  std::unique_ptr<slimming::loader> batches_, test_batches_;
};

/// The user asked to stop; everything is saved.
class stopped : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// One stretch of training in a directory of its own: checkpoint, log.jsonl.
struct stage {
  std::filesystem::path directory;
  std::string name;  ///< "train", "pass 2: fine-tune", ...
  slimming::trainer_options how;
  nlohmann::ordered_json settings;
};

/// Makes the directory of a run. \throws usage_error  if it holds a run that is not to be resumed.
void open_run(const std::filesystem::path& run, bool resume);

/// Trains, shows it, saves it. A stage that a checkpoint says to be done returns at once.
/// \throws stopped      after Ctrl-C or SIGTERM.
/// \throws usage_error  if the checkpoint was made with other settings; names them.
slimming::training_state run_stage(slimming::model& net, training_data& data, engine& device,
                                   const stage& what, const output& out);

/// A run of one stage: trains, and if the user asks to stop says how to go on with \p invocation.
/// Epochs and accuracy go into the report. False if it was stopped.
[[nodiscard]] bool run_to_end(slimming::model& net, training_data& data, engine& device,
                              const stage& what, output& out, const std::string& invocation);

}  // namespace slim
