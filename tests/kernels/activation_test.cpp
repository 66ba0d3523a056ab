// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/kernels/activation.hpp>

#include "tests/kernels/support.hpp"
#include "tests/support/catch.hpp"

using namespace slimming::kernels;

TEST_CASE("slopes are the derivatives of the values") {
  for (const activation& f : test::all_activations())
    for (const double x : {-5.3, -2.9, -1.1, -0.2, 0.3, 0.9, 2.2, 3.7, 7.5}) {
      INFO("kind " << static_cast<int>(f.kind) << " at " << x);
      const double h = 1e-5;
      CHECK(activation_slope(f, x) ==
            Approx((activate(f, x + h) - activate(f, x - h)) / (2 * h)).margin(1e-8));
    }
}

TEST_CASE("values that are known by heart") {
  CHECK(activate({activation_kind::sigmoid}, 0.0) == 0.5);
  CHECK(activate({activation_kind::hard_swish}, 1.0) == Approx(1.0 * 4 / 6));
  CHECK(activate({activation_kind::clip, 0.0f, 6.0f}, 8.0) == 6.0);
  CHECK(activate({activation_kind::hard_sigmoid, 0.2f, 0.5f}, 9.0) == 1.0);
  CHECK(activate({activation_kind::gelu}, 1.0) == Approx(0.8413447460685429));
  CHECK(activate({activation_kind::silu}, 1.0) == Approx(0.7310585786300049));
}
