// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The way back from surgery: removed slices, kept until the caller is sure.
/// Area: surgery.

#include <slimming/core/array_ref.hpp>               // array_ref
#include <slimming/core/error.hpp>                   // bad_value, shape_mismatch
#include <slimming/core/tensor.hpp>                  // shape, are_equal
#include <slimming/graph/parameter.hpp>              // parameter
#include <slimming/plan/execution.hpp>               // task_runner
#include <slimming/plan/record.hpp>                  // parameter_cut
#include <slimming/surgery/detail/audience.hpp>      // audience
#include <slimming/surgery/detail/operation.hpp>     // matched
#include <slimming/surgery/detail/saved_slices.hpp>  // saved_slices

#include <cstring>      // std::memcpy
#include <span>         // std::span
#include <string_view>  // std::string_view
#include <vector>       // std::vector

namespace slimming::inline v0 {

/// What one surgery removed. Weights that stayed keep the values that they have by then, so undoing
/// after training gives trained weights among the old ones.
class undo_log {
 public:
  undo_log() = default;
  undo_log(undo_log&&) = default;  // moves only: the slices refer to the cuts beside them
  undo_log& operator=(undo_log&&) = default;
  /// Saves what the cuts of \p pairs will remove; \p owners are theirs.
  template <task_runner Run>
  undo_log(const std::vector<detail::matched>& pairs, const detail::audience& owners,
           const Run& run)
      : owners_(owners) {
    entries_.reserve(pairs.size());
    for (const auto& [what, cut] : pairs) entries_.push_back({*what, *cut, {}});
    run(entries_.size(), [&](std::size_t k) {
      entry& e = entries_[k];
      if (!e.cut.is_untouched()) e.saved = detail::saved_slices(e.what.array, e.cut);
    });
  }

  [[nodiscard]] bool is_empty() const noexcept { return entries_.empty(); }

  /// Gives every owner its old extents, then every array its old contents, at its old address.
  ///
  /// \pre a `resized` with the old extents brings the memory back to where it was: true of a
  /// std::vector that has only been resized. Where it is not, use restore_into.
  /// \throws what an owner throws; owners and arrays are as before then.
  void restore() {
    owners_.tell_before();
    restore_arrays();
    *this = undo_log();
  }
  /// Gives every array its old contents, at its old address, and tells nobody: owners have not
  /// heard of the surgery, or have been told the old extents.
  void restore_arrays() noexcept {
    for (const entry& e : entries_) e.saved.restore(e.what.array.data);
  }
  /// Puts the old shape of one parameter together in \p destination, from the array after surgery.
  /// \throws bad_value       if the log knows no such parameter, or an array is not contiguous.
  /// \throws shape_mismatch  if an array has another shape.
  void restore_into(std::string_view name, const array_ref& pruned,
                    const array_ref& destination) const {
    for (const entry& e : entries_) {
      if (e.what.name != name) continue;
      require(pruned, e.cut.after(), name);
      require(destination, e.cut.before, name);
      detail::require_compactable(destination, name);
      std::memcpy(destination.data, pruned.data,
                  static_cast<std::size_t>(pruned.size()) * size_of(pruned.type));
      e.saved.restore(destination.data);
      return;
    }
    throw bad_value(name, "the log knows no parameter of this name");
  }

 private:
  struct entry {
    parameter what;
    parameter_cut cut;
    detail::saved_slices saved;  // refers to `cut`
  };

  void require(const array_ref& array, const shape& extents, std::string_view name) const {
    if (!are_equal(extents, array.extents()))
      throw shape_mismatch(
          name, "expected " + to_string(extents) + ", got " + to_string(array.extents()));
    if (!array.is_contiguous()) throw bad_value(name, "is not contiguous");
  }

  detail::audience owners_;
  std::vector<entry> entries_;
};

}  // namespace slimming::inline v0
