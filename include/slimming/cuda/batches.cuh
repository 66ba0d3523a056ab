// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A loader's batches made on the device: the images lie there once, and a step sends their
/// numbers.
/// Area: cuda. Keeps the contract of loader_feed (<slimming/train/batches.hpp>) and its bits.

#include <slimming/core/config.hpp>         // index_t
#include <slimming/core/error.hpp>          // shape_mismatch, bad_value
#include <slimming/core/tensor.hpp>         // to_string
#include <slimming/cuda/augmentation.cuh>   // device_images, make_batch
#include <slimming/cuda/channels.cuh>       // flatten_forward
#include <slimming/cuda/device.cuh>         // device
#include <slimming/data/image_dataset.hpp>  // image_dataset
#include <slimming/data/normalisation.hpp>  // normalisation
#include <slimming/exec/executor.hpp>       // executor

#include <cstdint>  // std::uint8_t
#include <span>     // std::span
#include <vector>   // std::vector

namespace slimming::inline v0::cuda {

/// \p Loader is slimming::loader, which this header does not need to know.
template <class T, platform Platform, class Loader>
class batch_feed {
 public:
  /// Keeps references to both, and a copy of the images on the device.
  /// \throws shape_mismatch  if the images do not fit the network; bad_value if a class does not.
  batch_feed(executor<device<T, Platform>>& net, Loader& images)
      : net_(net), images_(images), pixels_(upload(images.images().pixels())) {
    const image_dataset& all = images.images();
    const image_extents e = all.extents();
    const auto& in = net.input_layout(0);
    is_matrix_ = in.extents.size() == 2;  // a network on flat images
    const bool fits =
        is_matrix_ ? in.channels == e.size()
                   : in.channels == e.channels && in.height == e.height && in.width == e.width;
    if (!fits || images.options().batch_size > in.batch)
      throw shape_mismatch(
          "batches of the loader",
          "expected " + to_string(in.extents) + ", got " +
              to_string(shape{images.options().batch_size, e.channels, e.height, e.width}));
    if (net.options().loss)
      for (const index_t label : all.labels())
        if (label >= net.output_layout(0).channels) throw bad_value("class of an image", label);

    const auto& statistics = images.options().statistics;
    const normalisation normalise =
        statistics ? normalisation(*statistics, e.channels) : normalisation(e.channels);
    const std::vector<int> labels(all.labels().begin(), all.labels().end());
    labels_ = upload(std::span<const int>(labels));
    table_ = upload(
        std::span<const float>(normalise.table(0), static_cast<std::size_t>(e.channels) * 256));
    numbers_ = on().allocate(in.batch * index_t{sizeof(int)});
    if (!net.options().loss) unread_ = on().allocate(in.batch * index_t{sizeof(int)});
    if (is_matrix_)
      pixelwise_ = on().allocate(in.batch * e.height * e.width * padded_channels(e.channels) *
                                 index_t{sizeof(float)});
    data_ = {static_cast<const std::uint8_t*>(pixels_.data()),
             static_cast<const int*>(labels_.data()),
             static_cast<const float*>(table_.data()),
             static_cast<int>(e.channels),
             static_cast<int>(e.height),
             static_cast<int>(e.width)};
  }

  /// The batch at `images.position()`, which advances, is enqueued; returns its classes, valid
  /// until the next call. What a batch that is not full leaves keeps what was there.
  std::span<const index_t> next() {
    const index_t epoch = images_.position().epoch;
    const std::span<const index_t> numbers = images_.next_numbers();
    staging_.assign(numbers.begin(), numbers.end());
    const auto n = static_cast<index_t>(numbers.size());
    on().upload(staging_.data(), numbers_.data(), n * index_t{sizeof(int)});
    int* const classes = net_.options().loss ? reinterpret_cast<int*>(net_.label_memory().data())
                                             : static_cast<int*>(unread_.data());
    float* const in = net_.input_memory(0).data();
    float* const out = is_matrix_ ? static_cast<float*>(pixelwise_.data()) : in;
    const auto& options = images_.options();
    make_batch<float>(
        net_.device().stream(), data_,
        {static_cast<const int*>(numbers_.data()), n, options.augment, options.seed, epoch}, out,
        classes);
    if (is_matrix_)
      flatten_forward<float>(net_.device().stream(), n, index_t{data_.height} * data_.width,
                             data_.channels, out, in);
    labels_of_batch_.clear();
    for (const index_t i : numbers) labels_of_batch_.push_back(images_.images().label(i));
    return labels_of_batch_;
  }

 private:
  using memory = typename Platform::memory;

  [[nodiscard]] Platform& on() noexcept { return net_.device().on(); }
  template <class Value>
  [[nodiscard]] memory upload(std::span<const Value> from) {
    const auto bytes = static_cast<index_t>(from.size_bytes());
    memory to = on().allocate(bytes);
    on().upload(from.data(), to.data(), bytes);
    return to;
  }

  executor<device<T, Platform>>& net_;
  Loader& images_;
  memory pixels_, labels_, table_, numbers_, unread_, pixelwise_;
  device_images data_;
  bool is_matrix_ = false;
  std::vector<int> staging_;
  std::vector<index_t> labels_of_batch_;
};

}  // namespace slimming::inline v0::cuda
