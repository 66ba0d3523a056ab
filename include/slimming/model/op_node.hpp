// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// One operator of a run-time network: ONNX operator name, attributes, inputs and outputs.
/// Area: model.

#include <slimming/core/config.hpp>  // index_t
#include <slimming/core/error.hpp>   // bad_value
#include <slimming/core/tensor.hpp>  // any_tensor

#include <cstdint>      // std::int32_t
#include <functional>   // std::less
#include <map>          // std::map
#include <string>       // std::string
#include <string_view>  // std::string_view
#include <utility>      // std::move
#include <variant>      // std::variant
#include <vector>       // std::vector

namespace slimming::inline v0 {

/// Index of a value in its model; `no_value` marks an optional input that is absent.
using value_id = std::int32_t;
inline constexpr value_id no_value = -1;

/// Bytes that we carry and do not read, as ONNX writes them: subgraphs, sparse tensors, attributes
/// of future kinds.
struct opaque_attribute {
  std::string bytes;
  friend bool operator==(const opaque_attribute&, const opaque_attribute&) = default;
};

/// What ONNX calls an attribute.
using attribute =
    std::variant<index_t, double, std::string, std::vector<index_t>, std::vector<double>,
                 std::vector<std::string>, any_tensor, opaque_attribute>;

/// An operator. `op` and `domain` follow ONNX ("" is the standard domain, "slimming" is ours).
struct op_node {
  std::string op;
  std::string name;
  std::vector<value_id> inputs;
  std::vector<value_id> outputs;
  std::map<std::string, attribute, std::less<>> attributes;
  std::string domain;

  [[nodiscard]] bool has(std::string_view key) const { return attributes.contains(key); }
  /// The attribute as \p T, or \p otherwise if it is absent.
  /// \throws bad_value  if it is of another kind.
  template <class T>
  [[nodiscard]] T get(std::string_view key, T otherwise) const {
    const auto found = attributes.find(key);
    if (found == attributes.end()) return otherwise;
    if (const T* value = std::get_if<T>(&found->second)) return *value;
    throw bad_value(name + " (" + op + ")",
                    "attribute '" + std::string(key) + "' is of an unexpected kind");
  }
  [[nodiscard]] index_t integer(std::string_view key, index_t otherwise) const {
    return get<index_t>(key, otherwise);
  }
  [[nodiscard]] double real(std::string_view key, double otherwise) const {
    return get<double>(key, otherwise);
  }
  [[nodiscard]] std::string text(std::string_view key, std::string otherwise) const {
    return get<std::string>(key, std::move(otherwise));
  }
  [[nodiscard]] std::vector<index_t> integers(std::string_view key,
                                              std::vector<index_t> otherwise = {}) const {
    return get<std::vector<index_t>>(key, std::move(otherwise));
  }
  /// Input number \p i, or no_value if the node has fewer.
  [[nodiscard]] value_id input(std::size_t i) const {
    return i < inputs.size() ? inputs[i] : no_value;
  }
};

}  // namespace slimming::inline v0
