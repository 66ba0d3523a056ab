// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Batches of a loader as inputs of an executor.
/// Area: train.

#include <slimming/core/config.hpp>         // index_t
#include <slimming/core/error.hpp>          // shape_mismatch
#include <slimming/data/batch.hpp>          // batch, batch_layout
#include <slimming/data/image_dataset.hpp>  // image_extents
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

}  // namespace slimming::inline v0
