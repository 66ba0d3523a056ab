// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/kernels/cpu/sgd.hpp>

#include "tests/kernels/support.hpp"
#include "tests/support/catch.hpp"

namespace cpu = slimming::kernels::cpu;
using slimming::index_t;

TEST_CASE("three steps equal the textbook update, for lengths that are no multiple of a vector") {
  for (const bool nesterov : {false, true})
    for (const float l1 : {0.0f, 0.25f})
      for (const index_t n : {1, 19, 40000}) {
        auto w = test::random_values(n, 1);
        w[0] = 0;  // the L1 term leaves a zero weight alone
        auto m = std::vector<double>(w.size(), 0.0);
        auto weights = test::to_float(w), velocities = test::to_float(m);
        const cpu::sgd_options o{.learning_rate = 0.5f,
                                 .momentum = 0.75f,
                                 .nesterov = nesterov,
                                 .weight_decay = 0.125f,
                                 .l1 = l1};
        for (unsigned step = 0; step < 3; ++step) {
          auto g = test::random_values(n, 10 + step);
          g[0] = 0;
          const auto gradients = test::to_float(g);
          cpu::sgd_step(o, n, gradients.data(), velocities.data(), weights.data());
          for (std::size_t i = 0; i < w.size(); ++i) {
            const double sign = (w[i] > 0) - (w[i] < 0);
            const double d = g[i] + 0.125 * w[i] + static_cast<double>(l1) * sign;
            m[i] = 0.75 * m[i] + d;
            w[i] -= 0.5 * (nesterov ? d + 0.75 * m[i] : m[i]);
          }
        }
        CHECK(weights[0] == 0.0f);
        if (n > 1)
          CHECK(test::distance_between({weights.begin(), weights.end()}, w).relative < 1e-6);
      }
}
