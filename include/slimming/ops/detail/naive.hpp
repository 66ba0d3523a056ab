// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Building blocks of naive evaluation: numbers in and out, strided and broadcast loops.
/// Area: ops.

#include <slimming/core/config.hpp>        // index_t
#include <slimming/core/dtype.hpp>         // dtype
#include <slimming/core/error.hpp>         // bad_value, unsupported
#include <slimming/core/tensor.hpp>        // any_tensor, shape
#include <slimming/model/evaluate.hpp>     // detail::tensor_of
#include <slimming/model/op_registry.hpp>  // evaluate_context
#include <slimming/ops/detail/shapes.hpp>  // place_of, require_broadcasts

#include <algorithm>  // std::copy
#include <cstddef>    // std::size_t
#include <cstring>    // std::memcpy
#include <optional>   // std::optional
#include <span>       // std::span
#include <string>     // std::string
#include <utility>    // std::move
#include <vector>     // std::vector

namespace slimming::inline v0::ops::detail {

inline const any_tensor& input_of(const evaluate_context& c, std::size_t i) {
  if (i < c.inputs.size() && c.inputs[i]) return *c.inputs[i];
  throw bad_value(place_of(c.node), "input " + std::to_string(i) + " is missing");
}
inline bool has_input(const evaluate_context& c, std::size_t i) {
  return i < c.inputs.size() && c.inputs[i] != nullptr;
}
/// An attribute in old operator sets, an input in new ones.
inline std::optional<std::vector<index_t>> integers_of(const evaluate_context& c, std::size_t i,
                                                       std::string_view attribute) {
  if (!attribute.empty() && c.node.has(attribute)) return c.node.integers(attribute);
  if (!has_input(c, i)) return {};
  return c.inputs[i]->converted<index_t>();
}

/// Evaluation computes in double and stores what it gets in the type of the tensor.
using reals = std::vector<double>;

inline reals reals_of(const any_tensor& t) { return t.converted<double>(); }
inline any_tensor tensor_of(dtype type, shape extents, const reals& values) {
  return slimming::detail::tensor_of<double>(type, std::move(extents), values);
}
inline void require_real(const any_tensor& t, const op_node& node) {
  if (!is_floating(t.type()))
    throw unsupported(place_of(node),
                      "is evaluated on floating tensors, not on " + std::string(name_of(t.type())));
}

inline shape row_major_strides(const shape& extents) {
  shape strides(extents.size());
  index_t s = 1;
  for (std::size_t axis = extents.size(); axis-- > 0;) {
    strides[axis] = s;
    s *= extents[axis];
  }
  return strides;
}

/// Strides of an operand that is broadcast to \p out: 0 along axes that repeat.
/// \pre \p in broadcasts to \p out.
inline shape broadcast_strides(const shape& in, const shape& out) {
  const shape own = row_major_strides(in);
  shape strides(out.size(), 0);
  const std::size_t shift = out.size() - in.size();
  for (std::size_t axis = 0; axis < in.size(); ++axis)
    if (in[axis] != 1) strides[shift + axis] = own[axis];
  return strides;
}

/// Calls `visit(i, offset)` for the elements i of a row-major tensor of \p extents, where `offset`
/// is the element's place under other \p strides.
template <class Visit>
void for_each_strided(const shape& extents, const shape& strides, index_t offset,
                      const Visit& visit) {
  const index_t n = element_count(extents);
  shape at(extents.size(), 0);
  for (index_t i = 0; i < n; ++i) {
    visit(i, offset);
    for (std::size_t axis = extents.size(); axis-- > 0;) {
      offset += strides[axis];
      if (++at[axis] < extents[axis]) break;
      offset -= strides[axis] * extents[axis];
      at[axis] = 0;
    }
  }
}

/// The elements of \p t under strides, as a tensor of \p extents: transposes, slices, expansions.
inline any_tensor gather_strided(const any_tensor& t, const shape& extents, const shape& strides,
                                 index_t offset = 0) {
  any_tensor out(t.type(), extents);
  const std::size_t size = size_of(t.type());
  const std::byte* from = t.bytes().data();
  std::byte* to = out.bytes().data();
  for_each_strided(extents, strides, offset, [&](index_t, index_t source) {
    std::memcpy(to, from + source * static_cast<index_t>(size), size);
    to += size;
  });
  return out;
}

/// \throws shape_mismatch  if \p t does not broadcast to \p extents.
inline any_tensor broadcast_to(const any_tensor& t, const shape& extents) {
  require_broadcasts(t.extents(), extents,
                     "broadcast of " + to_string(t.extents()) + " to " + to_string(extents));
  return gather_strided(t, extents, broadcast_strides(t.extents(), extents));
}

/// The same elements under another shape.
inline any_tensor reshaped(const any_tensor& t, shape extents) {
  if (element_count(extents) != t.size())
    throw shape_mismatch("reshape of " + to_string(t.extents()) + " to " + to_string(extents),
                         t.size(), element_count(extents));
  any_tensor out(t.type(), std::move(extents));
  std::copy(t.bytes().begin(), t.bytes().end(), out.bytes().begin());
  return out;
}

/// One axis of a tensor: outer x n x inner.
struct axis_split {
  index_t outer = 1, n = 1, inner = 1;

  axis_split(const shape& extents, std::size_t axis) {
    for (std::size_t a = 0; a < extents.size(); ++a)
      (a < axis ? outer : a == axis ? n : inner) *= extents[a];
  }
};

}  // namespace slimming::inline v0::ops::detail
