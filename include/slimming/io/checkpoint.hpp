// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What a file of trained weights holds: named tensors in order, and what was saved beside them.
/// Area: io. Readers and writers of every weight format meet here.

#include <slimming/core/error.hpp>   // bad_value
#include <slimming/core/tensor.hpp>  // any_tensor

#include <cstddef>      // std::size_t
#include <cstdint>      // std::int64_t
#include <string>       // std::string
#include <string_view>  // std::string_view
#include <utility>      // std::pair
#include <variant>      // std::variant
#include <vector>       // std::vector

namespace slimming::inline v0::io {

/// A tensor under the name that its file gives it.
struct named_tensor {
  std::string name;
  any_tensor value;
};

/// How far a file may unfold when it is read: compressed entries, shared and expanded tensors.
///
/// A reader takes at most `expansion * file size + floor` bytes for tensors; a file that asks for
/// more is refused before anything is allocated.
struct read_limits {
  std::size_t expansion = 64;
  std::size_t floor = std::size_t{1} << 20;

  [[nodiscard]] constexpr std::size_t budget(std::size_t file_size) const noexcept {
    const std::size_t most = ~std::size_t{0};
    if (expansion != 0 && file_size > (most - floor) / expansion) return most;
    return expansion * file_size + floor;
  }
};

/// A scalar, a text or a list saved beside the tensors: `epoch`, `best_prec1`, `cfg`.
struct metadata_value {
  using list = std::vector<metadata_value>;
  std::variant<std::monostate, bool, std::int64_t, double, std::string, list> value;

  friend bool operator==(const metadata_value&, const metadata_value&) = default;
};

/// Named tensors in file order with the scalars and lists that were saved beside them.
struct checkpoint {
  std::vector<named_tensor> tensors;
  std::vector<std::pair<std::string, metadata_value>> metadata;
  /// Entries that were understood but hold neither weights nor metadata: "optimizer", ...
  std::vector<std::string> ignored;

  /// The tensor called \p name, or null.
  [[nodiscard]] const any_tensor* find(std::string_view name) const noexcept {
    for (const named_tensor& t : tensors)
      if (t.name == name) return &t.value;
    return nullptr;
  }
  /// \throws bad_value  naming the tensor that is missing.
  [[nodiscard]] const any_tensor& at(std::string_view name) const {
    if (const any_tensor* t = find(name)) return *t;
    throw bad_value("checkpoint", "holds no tensor '" + std::string(name) + "'");
  }
  /// The metadata entry called \p name, or null.
  [[nodiscard]] const metadata_value* find_metadata(std::string_view name) const noexcept {
    for (const auto& [key, value] : metadata)
      if (key == name) return &value;
    return nullptr;
  }
};

}  // namespace slimming::inline v0::io
