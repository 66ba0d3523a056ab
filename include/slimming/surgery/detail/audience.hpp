// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Whom a surgery tells of new extents, and the way back if one of them throws.
/// Area: surgery.

#include <slimming/core/tensor.hpp>               // shape
#include <slimming/graph/parameter.hpp>           // parameter_owner
#include <slimming/surgery/detail/operation.hpp>  // matched

#include <cstddef>  // std::size_t
#include <vector>   // std::vector

namespace slimming::inline v0::detail {

/// The owners of every array that changes shape, and its extents. Telling allocates nothing.
class audience {
 public:
  audience() = default;
  /// Those that may throw come first, so no other is ever told to go back.
  explicit audience(const std::vector<matched>& pairs) {
    for (const bool is_noexcept : {false, true})
      for (const matched& pair : pairs) {
        if (pair.cut->axes.empty()) continue;
        pair.what->for_each_owner([&](const parameter_owner& owner) {
          if (owner.resized && owner.resized_is_noexcept == is_noexcept)
            listeners_.push_back({owner, pair.cut->before, pair.cut->after()});
        });
      }
  }

  [[nodiscard]] bool may_throw() const noexcept {
    return !listeners_.empty() && !listeners_.front().owner.resized_is_noexcept;
  }
  /// Tells every owner its extents after surgery.
  /// \throws what an owner throws; those told before have been told the old extents then.
  void tell_after() const { tell(&listener::after, &listener::before); }
  /// The same on the way back.
  void tell_before() const { tell(&listener::before, &listener::after); }

 private:
  struct listener {
    parameter_owner owner;
    shape before, after;
  };

  void tell(shape listener::*present, shape listener::*past) const {
    std::size_t told = 0;
    try {
      for (; told < listeners_.size(); ++told) call(listeners_[told], present);
    } catch (...) {
      take_back(told, past);
      throw;
    }
  }
  void take_back(std::size_t told, shape listener::*past) const noexcept {
    while (told-- > 0) call(listeners_[told], past);
  }
  static void call(const listener& l, shape listener::*extents) {
    const auto call = [&]() { l.owner.resized(l.owner.object, l.*extents); };
    if (l.owner.resized_is_noexcept)
      [&]() noexcept { call(); }();  // a broken promise ends the program, as noexcept does
    else
      call();
  }

  std::vector<listener> listeners_;
};

}  // namespace slimming::inline v0::detail
