// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/kernels/reference/linear.hpp>

#include <vector>

#include "tests/kernels/support.hpp"
#include "tests/support/catch.hpp"

namespace reference = slimming::kernels::reference;

TEST_CASE("a linear layer worked by hand, and its gradients by adjointness") {
  const std::vector<double> x{1, 2, 3, 4}, w{1, 10, 100, 1000, 0, 1}, bias{0.5, 0, 0};
  std::vector<double> y(6);
  reference::linear_forward(2, 2, 3, x.data(), w.data(), bias.data(), y.data());
  CHECK(y == std::vector<double>{21.5, 2100, 2, 43.5, 4300, 4});

  const auto dy = test::random_values(6, 1);
  std::vector<double> dx(4), dw(6), dbias(3), plain(6);
  reference::linear_backward(2, 2, 3, x.data(), w.data(), dy.data(), dx.data(), dw.data(),
                             dbias.data());
  reference::linear_forward<double>(2, 2, 3, x.data(), w.data(), nullptr, plain.data());
  double expected = 0, by_x = 0, by_w = 0;
  for (std::size_t i = 0; i < 6; ++i) expected += plain[i] * dy[i];
  for (std::size_t i = 0; i < 4; ++i) by_x += x[i] * dx[i];
  for (std::size_t i = 0; i < 6; ++i) by_w += w[i] * dw[i];
  CHECK(by_x == Approx(expected));
  CHECK(by_w == Approx(expected));
  CHECK(dbias[1] == Approx(dy[1] + dy[4]));
}
