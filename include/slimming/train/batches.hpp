// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Batches of a loader as inputs of an executor.
/// Area: train. A device that makes batches itself: <slimming/cuda/batches.cuh>.

#include <slimming/core/config.hpp>         // index_t
#include <slimming/core/error.hpp>          // shape_mismatch
#include <slimming/data/batch.hpp>          // batch, batch_layout
#include <slimming/data/image_dataset.hpp>  // image_extents
#include <slimming/data/loader.hpp>         // loader
#include <slimming/exec/executor.hpp>       // executor
#include <slimming/exec/value_layout.hpp>   // value_layout

#include <algorithm>  // std::copy
#include <span>       // std::span
#include <vector>     // std::vector

namespace slimming::inline v0 {

/// The layout in which a loader should make batches for a device: no conversion is needed then.
template <exec::execution_device Device>
[[nodiscard]] batch_layout batches_for(image_extents image) {
  return batch_layout::nhwc(Device::channel_stride(image.channels));
}

/// Sets input 0 from a batch in NCHW or in the executor's own layout. What a batch that is not full
/// leaves is filled with zeros; \p scratch holds such a batch.
/// \throws shape_mismatch  if the images or their number do not fit.
template <exec::execution_device Device>
void set_batch(executor<Device>& net, const exec::value_layout& in, const batch& images,
               std::vector<float>& scratch) {
  const shape& got = images.images.extents();
  const shape planar{images.size(), in.channels, in.height, in.width};
  const shape pixels{images.size(), in.height, in.width, in.stride};
  const bool in_place = got == pixels;
  const bool is_matrix = in.extents.size() == 2;  // a network on flat images
  if (images.size() > in.batch) throw shape_mismatch("batch size", in.batch, images.size());
  if (!in_place && got != planar &&
      !(is_matrix && images.images.size() == images.size() * in.channels))
    throw shape_mismatch("batch of images",
                         "expected " + to_string(planar) + ", got " + to_string(got));
  std::span<const float> values = images.images.values<float>();
  if (images.size() < in.batch) {
    scratch.assign(static_cast<std::size_t>(in_place ? in.floats() : in.elements()), 0.0f);
    std::copy(values.begin(), values.end(), scratch.begin());
    values = scratch;
  }
  if (in_place)
    net.set_input_in_place(0, values);
  else
    net.set_input(0, values);
}

/// Brings a loader's batches into an executor: input 0 and, where there is a loss, the classes.
template <exec::execution_device Device>
class loader_feed {
 public:
  /// Keeps references to both.
  loader_feed(executor<Device>& net, loader& images) : net_(net), images_(images) {}

  /// The batch at `images.position()`, which advances; returns its classes, valid until the next
  /// call.
  /// \throws shape_mismatch  if the images do not fit the network; bad_value if a class does not.
  std::span<const index_t> next() {
    const batch& present = images_.next();
    set_batch(net_, net_.input_layout(0), present, scratch_);
    if (net_.options().loss) net_.set_labels(present.labels);
    return present.labels;
  }

 private:
  executor<Device>& net_;
  loader& images_;
  std::vector<float> scratch_;
};

namespace detail {

template <class Device>
struct feed_of {
  using type = loader_feed<Device>;
};
template <class Device>
requires requires { typename Device::template batch_feed<loader>; }
struct feed_of<Device> {
  using type = typename Device::template batch_feed<loader>;
};

}  // namespace detail

/// What trainer and evaluator read batches with: the device's own `batch_feed<Loader>`, if it makes
/// batches where it computes, and otherwise loader_feed, whose contract it keeps.
template <exec::execution_device Device>
using feed_for = typename detail::feed_of<Device>::type;

}  // namespace slimming::inline v0
