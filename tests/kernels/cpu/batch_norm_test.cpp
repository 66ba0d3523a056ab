// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/kernels/cpu/batch_norm.hpp>
#include <slimming/kernels/reference/batch_norm.hpp>
#include <slimming/kernels/reference/pool.hpp>

#include <tbb/global_control.h>

#include "tests/kernels/support.hpp"
#include "tests/support/catch.hpp"

namespace sl = slimming;
namespace cpu = slimming::kernels::cpu;
namespace reference = slimming::kernels::reference;
using sl::index_t;

namespace {

struct fusion {
  bool relu, pool, add, frozen;
};

struct norm_results {
  std::vector<float> y, dx, dadd, dgamma, dbeta, running_mean, running_variance;
  bool operator==(const norm_results&) const = default;
};

struct norm_problem {
  cpu::batch_norm_geometry g;
  fusion f;
  std::vector<double> x, add, dy, gamma, beta, mean, variance;
  static constexpr double epsilon = 1e-3;

  norm_problem(index_t batch, index_t h, index_t w, index_t channels, fusion which)
      : g{batch, h, w, channels, which.relu, which.pool}, f(which) {
    x = test::random_values(g.pixels() * channels, 1, 0.7);
    add = test::random_values(g.pixels() * channels, 2);
    dy = test::random_values(g.out_pixels() * channels, 3);
    gamma = test::random_values(channels, 4);
    beta = test::random_values(channels, 5);
    mean = test::random_values(channels, 6);
    variance.assign(static_cast<std::size_t>(channels), 0.8125);
  }
  [[nodiscard]] index_t map() const { return g.h * g.w; }
  [[nodiscard]] index_t out_map() const { return g.out_pixels() / g.batch; }

  // \p before: what dx holds and is added to, if anything.
  [[nodiscard]] norm_results run(const std::vector<float>& before = {}) const {
    const auto stride = static_cast<std::size_t>(cpu::padded_channels(g.channels));
    const auto padded = [&](const std::vector<double>& v) {
      auto out = test::to_float(v);
      out.resize(stride, 0.0f);
      return out;
    };
    const auto nhwc = test::to_nhwc(x, g.batch, g.channels, map());
    const auto nhwc_add = test::to_nhwc(add, g.batch, g.channels, map());
    const auto nhwc_dy = test::to_nhwc(dy, g.batch, g.channels, out_map());
    const auto scale = padded(gamma), shift = padded(beta);
    norm_results r;
    r.running_mean = padded(mean);
    r.running_variance = padded(variance);
    std::vector<float> state_memory(4 * stride);
    float* s = state_memory.data();
    const cpu::batch_norm_state state{s, s + stride, s + 2 * stride, s + 3 * stride};
    const cpu::batch_norm_parameters p{.gamma = scale.data(),
                                       .beta = shift.data(),
                                       .running_mean = r.running_mean.data(),
                                       .running_variance = r.running_variance.data(),
                                       .epsilon = epsilon,
                                       .momentum = 0.25};
    if (f.frozen) {
      cpu::batch_norm_inference_state(p, g.channels, state);
    } else {
      std::vector<double> batch_mean(stride), batch_variance(stride);
      std::vector<float> memory(static_cast<std::size_t>(
          cpu::moments_need(g.pixels(), g.channels).floats(cpu::thread_slots())));
      const cpu::channel_moments moments{batch_mean.data(), batch_variance.data()};
      cpu::compute_moments(nhwc.data(), g.pixels(), g.channels, moments, memory);
      cpu::batch_norm_training_state(p, g.channels, g.pixels(), moments, state);
    }
    r.y.assign(nhwc_dy.size(), 1e30f);
    r.dx = before.empty() ? std::vector<float>(nhwc.size(), 1e30f) : before;
    if (f.add) r.dadd.assign(nhwc.size(), 1e30f);
    r.dgamma.assign(stride, 1e30f);
    r.dbeta.assign(stride, 1e30f);
    cpu::batch_norm_forward(g, nhwc.data(), state, f.add ? nhwc_add.data() : nullptr, r.y.data());
    std::vector<float> memory(
        static_cast<std::size_t>(cpu::batch_norm_backward_need(g).floats(cpu::thread_slots())));
    cpu::batch_norm_backward(g,
                             {.x = nhwc.data(),
                              .y = r.y.data(),
                              .dy = nhwc_dy.data(),
                              .has_add = f.add,
                              .frozen = f.frozen},
                             state,
                             {.dx = r.dx.data(),
                              .dadd = f.add ? r.dadd.data() : nullptr,
                              .dgamma = r.dgamma.data(),
                              .dbeta = r.dbeta.data(),
                              .accumulate = !before.empty()},
                             memory);
    return r;
  }
};

// The same chain in double: normalise, add, rectify, pool, and back.
void check_against_oracle(const norm_problem& p) {
  const auto& g = p.g;
  INFO("relu " << p.f.relu << " pool " << p.f.pool << " add " << p.f.add << " frozen " << p.f.frozen
               << " channels " << g.channels << " map " << g.h << "x" << g.w);
  const norm_results got = p.run();
  auto mean = p.mean, variance = p.variance;
  if (!p.f.frozen)
    reference::channel_moments(g.batch, g.channels, p.map(), p.x.data(), mean.data(),
                               variance.data());
  std::vector<double> inner(p.x.size());
  reference::batch_norm_forward(g.batch, g.channels, p.map(), p.x.data(), p.gamma.data(),
                                p.beta.data(), mean.data(), variance.data(), norm_problem::epsilon,
                                inner.data());
  if (p.f.add)
    for (std::size_t i = 0; i < inner.size(); ++i) inner[i] += p.add[i];
  auto rectified = inner;
  if (p.f.relu)
    for (double& v : rectified) v = std::max(v, 0.0);
  auto y = rectified, d = p.dy;
  sl::kernels::pool_geometry pool{.batch = g.batch,
                                  .channels = g.channels,
                                  .in_h = g.h,
                                  .in_w = g.w,
                                  .kernel_h = 2,
                                  .kernel_w = 2,
                                  .stride_h = 2,
                                  .stride_w = 2};
  if (p.f.pool) {
    pool = with_output_size(pool);
    y.resize(p.dy.size());
    reference::max_pool_forward(pool, rectified.data(), y.data());
    d.resize(p.x.size());
    reference::max_pool_backward(pool, rectified.data(), p.dy.data(), d.data());
  }
  if (p.f.relu)
    for (std::size_t i = 0; i < d.size(); ++i)
      if (inner[i] <= 0) d[i] = 0;
  const auto channels = static_cast<std::size_t>(g.channels);
  std::vector<double> dx(p.x.size()), dgamma(channels), dbeta(channels);
  reference::batch_norm_backward(g.batch, g.channels, p.map(), p.x.data(), p.gamma.data(),
                                 mean.data(), variance.data(), norm_problem::epsilon, p.f.frozen,
                                 d.data(), dx.data(), dgamma.data(), dbeta.data());
  test::check_close("y", test::from_nhwc(got.y, g.batch, g.channels, p.out_map()), y);
  test::check_close("dx", test::from_nhwc(got.dx, g.batch, g.channels, p.map()), dx);
  if (p.f.add)
    test::check_close("dadd", test::from_nhwc(got.dadd, g.batch, g.channels, p.map()), d);
  test::check_close("dgamma", test::from_nhwc(got.dgamma, 1, g.channels, 1), dgamma);
  test::check_close("dbeta", test::from_nhwc(got.dbeta, 1, g.channels, 1), dbeta);
  for (const auto* padded : {&got.y, &got.dx, &got.dgamma, &got.dbeta})
    CHECK(test::padding_magnitude(*padded, g.channels) == 0);
  for (std::size_t c = 0; c < channels; ++c) {
    const double n = static_cast<double>(g.pixels()), keep = p.f.frozen ? 1 : 0.75;
    CHECK(static_cast<double>(got.running_mean[c]) ==
          Approx(keep * p.mean[c] + (1 - keep) * mean[c]).margin(1e-6));
    CHECK(static_cast<double>(got.running_variance[c]) ==
          Approx(keep * p.variance[c] + (1 - keep) * variance[c] * n / (n - 1)).epsilon(1e-5));
  }
}

}  // namespace

