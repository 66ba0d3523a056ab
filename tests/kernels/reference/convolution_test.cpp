// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/kernels/reference/convolution.hpp>

#include <vector>

#include "tests/kernels/support.hpp"
#include "tests/support/catch.hpp"

namespace reference = slimming::kernels::reference;
using slimming::index_t;

namespace {

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace

TEST_CASE("a one-dimensional convolution worked by hand") {
  reference::conv_shape s;
  s.in = {1, 1, 4};
  s.out = {1, 1, 4};
  s.kernel = {1, 1, 3};
  s.pad = {0, 0, 1};
  const std::vector<double> x{1, 2, 3, 4}, w{10, 1, 100}, bias{0.5};
  std::vector<double> y(4);
  reference::conv_forward(s, x.data(), w.data(), bias.data(), y.data());
  CHECK(y == std::vector<double>{201.5, 312.5, 423.5, 34.5});
}

TEST_CASE("a transposed convolution worked by hand") {
  reference::conv_shape s;  // the convolution from 5 to 2 positions whose adjoint is taken
  s.in = {1, 1, 5};
  s.out = {1, 1, 2};
  s.kernel = {1, 1, 3};
  s.stride = {1, 1, 2};
  const std::vector<double> x{1, 10}, w{1, 2, 3};
  std::vector<double> y(5);
  reference::conv_transpose_forward<double>(s, x.data(), w.data(), nullptr, y.data());
  CHECK(y == std::vector<double>{1, 2, 13, 20, 30});
}

TEST_CASE("both gradients are adjoint to the forward pass in one, two and three dimensions") {
  for (const int rank : {1, 2, 3}) {
    reference::conv_shape s;
    s.batch = 2;
    s.in_channels = 4;
    s.out_channels = 6;
    s.groups = 2;
    for (std::size_t axis = 3 - static_cast<std::size_t>(rank); axis < 3; ++axis) {
      s.in[axis] = 7;
      s.kernel[axis] = 3;
      s.stride[axis] = axis == 2 ? 2 : 1;
      s.dilation[axis] = axis == 1 ? 2 : 1;
      s.pad[axis] = 1;
      s.out[axis] = (7 + 2 - s.dilation[axis] * 2 - 1) / s.stride[axis] + 1;
    }
    const auto x = test::random_values(s.batch * s.in_channels * s.in_size(), 1);
    const auto w = test::random_values(s.out_channels * 2 * s.taps(), 2);
    const auto dy = test::random_values(s.batch * s.out_channels * s.out_size(), 3);
    std::vector<double> y(dy.size()), dx(x.size()), dw(w.size()), dbias(6), adjoint(x.size());
    reference::conv_forward<double>(s, x.data(), w.data(), nullptr, y.data());
    reference::conv_backward_data(s, dy.data(), w.data(), dx.data());
    reference::conv_backward_weights(s, x.data(), dy.data(), dw.data(), dbias.data());
    reference::conv_transpose_forward<double>(s, dy.data(), w.data(), nullptr, adjoint.data());
    CHECK(dot(dx, x) == Approx(dot(y, dy)));
    CHECK(dot(dw, w) == Approx(dot(y, dy)));
    CHECK(adjoint == dx);
    double all = 0, bias = 0;
    for (const double v : dy) all += v;
    for (const double v : dbias) bias += v;
    CHECK(bias == Approx(all));
  }
}
