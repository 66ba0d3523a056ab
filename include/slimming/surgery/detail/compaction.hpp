// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// In-place compaction of one contiguous array, prepared first, moved without allocating or
/// throwing.
/// Area: surgery.

#include <slimming/core/array_ref.hpp>            // array_ref
#include <slimming/core/config.hpp>               // index_t
#include <slimming/core/detail/ordering.hpp>      // smaller, larger
#include <slimming/plan/execution.hpp>            // task_runner
#include <slimming/plan/record.hpp>               // axis_cut
#include <slimming/surgery/detail/finishing.hpp>  // finishing
#include <slimming/surgery/detail/row_plan.hpp>   // row_plan

#include <cstddef>  // std::byte
#include <cstring>  // std::memcpy, std::memmove
#include <vector>   // std::vector

namespace slimming::inline v0::detail {

// Every index moves towards the front, so a forward walk reads each element before it is
// overwritten.
template <std::size_t Size>
inline std::byte* move_elements(std::byte* to, const std::byte* row,
                                const std::vector<index_t>& indices) noexcept {
  for (const index_t i : indices) {
    std::byte element[Size];
    std::memcpy(element, row + static_cast<std::size_t>(i) * Size, Size);
    std::memcpy(to, element, Size);
    to += Size;
  }
  return to;
}

class compaction {
 public:
  /// \pre as row_plan; \p cuts outlive this object.
  compaction(const array_ref& array, const std::vector<axis_cut>& cuts)
      : data_(array.data), plan_(array, cuts) {}

  /// Is there more than one task's worth?
  [[nodiscard]] bool is_large() const noexcept { return bytes() >= large; }

  /// Of one call of a runner.
  [[nodiscard]] std::size_t most_tasks() const noexcept {
    return is_large() ? static_cast<std::size_t>(plan_.rows_kept() / rows_per_task()) + 1 : 1;
  }

  /// Moves everything in order.
  void operator()() const noexcept {
    if (bytes() > 0) move_rows(0, plan_.rows_kept());
  }
  /// Moves everything. Large arrays are split for \p run: rows whose destinations lie before all
  /// sources that are still needed form a wave, and the rows of a wave may move in any order.
  /// \pre \p run runs every task, whatever happens: rows that have moved have no way back.
  template <task_runner Run>
  void operator()(finishing<Run>& run) const {
    if (!is_large()) return run.alone(*this);
    for (wave w = wave_from(0); w.first < w.last; w = wave_from(w.last)) {
      const index_t rows = w.last - w.first;
      const auto tasks = static_cast<std::size_t>((rows + w.rows_per_task - 1) / w.rows_per_task);
      if (tasks <= 1) {
        run.alone([&] { move_rows(w.first, w.last); });
        continue;
      }
      run(tasks, [&](std::size_t t) {
        const index_t first = w.first + static_cast<index_t>(t) * w.rows_per_task;
        move_rows(first, smaller(first + w.rows_per_task, w.last));
      });
    }
  }

 private:
  /// Rows that may move in any order once all rows before them have moved.
  struct wave {
    index_t first, last;
    index_t rows_per_task;
  };

  static constexpr std::size_t bytes_per_task = std::size_t{1} << 20, large = 8 * bytes_per_task;

  [[nodiscard]] std::size_t bytes() const noexcept {
    return static_cast<std::size_t>(plan_.rows_kept()) * plan_.row_size();
  }
  [[nodiscard]] index_t rows_per_task() const noexcept {
    const auto row = larger<std::size_t>(plan_.row_size(), 1);
    return larger<index_t>(static_cast<index_t>(bytes_per_task / row), 1);
  }
  /// The wave that starts with row \p first; empty behind the last row.
  [[nodiscard]] wave wave_from(index_t first) const noexcept {
    const index_t rows = plan_.rows_kept();
    if (first >= rows) return {first, rows, rows};
    const index_t per_task = rows_per_task();
    const auto source =
        static_cast<std::size_t>(row_plan::cursor(plan_, first).source_row()) * plan_.row_size();
    const auto reach = static_cast<index_t>(source / larger<std::size_t>(plan_.kept_size(), 1));
    index_t last = smaller(reach, rows);
    if (last >= first + 2 * per_task) return {first, last, per_task};
    last = smaller(first + per_task, rows);
    return {first, last, last - first};  // not worth splitting: move a stretch in order
  }

  void move_rows(index_t first, index_t last) const noexcept {
    row_plan::cursor row(plan_, first);
    std::byte* to = data_ + static_cast<std::size_t>(first) * plan_.kept_size();
    for (index_t r = first; r < last; ++r, row.next())
      to = move_row(to, data_ + static_cast<std::size_t>(row.source_row()) * plan_.row_size());
  }

  std::byte* move_row(std::byte* to, const std::byte* row) const noexcept {
    constexpr std::size_t short_run = 24;  // below, a call of memmove costs more than the elements
    if (!plan_.indices().empty() && plan_.kept_size() < short_run * plan_.runs().size()) {
      switch (plan_.block()) {
        case 1:
          return move_elements<1>(to, row, plan_.indices());
        case 2:
          return move_elements<2>(to, row, plan_.indices());
        case 4:
          return move_elements<4>(to, row, plan_.indices());
        case 8:
          return move_elements<8>(to, row, plan_.indices());
        default:
          break;
      }
    }
    for (const byte_run& run : plan_.runs()) {
      std::memmove(to, row + run.first, run.size);
      to += run.size;
    }
    return to;
  }

  std::byte* data_;
  row_plan plan_;
};

}  // namespace slimming::inline v0::detail
