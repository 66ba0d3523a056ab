// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Sums over all axes but one, for one or two axes at a time, in a single pass over the memory.
/// Area: plan. Sums are in double; tasks are cut by shape, so any runner gives the same bits.

#include <slimming/core/array_ref.hpp>        // array_ref
#include <slimming/core/config.hpp>           // index_t
#include <slimming/core/detail/ordering.hpp>  // smaller, larger
#include <slimming/core/dtype.hpp>            // visit_floating
#include <slimming/core/error.hpp>            // unsupported
#include <slimming/plan/execution.hpp>        // task_runner

#include <array>        // std::array
#include <string>       // std::string
#include <string_view>  // std::string_view
#include <utility>      // std::exchange
#include <vector>       // std::vector

namespace slimming::inline v0::detail {

/// One array and the axes that want their sums; `sums[axis][i]` belongs to index i of `axis`.
struct axis_sums_job {
  array_ref array;
  std::string_view name;
  std::array<bool, array_ref::max_rank> is_wanted{};            // of one axis or more
  std::array<std::vector<double>, array_ref::max_rank> sums{};  // filled in
};

struct absolute {
  constexpr double operator()(double x) const noexcept { return x < 0 ? -x : x; }
};
struct square {
  constexpr double operator()(double x) const noexcept { return x * x; }
};

template <class T>
[[nodiscard]] constexpr double to_double(T x) noexcept {
  return static_cast<double>(x);
}
[[nodiscard]] constexpr double to_double(float16 x) noexcept { return float{x}; }
[[nodiscard]] constexpr double to_double(bfloat16 x) noexcept { return float{x}; }

// Independent partial sums: the compiler may not reorder one long sum, so it could not use vectors.
template <class T, class Map>
[[nodiscard]] double sum_of_run(const T* x, std::size_t n, Map map) noexcept {
  constexpr std::size_t lanes = 16;
  std::array<double, lanes> part{};
  for (; n >= lanes; n -= lanes, x += lanes)
    for (std::size_t l = 0; l < lanes; ++l) part[l] += map(to_double(x[l]));
  for (std::size_t l = 0; l < n; ++l) part[l] += map(to_double(x[l]));
  for (std::size_t half = lanes / 2; half > 0; half /= 2)
    for (std::size_t l = 0; l < half; ++l) part[l] += part[l + half];
  return part[0];
}

/// Adds the rows to `column`, and where \p row_sums is not null, each row's sum to its entry there.
/// Four rows at a time: each is a stream of its own that the processor fetches ahead.
template <class T, class Map>
void add_rows(const T* x, index_t rows, index_t width, Map map, double* row_sums, double* column) {
  constexpr index_t group = 4, lanes = 8;
  index_t r = 0;
  for (; r + group <= rows; r += group, x += group * width) {
    std::array<std::array<double, lanes>, group> part{};
    const T *b = x + width, *c = b + width, *d = c + width;
    const auto add = [&](index_t k, std::size_t lane) {
      const double w[] = {map(to_double(x[k])), map(to_double(b[k])), map(to_double(c[k])),
                          map(to_double(d[k]))};
      column[k] += (w[0] + w[1]) + (w[2] + w[3]);
      for (std::size_t i = 0; i < group; ++i) part[i][lane] += w[i];
    };
    index_t k = 0;
    for (; k + lanes <= width; k += lanes)
      for (std::size_t lane = 0; lane < lanes; ++lane) add(k + static_cast<index_t>(lane), lane);
    for (std::size_t lane = 0; k < width; ++k, ++lane) add(k, lane);
    if (row_sums)
      for (std::size_t i = 0; i < group; ++i)
        row_sums[r + static_cast<index_t>(i)] +=
            sum_of_run(part[i].data(), lanes, [](double p) { return p; });
  }
  for (; r < rows; ++r, x += width) {
    for (index_t k = 0; k < width; ++k) column[k] += map(to_double(x[k]));
    if (row_sums) row_sums[r] += sum_of_run(x, static_cast<std::size_t>(width), map);
  }
}

/// A contiguous array seen as `rows` x `width`: rows carry one wanted axis, columns another one.
struct matrix_form {
  index_t rows = 1, width = 1;
  index_t rows_per_index = 1, row_indices = 0;        // axis of the rows; 0 indices: none
  index_t columns_per_index = 1, column_indices = 0;  // axis of the columns

