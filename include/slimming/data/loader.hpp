// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// An endless sequence of batches: shuffled anew every epoch, augmented, made ahead of time.
/// Area: data. A batch depends on (data set, options, epoch, number of the batch) only, so a run
/// that is resumed at a saved position sees what the undisturbed run saw.

#include <slimming/core/config.hpp>         // index_t
#include <slimming/core/error.hpp>          // bad_value
#include <slimming/core/random.hpp>         // shuffle
#include <slimming/core/tensor.hpp>         // any_tensor
#include <slimming/data/augmentation.hpp>   // augmentation, draw
#include <slimming/data/batch.hpp>          // batch, batch_layout, write_image
#include <slimming/data/image_dataset.hpp>  // image_dataset
#include <slimming/data/normalisation.hpp>  // normalisation

#include <tbb/parallel_for.h>  // tbb::parallel_for
#include <tbb/task_arena.h>    // tbb::task_arena
#include <tbb/task_group.h>    // tbb::task_group

#include <algorithm>  // std::min
#include <array>      // std::array
#include <numeric>    // std::iota
#include <optional>   // std::optional
#include <utility>    // std::move
#include <vector>     // std::vector

namespace slimming::inline v0 {

/// What a loader does with the images.
struct loader_options {
  index_t batch_size = 64;
  std::uint64_t seed = 0;                             ///< of the order and of the augmentation
  bool shuffle = true;                                ///< a new order every epoch; else file order
  bool drop_last = false;                             ///< leave out a last batch that is not full
  augmentation augment = {};                          ///< none by default
  std::optional<channel_statistics> statistics = {};  ///< to normalise with; none: pixel / 255
  batch_layout layout = {};
  bool prefetch = true;  ///< make the next batch while the caller works on the present one
};

/// Which batch comes next: all that a checkpoint has to keep of a loader.
struct loader_position {
  index_t epoch = 0;
  index_t batch = 0;
  friend constexpr bool operator==(const loader_position&, const loader_position&) = default;
};

/// Gives one batch after the other, epoch after epoch. One caller at a time.
class loader {
 public:
  /// Keeps a reference to \p images.
  /// \throws bad_value       if the batch size is not positive, the padding is negative, or an epoch
  ///                         would hold no batch.
  /// \throws shape_mismatch  if the statistics are those of another number of channels.
  loader(const image_dataset& images, loader_options options)
      : images_(images),
        options_(std::move(options)),
        normalise_(options_.statistics
                       ? normalisation(*options_.statistics, images.extents().channels)
                       : normalisation(images.extents().channels)) {
    if (options_.batch_size <= 0) throw bad_value("loader: batch size", options_.batch_size);
    if (options_.augment.pad < 0) throw bad_value("loader: padding", options_.augment.pad);
    if (batches_per_epoch() == 0)
      throw bad_value("loader", std::to_string(images.size()) + " images do not fill a batch of " +
                                    std::to_string(options_.batch_size));
    (void)options_.layout.extents(1, images.extents());  // throws now instead of in a task
  }
  loader(image_dataset&&, loader_options) = delete;
  loader(const loader&) = delete;
  loader& operator=(const loader&) = delete;
  ~loader() { discard(); }

  [[nodiscard]] const loader_options& options() const noexcept { return options_; }
  [[nodiscard]] const image_dataset& images() const noexcept { return images_; }
  [[nodiscard]] index_t batches_per_epoch() const noexcept {
    const index_t full = images_.size() / options_.batch_size;
    return options_.drop_last || full * options_.batch_size == images_.size() ? full : full + 1;
  }
  /// Images that an epoch delivers; fewer than there are if the last batch is dropped.
  [[nodiscard]] index_t images_per_epoch() const noexcept {
    return std::min(images_.size(), batches_per_epoch() * options_.batch_size);
  }

  /// The batch that `next()` gives. After the last one of an epoch this is the next epoch's first.
  [[nodiscard]] loader_position position() const noexcept { return position_; }
  /// Goes on at \p position. \throws bad_value  if there is no such batch.
  void seek(loader_position position) {
    if (position.epoch < 0) throw bad_value("loader::seek: epoch", position.epoch);
    if (position.batch < 0 || position.batch >= batches_per_epoch())
      throw bad_value("loader::seek: batch", position.batch);
    if (position == position_) return;
    discard();
    position_ = position;
  }

  /// The batch at `position()`, which advances. Valid until the next call on this loader.
  [[nodiscard]] const batch& next() {
    batch& current = buffers_[back_];
    if (pending_) {
      pending_ = false;
      arena_.execute([&] { group_.wait(); });
    } else {
      make(position_, current);
    }
    back_ = 1 - back_;
    advance();
    if (options_.prefetch) {
      pending_ = true;
      arena_.execute(
          [&] { group_.run([this, p = position_, b = back_] { make(p, buffers_[b]); }); });
    }
    return current;
  }
  /// Which images that batch holds, for whoever makes it elsewhere; the position advances. Valid
  /// until the next call on this loader.
  [[nodiscard]] std::span<const index_t> next_numbers() {
    discard();
    const auto numbers = numbers_of(position_);
    advance();
    return numbers;
  }

 private:
  void advance() noexcept {
    if (++position_.batch == batches_per_epoch()) position_ = {position_.epoch + 1, 0};
  }
  std::span<const index_t> numbers_of(loader_position at) {
    if (at.epoch != order_epoch_) reorder(at.epoch);
    const index_t first = at.batch * options_.batch_size;
    const index_t n = std::min(options_.batch_size, images_.size() - first);
    return std::span<const index_t>(order_).subspan(static_cast<std::size_t>(first),
                                                    static_cast<std::size_t>(n));
  }
  void make(loader_position at, batch& into) {
    const auto numbers = numbers_of(at);
    const auto n = static_cast<index_t>(numbers.size());
    if (into.size() != n) {
      into.images = any_tensor(dtype::float32, options_.layout.extents(n, images_.extents()));
      into.labels.resize(static_cast<std::size_t>(n));
    }
    tbb::parallel_for(index_t{0}, n, [&](index_t k) {
      const index_t image = numbers[static_cast<std::size_t>(k)];
      write_image(images_, image, draw(options_.augment, options_.seed, at.epoch, image),
                  normalise_, options_.layout, into, k);
    });
  }

  void reorder(index_t epoch) {
    order_.resize(static_cast<std::size_t>(images_.size()));
    std::iota(order_.begin(), order_.end(), index_t{0});
    if (options_.shuffle) {
      auto random = detail::epoch_stream(options_.seed, detail::data_stream::shuffle, epoch, 0);
      shuffle(order_, random);
    }
    order_epoch_ = epoch;
  }

  // Waits for the batch under way and forgets it, and with it whatever it may have thrown.
  void discard() noexcept {
    if (!pending_) return;
    pending_ = false;
    try {
      arena_.execute([&] { group_.wait(); });
    } catch (...) {
      order_epoch_ = -1;
    }
  }

  const image_dataset& images_;
  loader_options options_;
  normalisation normalise_;
  loader_position position_;
  std::vector<index_t> order_;  // of order_epoch_; touched by make() alone, which never overlaps
  index_t order_epoch_ = -1;
  std::array<batch, 2> buffers_;
  std::size_t back_ = 0;  // the buffer that the next batch is made in
  bool pending_ = false;
  // Its own arena: the caller may call from any other, and a lone caller still makes progress.
  tbb::task_arena arena_;
  tbb::task_group group_;
};

}  // namespace slimming::inline v0
