// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// One keep bit per channel.
/// Area: core.

#include <slimming/core/config.hpp>  // index_t
#include <slimming/core/error.hpp>   // shape_mismatch, bad_value

#include <span>    // std::span
#include <vector>  // std::vector

namespace slimming::inline v0 {

/// Which channels of one value stay. A byte per channel: masks are short and read often.
class mask {
 public:
  mask() = default;
  /// All \p n channels kept (or, with \p keep false, all removed).
  /// \throws bad_value  if \p n is negative.
  explicit mask(index_t n, bool keep = true) : keep_(length(n), keep) {}
  /// Keeps exactly \p kept out of \p n channels.
  /// \throws bad_value  if an index lies outside [0, n) or the indices do not increase.
  [[nodiscard]] static mask from_indices(index_t n, std::span<const index_t> kept) {
    mask m(n, false);
    index_t last = -1;
    for (const index_t i : kept) {
      if (i <= last || i >= n)
        throw bad_value("mask::from_indices",
                        "index " + std::to_string(i) + " after " + std::to_string(last) +
                            " is not increasing inside [0, " + std::to_string(n) + ")");
      m.keep_[static_cast<std::size_t>(i)] = 1;
      last = i;
    }
    return m;
  }

  [[nodiscard]] index_t size() const noexcept { return static_cast<index_t>(keep_.size()); }
  [[nodiscard]] bool operator[](index_t i) const noexcept {
    return keep_[static_cast<std::size_t>(i)] != 0;
  }
  void set(index_t i, bool keep) noexcept { keep_[static_cast<std::size_t>(i)] = keep; }

  /// Number of kept channels.
  [[nodiscard]] index_t count() const noexcept {
    index_t n = 0;
    for (const char k : keep_) n += k;
    return n;
  }
  [[nodiscard]] bool keeps_all() const noexcept { return count() == size(); }
  /// Kept channels, increasing.
  [[nodiscard]] std::vector<index_t> indices() const {
    std::vector<index_t> kept;
    kept.reserve(keep_.size());
    for (index_t i = 0; i < size(); ++i)
      if ((*this)[i]) kept.push_back(i);
    return kept;
  }
  /// Removed where this keeps, kept where this removes.
  [[nodiscard]] mask complement() const {
    mask m(*this);
    for (auto& k : m.keep_) k = !k;
    return m;
  }
  /// This mask followed by \p inner, which masks the channels that this one keeps.
  /// \throws shape_mismatch  unless `inner.size() == count()`.
  [[nodiscard]] mask compose(const mask& inner) const {
    if (inner.size() != count()) throw shape_mismatch("mask::compose", count(), inner.size());
    mask m(*this);
    index_t j = 0;
    for (auto& k : m.keep_)
      if (k) k = inner[j++];
    return m;
  }
  friend bool operator==(const mask&, const mask&) = default;

 private:
  static std::size_t length(index_t n) {
    if (n < 0) throw bad_value("mask: number of channels", n);
    return static_cast<std::size_t>(n);
  }

  std::vector<char> keep_;
};

}  // namespace slimming::inline v0
