// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What the commands that train have in common: options, the run directory, the loop with its display.

#include "checks.hpp"      // named_file
#include "dataset.hpp"     // dataset_options
#include "engine.hpp"      // engine, device_options
#include "model_file.hpp"  // topology_options
#include "output.hpp"      // output

#include <slimming/core/error.hpp>     // error
#include <slimming/data/loader.hpp>    // loader
#include <slimming/model/model.hpp>    // model
#include <slimming/train/trainer.hpp>  // trainer_options

#include <CLI/CLI.hpp>        // CLI::App
#include <nlohmann/json.hpp>  // nlohmann::ordered_json

#include <filesystem>  // std::filesystem::path
#include <functional>  // std::function
#include <memory>      // std::unique_ptr
#include <optional>    // std::optional
#include <stdexcept>   // std::runtime_error
#include <string>      // std::string
#include <vector>      // std::vector

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
  /// What the run itself writes there, for output::keep_apart().
  [[nodiscard]] std::vector<named_file> files() const;
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
  /// Which data set, and how it was normalised: a model's metadata.
  [[nodiscard]] const dataset_options::remembered& memory() const noexcept { return memory_; }
  /// Of the engine that they are laid out for.
  [[nodiscard]] const std::string& numerics() const noexcept { return numerics_; }
  /// "vgg11 on cifar10: 50,000 images, tested on 10,000; 4 threads", for a first line.
  [[nodiscard]] std::string words(const std::string& what, const engine& device) const;

 private:
  slimming::image_dataset train_, test_;
  dataset_options::remembered memory_;
  std::string numerics_;
  std::unique_ptr<slimming::loader> batches_, test_batches_;
};

/// The network of the options for such images, with fresh weights. \throws usage_error  if they do
/// not fit.
[[nodiscard]] slimming::model fresh_network(const topology_options& topology,
                                            const training_data& images,
                                            const training_options& how);
/// What decides the result besides the network that training starts from: options and images.
[[nodiscard]] nlohmann::ordered_json settings_of(const training_options& how,
                                                 const training_data& images);

/// The key in a stage's settings for digest_of() the model that it starts from.
inline constexpr const char* digest_key = "digest of the model";

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

/// Trains as it is told, from a checkpoint if there is one.
using training_loop = std::function<training_result(const slimming::trainer_options&,
                                                    const slimming::training_checkpoint* from,
                                                    const slimming::trainer_callbacks&)>;

/// Trains, shows it, saves it. A stage that a checkpoint says to be done is restored from it.
/// \throws stopped      after Ctrl-C or SIGTERM.
/// \throws usage_error  if the checkpoint was made with other settings; names them.
slimming::training_state run_stage(training_data& data, const stage& what, const output& out,
                                   const training_loop& train);
/// The same for the whole of a network.
slimming::training_state run_stage(slimming::model& net, training_data& data, engine& device,
                                   const stage& what, const output& out);

/// Runs \p work; if the user asks to stop, says how to go on with \p invocation and returns false.
[[nodiscard]] bool unless_stopped(const output& out, const std::string& invocation,
                                  const std::function<void()>& work);

/// Epochs and the last accuracy of a run.
void report(const slimming::training_state& state, output& out);

}  // namespace slim
