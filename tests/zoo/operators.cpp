// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include "tests/zoo/operators.hpp"

#include <slimming/ops/builtin.hpp>  // make_builtin_ops

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include <Eigen/Core>
#include <algorithm>

namespace slimming::zoo {

namespace {

using kernels::reference::conv_shape;
using matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr index_t pixels_at_once = 256, rows_at_once = 256;

// Row (channel, tap) of the patches under the output pixels [first, first + cols()) of one group.
void fill_patches(const conv_shape& s, const double* x, index_t first, matrix& patches) {
  for (index_t row = 0; row < patches.rows(); ++row) {
    const index_t tap = row % s.taps();
    const index_t t2 = tap % s.kernel[2] * s.dilation[2] - s.pad[2],
                  t1 = tap / s.kernel[2] % s.kernel[1] * s.dilation[1] - s.pad[1],
                  t0 = tap / s.kernel[2] / s.kernel[1] * s.dilation[0] - s.pad[0];
    const double* map = x + row / s.taps() * s.in_size();
    for (index_t col = 0; col < patches.cols(); ++col) {
      const index_t o = first + col;
      const index_t i2 = o % s.out[2] * s.stride[2] + t2,
                    i1 = o / s.out[2] % s.out[1] * s.stride[1] + t1,
                    i0 = o / s.out[2] / s.out[1] * s.stride[0] + t0;
      const bool inside =
          i0 >= 0 && i1 >= 0 && i2 >= 0 && i0 < s.in[0] && i1 < s.in[1] && i2 < s.in[2];
      patches(row, col) = inside ? map[(i0 * s.in[1] + i1) * s.in[2] + i2] : 0.0;
    }
  }
}

void convolve(const conv_shape& s, const double* x, const double* w, const double* bias,
              double* y) {
  const index_t in_group = s.in_channels / s.groups, out_group = s.out_channels / s.groups;
  const index_t depth = in_group * s.taps();
  const auto blocks = [](index_t n, index_t at_once) { return (n + at_once - 1) / at_once; };
  const index_t columns = blocks(s.out_size(), pixels_at_once),
                rows = blocks(out_group, rows_at_once);
  tbb::parallel_for(index_t{0}, s.batch * s.groups * columns * rows, [&](index_t task) {
    const index_t first_row = task % rows * rows_at_once,
                  first = task / rows % columns * pixels_at_once;
    const index_t group = task / rows / columns % s.groups, n = task / rows / columns / s.groups;
    const index_t row_count = std::min(rows_at_once, out_group - first_row);
    const index_t k = group * out_group + first_row;  // first output channel
    matrix patches(depth, std::min(pixels_at_once, s.out_size() - first));
    fill_patches(s, x + (n * s.in_channels + group * in_group) * s.in_size(), first, patches);
    const Eigen::Map<const matrix> kernel(w + k * depth, row_count, depth);
    Eigen::Map<matrix, 0, Eigen::OuterStride<>> out(
        y + (n * s.out_channels + k) * s.out_size() + first, row_count, patches.cols(),
        Eigen::OuterStride<>(s.out_size()));
    out.noalias() = kernel * patches;
    if (bias) out.colwise() += Eigen::Map<const Eigen::VectorXd>(bias + k, row_count);
  });
}

void evaluate_conv(evaluate_context& c) {
  using namespace ops::detail;
  const any_tensor &x = input_of(c, 0), &w = input_of(c, 1);
  evaluated_conv conv(c.node, x.extents(), w.extents());
  reals y(static_cast<std::size_t>(element_count(conv.out)));
  const reals bias = has_input(c, 2) ? reals_of(*c.inputs[2]) : reals();
  convolve(conv.over, reals_of(x).data(), reals_of(w).data(), bias.empty() ? nullptr : bias.data(),
           y.data());
  c.outputs[0] = tensor_of(x.type(), std::move(conv.out), y);
}

}  // namespace

const op_registry& operators() {
  static const op_registry table = [] {
    op_registry all = make_builtin_ops();
    op_definition conv = all.at(op_node{"Conv", "", {}, {}, {}, ""});
    conv.evaluate = evaluate_conv;
    return std::move(all.add("Conv", std::move(conv)));
  }();
  return table;
}

}  // namespace slimming::zoo
