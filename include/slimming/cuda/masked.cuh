// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Between a network on the device and its compact version there: what masked training exchanges.
/// Area: cuda. Device twin of <slimming/train/masked.hpp>, which makes the compact network and says
/// what masked training means.

#include <slimming/core/config.hpp>    // index_t
#include <slimming/core/error.hpp>     // bad_value, shape_mismatch
#include <slimming/core/tensor.hpp>    // shape, to_string
#include <slimming/cuda/device.cuh>    // device
#include <slimming/cuda/slice.cuh>     // slice_plan, gather, scatter
#include <slimming/exec/executor.hpp>  // executor
#include <slimming/plan/record.hpp>    // parameter_cut

#include <algorithm>  // std::find_if
#include <cstddef>    // std::byte
#include <span>       // std::span
#include <utility>    // std::exchange
#include <vector>     // std::vector

namespace slimming::inline v0::cuda {

namespace detail {

// Distances on the device between neighbours along each axis of a parameter's file order.
inline std::vector<index_t> device_strides(const exec::parameter& p) {
  const std::size_t rank = p.extents.size();
  std::vector<float> file(static_cast<std::size_t>(element_count(p.extents)));
  std::vector<float> packed(static_cast<std::size_t>(p.layout.floats));
  const auto place_of = [&](index_t element) {  // where one number goes
    file[static_cast<std::size_t>(element)] = 1.0f;
    std::fill(packed.begin(), packed.end(), 0.0f);
    p.layout.pack(file.data(), packed.data());
    file[static_cast<std::size_t>(element)] = 0.0f;
    return static_cast<index_t>(std::find(packed.begin(), packed.end(), 1.0f) - packed.begin());
  };
  const index_t origin = place_of(0);
  index_t row_major = 1;
  index_t last = origin;
  std::vector<index_t> strides(rank, 0);
  for (std::size_t axis = rank; axis-- > 0;) {
    if (p.extents[axis] > 1) strides[axis] = place_of(row_major) - origin;
    last += (p.extents[axis] - 1) * strides[axis];
    row_major *= p.extents[axis];
  }
  if (origin != 0 || place_of(row_major - 1) != last)
    throw unsupported(p.name, "does not lie in strides on the device");
  return strides;
}

}  // namespace detail

/// Moves parameters, statistics and velocities of a whole net in one launch each way.
template <class T, platform Platform>
class masked_transfer {
 public:
  using executor_type = executor<device<T, Platform>>;

  /// \p cuts is `record().parameters` of the plan that made \p narrow's model from \p wide's. Keeps
  /// references to both executors.
  /// \throws bad_value, shape_mismatch  if parameters do not belong together.
  masked_transfer(executor_type& wide, executor_type& narrow, std::span<const parameter_cut> cuts)
      : wide_(wide), narrow_(narrow) {
    slice_plan<float> plan;
    for (const exec::parameter& p : narrow.parameters()) add(p, cuts, plan);
    std::vector<std::byte> image(plan.bytes());
    Platform& on = narrow.device().on();
    memory_ = on.allocate(static_cast<index_t>(plan.bytes()));
    tables_ = plan.place(image, memory_.data());
    on.upload(image.data(), memory_.data(), static_cast<index_t>(image.size()));
  }

  /// The live part of the wide network's parameters and velocities becomes the narrow one's.
  void gather() {
    wide_.device().synchronize();
    cuda::gather(narrow_.device().stream(), tables_);
    narrow_.device().renew_copies();
  }
  /// And back; what is not live stays as it is. Waits for the narrow network's work.
  void scatter() {
    wide_.device().synchronize();
    cuda::scatter(narrow_.device().stream(), tables_);
    narrow_.device().synchronize();
    wide_.device().renew_copies();
  }

 private:
  void add(const exec::parameter& p, std::span<const parameter_cut> cuts, slice_plan<float>& plan) {
    const auto all = wide_.parameters();
    const auto whole = std::find_if(all.begin(), all.end(),
                                    [&](const exec::parameter& q) { return q.name == p.name; });
    if (whole == all.end()) throw bad_value(p.name, "the network has no such parameter");
    const auto cut = std::find_if(cuts.begin(), cuts.end(),
                                  [&](const parameter_cut& c) { return c.name == p.name; });
    const shape before = cut == cuts.end() ? p.extents : cut->before;
    const shape after = cut == cuts.end() ? p.extents : cut->after();
    if (whole->extents != before || p.extents != after)
      throw shape_mismatch(p.name, "expected " + to_string(before) + " and " + to_string(after) +
                                       ", got " + to_string(whole->extents) + " and " +
                                       to_string(p.extents));
    const auto wide_strides = detail::device_strides(*whole);
    const auto narrow_strides = detail::device_strides(p);
    std::vector<slice_axis> axes;
    for (std::size_t k = 0; k < before.size(); ++k) {
      slice_axis axis{before[k]};
      if (const auto* kept = cut == cuts.end() ? nullptr : cut->kept(k))
        axis.kept.emplace(kept->begin(), kept->end());
      axis.wide_stride = wide_strides[k];
      axis.narrow_stride = narrow_strides[k];
      axes.push_back(std::move(axis));
    }
    plan.add(wide_.value_memory(*whole).data(), narrow_.value_memory(p).data(), axes, p.name);
    if (p.velocity && whole->velocity)
      plan.add(wide_.velocity_memory(*whole).data(), narrow_.velocity_memory(p).data(), axes,
               p.name);
  }

  executor_type& wide_;
  executor_type& narrow_;
  typename Platform::memory memory_;
  slice_tables<float> tables_;
};

}  // namespace slimming::inline v0::cuda
