// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What the graph knows of a parameter: its name, its memory and how to tell its owner a new shape.
/// Area: graph.

#include <slimming/core/array_ref.hpp>  // array_ref
#include <slimming/core/config.hpp>     // index_t

#include <cstdint>  // std::int32_t
#include <span>     // std::span
#include <string>   // std::string
#include <vector>   // std::vector

namespace slimming::inline v0 {

/// Handle of a parameter inside one channel_graph.
struct parameter_id {
  std::int32_t id = -1;

  [[nodiscard]] constexpr explicit operator bool() const noexcept { return id >= 0; }
  friend constexpr bool operator==(parameter_id, parameter_id) = default;
};

/// How an array relates to the channels that index one of its axes.
enum class role : std::uint8_t {
  weight,     ///< out axis of a convolution or linear kernel: a slice makes the channel
  weight_in,  ///< in axis of such a kernel: a slice reads the channel
  bias,       ///< is added: biases, batch-norm shifts
  scale,      ///< batch-norm gamma and other per-channel factors
  slope,      ///< parameter of an activation: learned, says nothing of importance
  statistic,  ///< is cut along, not learned: running mean and variance
  index       ///< a channel_select's list: entries name channels of the wide side
};

/// The owner's side of surgery. Both functions receive the extents after surgery.
///
/// One parameter of an owner carries the hooks (a layer's weight, a norm's gamma); its other arrays
/// may come without. `resized` is called once, after every array of the whole net has moved.
struct parameter_owner {
  void* object = nullptr;
  /// Asked before anything is written; false refuses the plan as a whole. May be null.
  bool (*accepts)(void* object, std::span<const index_t> extents) = nullptr;
  /// Tells the owner its new extents. May be null.
  void (*resized)(void* object, std::span<const index_t> extents) = nullptr;
  /// `resized` never throws. Owners of which this is false are told before the others, and surgery
  /// keeps what it needs to roll back: a `resized` that throws must leave its owner as it was; one
  /// that has run may be called again with the old extents, does not throw then, and its arrays lie
  /// where they lay (a std::vector that is only resized keeps its memory). One that reallocates,
  /// as by shrink_to_fit, must therefore be noexcept.
  bool resized_is_noexcept = false;
  /// What to do where `accepts` says no; a literal that ends the message. May be null.
  const char* advice = nullptr;

  friend bool operator==(const parameter_owner&, const parameter_owner&) = default;
};

/// A named array that surgery may slice.
///
/// One without memory and elements, such as `(n, 0)`, has extents and an owner all the same: bound
/// like any other, it tells a layer that has no array along these channels how many are left.
struct parameter {
  std::string name;
  array_ref array;
  parameter_owner owner = {};
  std::vector<parameter_owner> co_owners = {};  ///< further ones over the same memory

  /// Each owner is asked and told once, however often it is added.
  void add_owner(const parameter_owner& added) {
    constexpr parameter_owner nobody;
    if (added == nobody) return;
    if (owner == nobody) owner = added;
    bool is_known = owner == added;
    for (const parameter_owner& o : co_owners) is_known = is_known || o == added;
    if (!is_known) co_owners.push_back(added);
  }
  /// Calls `f` with every owner.
  template <class F>
  void for_each_owner(F f) const {
    f(owner);
    for (const parameter_owner& o : co_owners) f(o);
  }
};

}  // namespace slimming::inline v0