  [[nodiscard]] index_t row_index(index_t r) const noexcept {
    return (r / rows_per_index) % row_indices;
  }
};

/// For one wanted axis (\p front and \p back are equal) or two.
[[nodiscard]] inline matrix_form matrix_form_of(const array_ref& array, std::size_t front,
                                                std::size_t back) {
  const auto product = [&](std::size_t first, std::size_t last) {
    index_t n = 1;
    for (std::size_t axis = first; axis < last; ++axis) n *= array.extent[axis];
    return n;
  };
  const std::size_t rank = array.rank;
  constexpr index_t long_run = 32;  // worth a row sum of its own
  matrix_form m;
  if (front != back) {
    m.row_indices = array.extent[front];
    m.rows_per_index = product(front + 1, back);
    m.rows = product(0, back);
    m.column_indices = array.extent[back];
    m.columns_per_index = product(back + 1, rank);
    m.width = product(back, rank);
  } else if (product(front + 1, rank) >= long_run) {
    m.row_indices = array.extent[front];
    m.rows = product(0, front + 1);
    m.width = product(front + 1, rank);
  } else {
    m.rows = product(0, front);
    m.column_indices = array.extent[front];
    m.columns_per_index = product(front + 1, rank);
    m.width = product(front, rank);
  }
  return m;
}

/// The rows [first, last) of a matrix form. `column` is private to the call.
template <class T, class Map>
void sum_rows(const T* data, const matrix_form& m, index_t first, index_t last, Map map,
              std::vector<double>& row_sums, std::vector<double>& column) {
  if (m.row_indices > 0) row_sums.assign(static_cast<std::size_t>(last - first), 0.0);
  if (m.column_indices == 0) {
    for (index_t r = first; r < last; ++r)
      row_sums[static_cast<std::size_t>(r - first)] =
          sum_of_run(data + r * m.width, static_cast<std::size_t>(m.width), map);
    return;
  }
  column.assign(static_cast<std::size_t>(m.width), 0.0);
  add_rows(data + first * m.width, last - first, m.width, map,
           m.row_indices > 0 ? row_sums.data() : nullptr, column.data());
}

/// Any strides, any number of axes: one element at a time.
template <class T, class Map>
void sum_elements(axis_sums_job& job, Map map) {
  const array_ref& a = job.array;
  if (a.size() == 0) return;
  std::array<double*, array_ref::max_rank> sums{};  // of the wanted axes
  std::array<std::size_t, array_ref::max_rank> axes{};
  std::size_t wanted = 0;
  for (std::size_t axis = 0; axis < a.rank; ++axis) {
    if (!job.is_wanted[axis]) continue;
    axes[wanted] = axis;
    sums[wanted++] = job.sums[axis].data();
  }
  std::array<index_t, array_ref::max_rank> at{};
  const auto* x = reinterpret_cast<const T*>(a.data);
  for (bool more = true; more;) {
    const double value = map(to_double(*x));
    for (std::size_t k = 0; k < wanted; ++k) sums[k][at[axes[k]]] += value;
    more = false;
    for (std::size_t axis = a.rank; axis-- > 0 && !more;) {
      x += a.stride[axis];
      more = ++at[axis] < a.extent[axis];
      if (!more) x -= a.stride[axis] * std::exchange(at[axis], 0);
    }
  }
}

/// Fills `sums` of all jobs with the sums of `map(x)`.
template <class Map, task_runner Run>
void sum_over_axes(std::vector<axis_sums_job>& jobs, Map map, const Run& run) {
  struct task {
    std::size_t job;
    std::size_t front, back;  // first and last wanted axis
    matrix_form form;
    index_t first, last;
    bool is_strided;
    std::vector<double> row_sums, column;
  };
  constexpr index_t elements_per_task = index_t{1} << 21;
  std::vector<task> tasks;
  for (std::size_t j = 0; j < jobs.size(); ++j) {
    auto& job = jobs[j];
    if (!is_floating(job.array.type))
      throw unsupported(job.name,
                        "importance of elements of type " + std::string(name_of(job.array.type)));
    std::size_t wanted = 0, front = 0, back = 0;
    for (std::size_t axis = 0; axis < job.array.rank; ++axis) {
      if (!job.is_wanted[axis]) continue;
      job.sums[axis].assign(static_cast<std::size_t>(job.array.extent[axis]), 0.0);
      if (wanted++ == 0) front = axis;
      back = axis;
    }
    if (wanted > 2 || !job.array.is_contiguous()) {
      tasks.push_back({j, front, back, {}, 0, 0, true, {}, {}});
      continue;
    }
    const matrix_form m = matrix_form_of(job.array, front, back);
    const index_t step = larger<index_t>(elements_per_task / larger<index_t>(m.width, 1), 8);
    for (index_t r = 0; r < m.rows; r += step)
      tasks.push_back({j, front, back, m, r, smaller(r + step, m.rows), false, {}, {}});
  }
  run(tasks.size(), [&](std::size_t k) {
    task& t = tasks[k];
    axis_sums_job& job = jobs[t.job];
    visit_floating(job.array.type, job.name, [&]<class T>() {
      if (t.is_strided)
        sum_elements<T>(job, map);
      else
        sum_rows(reinterpret_cast<const T*>(job.array.data), t.form, t.first, t.last, map,
                 t.row_sums, t.column);
    });
  });
  for (const task& t : tasks) {  // in order of rows: the same sum for every runner
    auto& sums = jobs[t.job].sums;
    for (std::size_t i = 0; i < t.row_sums.size(); ++i)
      sums[t.front]
          [static_cast<std::size_t>(t.form.row_index(t.first + static_cast<index_t>(i)))] +=
          t.row_sums[i];
    const auto per_index = static_cast<std::size_t>(t.form.columns_per_index);
    for (std::size_t k = 0; k < t.column.size(); ++k) sums[t.back][k / per_index] += t.column[k];
  }
}

}  // namespace slimming::inline v0::detail
