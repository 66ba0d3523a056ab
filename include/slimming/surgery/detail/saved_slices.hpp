// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What a cut removes from one array, and its way back.
/// Area: surgery.

#include <slimming/core/array_ref.hpp>           // array_ref
#include <slimming/core/config.hpp>              // index_t
#include <slimming/core/tensor.hpp>              // aligned_bytes
#include <slimming/plan/record.hpp>              // parameter_cut
#include <slimming/surgery/detail/row_plan.hpp>  // row_plan

#include <cstddef>  // std::byte
#include <cstring>  // std::memcpy, std::memmove
#include <vector>   // std::vector

namespace slimming::inline v0::detail {

/// The removed bytes in memory order. An index list is kept whole, because its entries change too.
class saved_slices {
 public:
  saved_slices() = default;  // of an array that loses nothing
  /// Copies what will go. \pre the array is contiguous and not cut yet; \p cut outlives this
  /// object.
  saved_slices(const array_ref& array, const parameter_cut& cut)
      : plan_(array, cut.axes), is_whole_(cut.entries.has_value()) {
    const std::size_t whole = static_cast<std::size_t>(array.size()) * size_of(array.type);
    if (whole == 0) return;
    rows_ = whole / plan_.row_size();
    if (is_whole_) {
      bytes_ = aligned_bytes(whole);
      std::memcpy(bytes_.data(), array.data, whole);
      return;
    }
    is_kept_.assign(rows_, 0);
    row_plan::cursor row(plan_, 0);
    for (index_t r = 0; r < plan_.rows_kept(); ++r, row.next())
      is_kept_[static_cast<std::size_t>(row.source_row())] = 1;
    bytes_ = aligned_bytes(whole - static_cast<std::size_t>(plan_.rows_kept()) * plan_.kept_size());
    std::byte* to = bytes_.data();
    for (std::size_t r = 0; r < rows_; ++r) to = save_row(to, array.data + r * plan_.row_size(), r);
  }

  /// Spreads the kept bytes at the front of \p data to their old places and puts the others
  /// between.
  /// \pre the memory has its old size again.
  void restore(std::byte* data) const noexcept {
    if (bytes_.size() == 0) return;  // nothing was cut, so nothing has moved
    if (is_whole_) {
      std::memcpy(data, bytes_.data(), bytes_.size());
      return;
    }
    // From the back: every kept run moves away from the front, so nothing unread is overwritten.
    const std::byte* saved = bytes_.data() + bytes_.size();
    const std::byte* kept = data + static_cast<std::size_t>(plan_.rows_kept()) * plan_.kept_size();
    for (std::size_t r = rows_; r-- > 0;) {
      std::byte* row = data + r * plan_.row_size();
      std::size_t end = plan_.row_size();
      if (is_kept_[r])
        for (std::size_t k = plan_.runs().size(); k-- > 0;) {
          const byte_run& run = plan_.runs()[k];
          const std::size_t gap = end - (run.first + run.size);
          std::memcpy(row + run.first + run.size, saved -= gap, gap);
          std::memmove(row + run.first, kept -= run.size, run.size);
          end = run.first;
        }
      std::memcpy(row, saved -= end, end);
    }
  }

 private:
  [[nodiscard]] std::byte* save_row(std::byte* to, const std::byte* row, std::size_t r) const {
    std::size_t at = 0;
    const auto save = [&](std::size_t end) {
      if (end > at) std::memcpy(to, row + at, end - at);
      to += end - at;
    };
    if (is_kept_[r])
      for (const byte_run& run : plan_.runs()) {
        save(run.first);
        at = run.first + run.size;
      }
    save(plan_.row_size());
    return to;
  }

  row_plan plan_;
  bool is_whole_ = false;
  std::size_t rows_ = 0;
  std::vector<char> is_kept_;
  aligned_bytes bytes_;
};

}  // namespace slimming::inline v0::detail