TEST_CASE("every fusion agrees with the chain of its parts, forward and backward") {
  for (const bool relu : {false, true})
    for (const bool frozen : {false, true})
      for (const index_t channels : {1, 3, 31, 33, 136}) {
        check_against_oracle({3, 7, 5, channels, {relu, false, false, frozen}});
        check_against_oracle({3, 7, 5, channels, {relu, false, true, frozen}});
        check_against_oracle({3, 6, 10, channels, {relu, true, false, frozen}});
      }
  check_against_oracle({70, 2, 2, 20, {true, true, false, false}});
  check_against_oracle({2, 1, 1, 9, {false, false, false, false}});
}

TEST_CASE("a mean far from zero costs no digits of what is normalised") {
  for (const double mean : {100.0, 1000.0}) {
    norm_problem p(2, 25, 20, 5, {false, false, false, false});
    for (double& v : p.x) v = static_cast<double>(static_cast<float>(v + mean));
    std::vector<double> means(5), variances(5), y(p.x.size());
    reference::channel_moments(p.g.batch, p.g.channels, p.map(), p.x.data(), means.data(),
                               variances.data());
    reference::batch_norm_forward(p.g.batch, p.g.channels, p.map(), p.x.data(), p.gamma.data(),
                                  p.beta.data(), means.data(), variances.data(),
                                  norm_problem::epsilon, y.data());
    INFO("mean " << mean);
    test::check_close("y", test::from_nhwc(p.run().y, p.g.batch, p.g.channels, p.map()), y);
  }
  norm_problem one(1, 1, 1, 9, {false, false, false, false});
  for (double& v : one.x) v *= 1000;
  CHECK(test::from_nhwc(one.run().y, 1, 9, 1) == one.beta);
}

TEST_CASE("a gradient that others have begun is added to") {
  for (const fusion f : {fusion{true, false, false, false}, fusion{true, false, true, false},
                         fusion{true, true, false, false}}) {
    const norm_problem p(3, 8, 6, 11, f);
    const norm_results fresh = p.run();
    const auto before = test::to_nhwc(test::random_values(p.g.pixels() * 11, 9), 3, 11, p.map());
    const norm_results added = p.run(before);
    CHECK(added.dgamma == fresh.dgamma);
    for (std::size_t i = 0; i < before.size(); ++i) REQUIRE(added.dx[i] == before[i] + fresh.dx[i]);
  }
}

TEST_CASE("batch normalisation is bit-identical for any number of threads") {
  const norm_problem p(6, 14, 12, 40, {true, true, false, false});
  const norm_results expected = p.run();
  for (const std::size_t threads : {1u, 2u, 3u, 4u}) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    CHECK(p.run() == expected);
  }
}

TEST_CASE("a pooling that cannot be fused is declined") {
  const cpu::batch_norm_geometry odd{1, 3, 4, 8, true, true};
  std::vector<float> x(200);
  const cpu::batch_norm_state state{x.data(), x.data(), x.data(), x.data()};
  CHECK_THROWS_AS(cpu::batch_norm_forward(odd, x.data(), state, nullptr, x.data()),
                  sl::unsupported);
}
