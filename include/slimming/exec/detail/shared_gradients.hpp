// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Which gradients may live in one buffer.
/// Area: exec.
///
/// Gradients that flow backwards unchanged (residual adds, reshapes) form trees: a child's gradient
/// starts as its parent's. A tree may live in one buffer as long as nothing is added on behalf of
/// one member before another member, which must not see it, has been read. The backward pass runs
/// node positions downwards; a value's gradient is read at its producer's position and added to at
/// the positions of its consumers but the last, which starts it.

#include <slimming/model/op_node.hpp>  // value_id

#include <algorithm>  // std::count
#include <cstddef>    // std::size_t
#include <cstdint>    // std::int32_t
#include <utility>    // std::move
#include <vector>     // std::vector

namespace slimming::inline v0::exec::detail {

class shared_gradients {
 public:
  /// Positions per value: of its producer, and in order of the nodes that contribute a gradient.
  shared_gradients(std::vector<std::int32_t> producer,
                   std::vector<std::vector<std::int32_t>> contributors)
      : producer_(std::move(producer)),
        contributors_(std::move(contributors)),
        children_(producer_.size()) {}

  /// Whether the gradient of x, an input of y's producer, may take over the buffer of y's. If so,
  /// that is noted. Call in order of the nodes.
  [[nodiscard]] bool join(value_id x, value_id y) {
    std::vector<value_id> mine, others;
    collect(x, mine);
    for (const value_id sibling : children(y)) collect(sibling, others);
    if (std::count(others.begin(), others.end(), x) != 0) return false;
    for (const value_id a : mine)
      for (const value_id b : others)
        if (!is_read_before_additions(b, a) || !is_read_before_additions(a, b)) return false;
    children(y).push_back(x);
    return true;
  }

 private:
  std::vector<value_id>& children(value_id v) { return children_[static_cast<std::size_t>(v)]; }
  void collect(value_id v, std::vector<value_id>& into) {
    into.push_back(v);
    for (const value_id c : children(v)) collect(c, into);
  }
  // Everything that is added on behalf of `other` comes after `v` has been read.
  [[nodiscard]] bool is_read_before_additions(value_id v, value_id other) const {
    const auto& positions = contributors_[static_cast<std::size_t>(other)];
    for (std::size_t i = 0; i + 1 < positions.size(); ++i)
      if (positions[i] >= producer_[static_cast<std::size_t>(v)]) return false;
    return true;
  }

  std::vector<std::int32_t> producer_;
  std::vector<std::vector<std::int32_t>> contributors_;
  std::vector<std::vector<value_id>> children_;
};

}  // namespace slimming::inline v0::exec::detail
