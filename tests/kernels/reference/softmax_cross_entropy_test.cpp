// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/kernels/reference/softmax_cross_entropy.hpp>

#include <cmath>
#include <vector>

#include "tests/kernels/support.hpp"
#include "tests/support/catch.hpp"

namespace reference = slimming::kernels::reference;

TEST_CASE("the gradient of the cross entropy is its finite difference") {
  auto z = test::random_values(3 * 5, 1);
  const std::vector<std::int32_t> labels{4, 0, 2};
  for (const double smoothing : {0.0, 0.1}) {
    const auto loss = [&] {
      return reference::softmax_cross_entropy<double>(3, 5, z.data(), labels.data(), smoothing,
                                                      nullptr);
    };
    std::vector<double> dz(z.size());
    reference::softmax_cross_entropy(3, 5, z.data(), labels.data(), smoothing, dz.data());
    for (std::size_t i = 0; i < z.size(); ++i) {
      const double h = 1e-5, at = z[i];
      z[i] = at + h;
      const double above = loss();
      z[i] = at - h;
      const double below = loss();
      z[i] = at;
      CHECK(dz[i] == Approx((above - below) / (2 * h)).margin(1e-8));
    }
  }
}

TEST_CASE("equal logits give equal probabilities and the loss log(classes)") {
  const std::vector<double> z(8, 1000.0);
  const std::vector<std::int32_t> labels{1, 3};
  std::vector<double> p(8);
  reference::softmax(2, 4, z.data(), p.data());
  for (const double v : p) CHECK(v == Approx(0.25));
  CHECK(reference::softmax_cross_entropy<double>(2, 4, z.data(), labels.data(), 0.2, nullptr) ==
        Approx(std::log(4.0)));
}
