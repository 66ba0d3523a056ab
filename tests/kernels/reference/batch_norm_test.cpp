// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/kernels/reference/batch_norm.hpp>

#include <vector>

#include "tests/kernels/support.hpp"
#include "tests/support/catch.hpp"

namespace reference = slimming::kernels::reference;
using slimming::index_t;

TEST_CASE("batch normalisation's gradients are finite differences of its output") {
  const index_t batch = 3, channels = 2, pixels = 4, n = batch * channels * pixels;
  const auto x = test::random_values(n, 1, 2.0), dy = test::random_values(n, 2);
  const auto gamma = test::random_values(channels, 3), beta = test::random_values(channels, 4);
  const double epsilon = 1e-5;
  std::vector<double> fixed_mean(channels), fixed_variance(channels);
  reference::channel_moments(batch, channels, pixels, x.data(), fixed_mean.data(),
                             fixed_variance.data());
  for (const bool frozen : {false, true}) {
    const auto objective = [&](const std::vector<double>& in, const std::vector<double>& scale,
                               const std::vector<double>& shift) {
      auto mean = fixed_mean, variance = fixed_variance;
      if (!frozen)
        reference::channel_moments(batch, channels, pixels, in.data(), mean.data(),
                                   variance.data());
      std::vector<double> y(in.size());
      reference::batch_norm_forward(batch, channels, pixels, in.data(), scale.data(), shift.data(),
                                    mean.data(), variance.data(), epsilon, y.data());
      double sum = 0;
      for (std::size_t i = 0; i < y.size(); ++i) sum += y[i] * dy[i];
      return sum;
    };
    std::vector<double> dx(x.size()), dgamma(channels), dbeta(channels);
    reference::batch_norm_backward(batch, channels, pixels, x.data(), gamma.data(),
                                   fixed_mean.data(), fixed_variance.data(), epsilon, frozen,
                                   dy.data(), dx.data(), dgamma.data(), dbeta.data());
    const double h = 1e-5;
    const auto difference = [&](std::vector<double> at, std::size_t i, const auto& f) {
      at[i] += h;
      const double above = f(at);
      at[i] -= 2 * h;
      return (above - f(at)) / (2 * h);
    };
    for (std::size_t i = 0; i < x.size(); ++i)
      CHECK(dx[i] == Approx(difference(x, i, [&](const auto& v) {
                       return objective(v, gamma, beta);
                     })).margin(1e-6));
    for (std::size_t c = 0; c < gamma.size(); ++c) {
      CHECK(dgamma[c] == Approx(difference(gamma, c, [&](const auto& v) {
                           return objective(x, v, beta);
                         })).margin(1e-6));
      CHECK(dbeta[c] == Approx(difference(beta, c, [&](const auto& v) {
                          return objective(x, gamma, v);
                        })).margin(1e-6));
    }
  }
}
