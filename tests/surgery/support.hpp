// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A naive oracle for surgery: one element at a time, over bytes.

#include <slimming/core/array_ref.hpp>
#include <slimming/core/random.hpp>
#include <slimming/core/tensor.hpp>
#include <slimming/plan/record.hpp>

#include <vector>

namespace test {

namespace sl = slimming;

/// What stays of \p a, row-major.
inline std::vector<std::byte> naive_slice(const sl::array_ref& a,
                                          const std::vector<sl::axis_cut>& cuts) {
  std::vector<std::vector<sl::index_t>> kept(a.rank);
  for (std::size_t axis = 0; axis < a.rank; ++axis)
    for (sl::index_t i = 0; i < a.extent[axis]; ++i) kept[axis].push_back(i);
  for (const auto& c : cuts) kept[c.axis] = c.kept;
  const auto element = sl::size_of(a.type);
  std::vector<std::byte> out;
  std::size_t total = 1;
  for (const auto& k : kept) total *= k.size();
  for (std::size_t n = 0; n < total; ++n) {
    std::size_t rest = n;
    sl::index_t offset = 0;
    for (std::size_t axis = a.rank; axis-- > 0;) {
      offset += kept[axis][rest % kept[axis].size()] * a.stride[axis];
      rest /= kept[axis].size();
    }
    const std::byte* x = a.data + offset * static_cast<sl::index_t>(element);
    out.insert(out.end(), x, x + element);
  }
  return out;
}

inline void fill_bytes(sl::any_tensor& t, std::uint64_t seed) {
  sl::random_stream random{seed};
  for (auto& b : t.bytes()) b = static_cast<std::byte>(random.next() & 0xff);
}

/// Random, never empty; `dense` keeps most.
inline std::vector<sl::index_t> random_kept(sl::index_t n, sl::random_stream& random,
                                            double share) {
  std::vector<sl::index_t> kept;
  for (sl::index_t i = 0; i < n; ++i)
    if (random.uniform() < share) kept.push_back(i);
  if (kept.empty()) kept.push_back(random.below(n));
  return kept;
}

}  // namespace test
