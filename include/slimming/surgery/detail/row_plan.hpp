// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A contiguous array under a cut, seen as rows of runs: what stays of each row, and which rows
/// stay.
/// Area: surgery.

#include <slimming/core/array_ref.hpp>  // array_ref
#include <slimming/core/config.hpp>     // index_t
#include <slimming/core/dtype.hpp>      // size_of
#include <slimming/plan/record.hpp>     // axis_cut

#include <array>    // std::array
#include <cstddef>  // std::byte, std::size_t
#include <vector>   // std::vector

namespace slimming::inline v0::detail {

/// Bytes [first, first + size) of a row.
struct byte_run {
  std::size_t first, size;
};

/// Geometry only, in bytes; knows no memory.
///
/// The axes in front are walked row by row; the rest of a row is memory order. Rows are as long as
/// they can be while what stays of them repeats in every row.
class row_plan {
 public:
  row_plan() = default;
  /// \pre \p array is contiguous; \p cuts name increasing axes of it with increasing indices in
  /// range.
  row_plan(const array_ref& array, const std::vector<axis_cut>& cuts) {
    std::array<const std::vector<index_t>*, array_ref::max_rank> kept{};
    std::size_t last = 0;
    for (const axis_cut& c : cuts) {
      kept[c.axis] = &c.kept;
      last = c.axis;
    }
    std::size_t block = size_of(array.type);
    for (std::size_t axis = last + 1; axis < array.rank; ++axis)
      block *= static_cast<std::size_t>(array.extent[axis]);
    // Long blocks are rows of their own: nothing is gained by collecting runs of them.
    constexpr std::size_t long_block = 256;
    const bool is_row_per_index = block >= long_block || cuts.empty();
    outer_axes_ = cuts.empty() ? 0 : last + (is_row_per_index ? 1 : 0);
    rows_kept_ = 1;
    for (std::size_t axis = 0; axis < outer_axes_; ++axis) {
      outer_[axis] = {array.extent[axis], kept[axis] ? kept[axis]->data() : nullptr,
                      kept[axis] ? static_cast<index_t>(kept[axis]->size()) : array.extent[axis]};
      rows_kept_ *= outer_[axis].kept_count;
    }
    if (is_row_per_index) {
      row_size_ =
          cuts.empty() ? static_cast<std::size_t>(array.size()) * size_of(array.type) : block;
      runs_.push_back({0, row_size_});
      kept_size_ = row_size_;
      return;
    }
    block_ = block;
    indices_ = *kept[last];
    row_size_ = static_cast<std::size_t>(array.extent[last]) * block;
    kept_size_ = indices_.size() * block;
    for (const index_t i : indices_) {
      const std::size_t at = static_cast<std::size_t>(i) * block;
      if (!runs_.empty() && runs_.back().first + runs_.back().size == at)
        runs_.back().size += block;
      else
        runs_.push_back({at, block});
    }
  }

  [[nodiscard]] index_t rows_kept() const noexcept { return rows_kept_; }
  [[nodiscard]] std::size_t row_size() const noexcept { return row_size_; }
  [[nodiscard]] std::size_t kept_size() const noexcept { return kept_size_; }
  /// What stays of a row, in memory order, neighbours joined.
  [[nodiscard]] const std::vector<byte_run>& runs() const noexcept { return runs_; }
  /// The same as indices of blocks of block() bytes. Empty if rows stay whole.
  [[nodiscard]] const std::vector<index_t>& indices() const noexcept { return indices_; }
  [[nodiscard]] std::size_t block() const noexcept { return block_; }

  /// Walks the rows that stay, from any of them on.
  class cursor {
   public:
    /// \pre 0 <= row < rows_kept(), or the cursor is not used.
    cursor(const row_plan& plan, index_t row) noexcept : plan_(&plan) {
      if (plan.rows_kept_ == 0) return;  // on some axis there is nothing to count modulo
      for (std::size_t axis = plan.outer_axes_; axis-- > 0;) {
        at_[axis] = row % plan.outer_[axis].kept_count;
        row /= plan.outer_[axis].kept_count;
      }
    }
    /// Number of the present row among all rows.
    [[nodiscard]] index_t source_row() const noexcept {
      index_t row = 0;
      for (std::size_t axis = 0; axis < plan_->outer_axes_; ++axis) {
        const outer_axis& o = plan_->outer_[axis];
        row = row * o.extent + (o.kept ? o.kept[at_[axis]] : at_[axis]);
      }
      return row;
    }
    void next() noexcept {
      for (std::size_t axis = plan_->outer_axes_; axis-- > 0;) {
        if (++at_[axis] < plan_->outer_[axis].kept_count) return;
        at_[axis] = 0;
      }
    }

   private:
    const row_plan* plan_;
    std::array<index_t, array_ref::max_rank> at_{};
  };

 private:
  struct outer_axis {
    index_t extent;
    const index_t* kept;  // null: all. Points into the cuts, which outlive this object.
    index_t kept_count;
  };

  std::size_t outer_axes_ = 0;
  std::array<outer_axis, array_ref::max_rank> outer_{};
  index_t rows_kept_ = 0;
  std::size_t row_size_ = 0, kept_size_ = 0, block_ = 0;
  std::vector<byte_run> runs_;
  std::vector<index_t> indices_;
};

}  // namespace slimming::inline v0::detail
