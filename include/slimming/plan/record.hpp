// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What a plan says of parameters, by name and without a graph: what surgery needs and files hold.
/// Area: plan.

#include <slimming/core/config.hpp>  // index_t
#include <slimming/core/tensor.hpp>  // shape
#include <slimming/plan/cost.hpp>    // cost

#include <cstddef>   // std::size_t
#include <optional>  // std::optional
#include <string>    // std::string
#include <vector>    // std::vector

namespace slimming::inline v0 {

/// The slices of one axis that stay, increasing.
struct axis_cut {
  std::size_t axis = 0;
  std::vector<index_t> kept;

  friend bool operator==(const axis_cut&, const axis_cut&) = default;
};

/// The entries of an index list name channels of a value with `width` channels, of which these
/// stay:
/// after surgery entry e reads the position of e among them.
struct entry_cut {
  index_t width = 0;
  std::vector<index_t> kept;

  friend bool operator==(const entry_cut&, const entry_cut&) = default;
};

/// One parameter: its shape before, and the axes that lose something.
struct parameter_cut {
  std::string name;
  shape before;
  std::vector<axis_cut> axes = {};  ///< by increasing axis
  std::optional<entry_cut> entries = {};

  /// Neither shape nor contents change.
  [[nodiscard]] bool is_untouched() const noexcept { return axes.empty() && !entries; }
  /// The slices of \p axis that stay, or null if all do.
  [[nodiscard]] const std::vector<index_t>* kept(std::size_t axis) const {
    for (const axis_cut& a : axes)
      if (a.axis == axis) return &a.kept;
    return nullptr;
  }
  [[nodiscard]] shape after() const {
    shape extents = before;
    for (const axis_cut& a : axes) extents[a.axis] = static_cast<index_t>(a.kept.size());
    return extents;
  }
  friend bool operator==(const parameter_cut&, const parameter_cut&) = default;
};

/// Why a unit kept channels that the policy could have wanted.
enum class skip_reason {
  pinned,        ///< a pin of the graph
  ignored,       ///< a pattern of constraints::ignore
  approximate,   ///< its removal would not be exact
  selected,      ///< a selection reads it for channels that stay
  no_score,      ///< the criterion counts nothing of it
  minimum_width  ///< it has reached the smallest width that the constraints allow
};

/// Channels that stayed for a reason that a report should repeat.
struct skipped_unit {
  std::string at;  ///< name of the first value that carries them
  index_t channels = 0;
  skip_reason why = skip_reason::pinned;
  std::string reason;

  friend bool operator==(const skipped_unit&, const skipped_unit&) = default;
};

struct plan_record {
  std::vector<parameter_cut> parameters;  ///< every parameter of the network, cut or not
  std::vector<skipped_unit> skipped;
  cost before, after;

  friend bool operator==(const plan_record&, const plan_record&) = default;
};

}  // namespace slimming::inline v0
