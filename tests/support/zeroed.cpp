// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include "tests/support/zeroed.hpp"

#include <cstring>
#include <set>
#include <string_view>

namespace slimming::testing {

namespace {

// What the slices of a parameter along one of its axes do, seen from an operator that reads it.
enum class slices { make, read, both, neither };

slices of_kernel(bool makes) { return makes ? slices::make : slices::read; }

// By the operators of ONNX: input `i` of `node`, a parameter of rank `rank`, its axis `axis`.
slices what_do(const op_node& node, std::size_t i, std::size_t rank, std::size_t axis) {
  static const std::set<std::string_view> norms = {"BatchNormalization", "InstanceNormalization",
                                                   "GroupNormalization", "LayerNormalization"};
  static const std::set<std::string_view> harmless = {"PRelu", "Max", "Min", "Where", "Pow"};
  if (norms.contains(node.op)) return i <= 2 ? slices::make : slices::neither;
  if (harmless.contains(node.op) || (node.op == "Div" && i == 1)) return slices::neither;
  if (node.op == "Conv" && i == 1) return axis < 2 ? of_kernel(axis == 0) : slices::neither;
  if (node.op == "ConvTranspose" && i == 1)
    return axis < 2 ? of_kernel(axis == 1) : slices::neither;
  if (node.op == "Gemm" && i == 1)
    return of_kernel((axis == 0) == (node.integer("transB", 0) != 0));
  if (node.op == "MatMul") return of_kernel(axis == rank - (i == 1 ? 1 : 2));
  return slices::both;
}

void clear(any_tensor& t, std::size_t axis, const std::vector<index_t>& kept) {
  const std::set<index_t> stays(kept.begin(), kept.end());
  index_t inner = static_cast<index_t>(size_of(t.type()));
  for (std::size_t a = axis + 1; a < t.rank(); ++a) inner *= t.extents()[a];
  const index_t n = t.extents()[axis], rows = static_cast<index_t>(t.bytes().size()) / inner;
  for (index_t row = 0; row < rows; ++row)
    if (!stays.contains(row % n))
      std::memset(t.bytes().data() + row * inner, 0, static_cast<std::size_t>(inner));
}

}  // namespace

model zeroed(const model& net, const plan_record& plan, bool readers) {
  model result = net;
  for (const parameter_cut& cut : plan.parameters) {
    const value_id v = net.find(cut.name);
    for (const axis_cut& axis : cut.axes)
      for (const op_node& node : net.nodes())
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
          if (node.inputs[i] != v) continue;
          const slices role = what_do(node, i, cut.before.size(), axis.axis);
          if (role == slices::make || role == slices::both || (readers && role == slices::read))
            clear(*result.constant(v), axis.axis, axis.kept);
        }
  }
  return result;
}

}  // namespace slimming::testing
