// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Where networks run: the border behind which the device is known. Commands see no executor.

#include <slimming/data/batch.hpp>        // batch_layout
#include <slimming/data/loader.hpp>       // loader
#include <slimming/model/model.hpp>       // model
#include <slimming/train/checkpoint.hpp>  // training_checkpoint, training_state
#include <slimming/train/evaluation.hpp>  // evaluation
#include <slimming/train/trainer.hpp>     // trainer_options, trainer_callbacks

#include <memory>  // std::unique_ptr
#include <string>  // std::string

namespace CLI {
class App;
}

namespace slim {

/// How a stretch of training ended.
struct training_result {
  bool is_finished = false;  ///< false: the caller asked to stop
  slimming::training_state state;
};

class engine {
 public:
  virtual ~engine() = default;

  /// In words, for the first line of a report: "4 threads".
  [[nodiscard]] virtual std::string words() const = 0;
  /// What the bits of a result depend on besides data and options; empty on the CPU.
  [[nodiscard]] virtual std::string numerics() const = 0;
  /// How a loader should lay out batches so that nothing needs converting.
  [[nodiscard]] virtual slimming::batch_layout layout(slimming::image_extents image) const = 0;
  /// Trains \p net from its parameters or from \p from; \p test is measured after every epoch.
  virtual training_result train(slimming::model& net, slimming::loader& images,
                                slimming::loader& test, const slimming::trainer_options& options,
                                const slimming::training_checkpoint* from,
                                const slimming::trainer_callbacks& callbacks) = 0;
  [[nodiscard]] virtual slimming::evaluation evaluate(const slimming::model& net,
                                                      slimming::loader& images) = 0;
  /// Seconds of one forward pass on \p batch images: the median of repeated measurements.
  [[nodiscard]] virtual double latency(const slimming::model& net, slimming::image_extents image,
                                       slimming::index_t batch) = 0;
};

[[nodiscard]] std::unique_ptr<engine> make_cpu_engine(int threads);

struct cuda_choice {
  std::string precision = "fp32";  ///< or tf32, bf16
  bool deterministic = true;
};
/// \throws cuda_error   with code "no_driver", "no_device" or "no_cudnn" where something is missing.
/// \throws usage_error  if this program was built without CUDA.
[[nodiscard]] std::unique_ptr<engine> make_cuda_engine(const cuda_choice& choice);
/// Why this program has no such engine; empty if it has.
[[nodiscard]] std::string why_no_cuda();

/// --device, --precision, --nondeterministic, --threads: which engine.
class device_options {
 public:
  explicit device_options(CLI::App& options);
  /// Also limits the threads that prepare data.
  [[nodiscard]] std::unique_ptr<engine> make() const;

 private:
  std::string device_ = "cpu";
  cuda_choice cuda_;
  bool nondeterministic_ = false;
  int threads_ = 0;
};

}  // namespace slim
