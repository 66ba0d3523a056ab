// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/kernels/cpu/selected_norm.hpp>
#include <slimming/kernels/reference/batch_norm.hpp>

#include <tbb/global_control.h>

#include "tests/kernels/support.hpp"
#include "tests/support/catch.hpp"

namespace cpu = slimming::kernels::cpu;
namespace reference = slimming::kernels::reference;
using slimming::index_t;
using channel_list = std::vector<index_t>;

namespace {

constexpr double epsilon = 1e-3;
constexpr float poison = 1e30f;

struct results {
  std::vector<float> y, dx, dgamma, dbeta;
  bool operator==(const results&) const = default;
};

struct selected_problem {
  cpu::batch_norm_geometry g;
  channel_list selection;
  std::vector<double> x, dy, gamma, beta, mean, variance;

  selected_problem(index_t batch, index_t map, index_t channels, channel_list chosen, bool relu)
      : g{batch, map, 1, channels, relu, false}, selection(std::move(chosen)) {
    const auto size = static_cast<std::size_t>(channels);
    x = test::random_values(g.pixels() * channels, 1, 0.7);
    dy = test::random_values(g.pixels() * count(), 2);
    gamma = test::random_values(channels, 3);
    beta = test::random_values(channels, 4);
    mean.resize(size);
    variance.resize(size);
    reference::channel_moments(g.batch, channels, map, x.data(), mean.data(), variance.data());
  }
  [[nodiscard]] index_t count() const { return static_cast<index_t>(selection.size()); }

  // \p before: what dx holds and is added to, if anything.
  [[nodiscard]] results run(const std::vector<float>& before = {}) const {
    const auto stride = static_cast<std::size_t>(cpu::padded_channels(g.channels));
    auto scale = test::to_float(gamma), shift = test::to_float(beta);
    scale.resize(stride);
    shift.resize(stride);
    auto batch_mean = mean, batch_variance = variance;
    batch_mean.resize(stride);
    batch_variance.resize(stride);
    std::vector<float> state_memory(4 * stride);
    float* const s = state_memory.data();
    const cpu::batch_norm_state state{s, s + stride, s + 2 * stride, s + 3 * stride};
    cpu::batch_norm_training_state(
        {.gamma = scale.data(), .beta = shift.data(), .epsilon = epsilon}, g.channels, g.pixels(),
        {batch_mean.data(), batch_variance.data()}, state);

    const auto nhwc = test::to_nhwc(x, g.batch, g.channels, g.h);
    const auto nhwc_dy = test::to_nhwc(dy, g.batch, count(), g.h);
    results r;
    r.y.assign(nhwc_dy.size(), poison);
    r.dx = before.empty() ? std::vector<float>(nhwc.size(), poison) : before;
    r.dgamma.assign(stride, poison);
    r.dbeta.assign(stride, poison);
    const auto scratch = [](cpu::workspace_need need) {
      return std::vector<float>(static_cast<std::size_t>(need.floats(cpu::thread_slots())));
    };
    auto memory = scratch(cpu::selected_norm_forward_need(count()));
    cpu::selected_norm_forward(g, selection, nhwc.data(), state, r.y.data(), memory);
    memory = scratch(cpu::selected_norm_backward_need(g, count()));
    cpu::selected_norm_backward(g, selection, nhwc.data(), nhwc_dy.data(), state,
                                {r.dx.data(), !before.empty(), r.dgamma.data(), r.dbeta.data()},
                                memory);
    return r;
  }

  [[nodiscard]] std::size_t at(index_t image, index_t channel, index_t pixel,
                               index_t channels) const {
    return static_cast<std::size_t>((image * channels + channel) * g.h + pixel);
  }
  template <class Visit>
  void for_each_selected(const Visit& visit) const {
    for (index_t i = 0; i < g.batch; ++i)
      for (index_t k = 0; k < count(); ++k)
        for (index_t p = 0; p < g.h; ++p)
          visit(at(i, selection[static_cast<std::size_t>(k)], p, g.channels), at(i, k, p, count()));
  }
};

// In double: normalise all channels, select, rectify, and back.
void check_against_oracle(const selected_problem& p) {
  const auto& g = p.g;
  INFO("relu " << g.relu << ", " << p.count() << " of " << g.channels << " channels");
  std::vector<double> all(p.x.size()), y(p.dy.size()), d(p.x.size(), 0.0);
  reference::batch_norm_forward(g.batch, g.channels, g.h, p.x.data(), p.gamma.data(), p.beta.data(),
                                p.mean.data(), p.variance.data(), epsilon, all.data());
  p.for_each_selected([&](std::size_t wide, std::size_t narrow) {
    const bool passes = !g.relu || all[wide] > 0;
    y[narrow] = passes ? all[wide] : 0;
    if (passes) d[wide] += p.dy[narrow];
  });
  const auto channels = static_cast<std::size_t>(g.channels);
  std::vector<double> dx(p.x.size()), dgamma(channels), dbeta(channels);
  reference::batch_norm_backward(g.batch, g.channels, g.h, p.x.data(), p.gamma.data(),
                                 p.mean.data(), p.variance.data(), epsilon, false, d.data(),
                                 dx.data(), dgamma.data(), dbeta.data());
  const results got = p.run();
  test::check_close("y", test::from_nhwc(got.y, g.batch, p.count(), g.h), y);
  test::check_close("dx", test::from_nhwc(got.dx, g.batch, g.channels, g.h), dx);
  test::check_close("dgamma", test::from_nhwc(got.dgamma, 1, g.channels, 1), dgamma);
  test::check_close("dbeta", test::from_nhwc(got.dbeta, 1, g.channels, 1), dbeta);
  CHECK(test::padding_magnitude(got.y, p.count()) == 0);
  for (const auto* padded : {&got.dx, &got.dgamma, &got.dbeta})
    CHECK(test::padding_magnitude(*padded, g.channels) == 0);
}

// Every third channel and its neighbour.
channel_list some_of(index_t channels) {
  channel_list chosen;
  for (index_t c = 0; c < channels; ++c)
    if (c % 3 != 1) chosen.push_back(c);
  return chosen;
}

}  // namespace

TEST_CASE("normalising a selection agrees with normalising everything and selecting") {
  for (const bool relu : {false, true}) {
    for (const index_t channels : {1, 3, 31, 33, 136})
      check_against_oracle({3, 35, channels, some_of(channels), relu});
    check_against_oracle({2, 1, 9, {4}, relu});
    check_against_oracle({5, 1100, 12, {0, 11}, relu});
    check_against_oracle({2, 40, 6, {5, 0, 3}, relu});
    check_against_oracle({2, 40, 6, {2, 2, 0, 2}, relu});
  }
}

TEST_CASE("a gradient that others have begun is added to, and channels nobody reads keep theirs") {
  const selected_problem p(2, 300, 21, some_of(21), true);
  const results fresh = p.run();
  const auto before = test::to_nhwc(test::random_values(p.g.pixels() * 21, 9), 2, 21, 300);
  const results added = p.run(before);
  CHECK(added.dgamma == fresh.dgamma);
  for (std::size_t i = 0; i < before.size(); ++i) REQUIRE(added.dx[i] == before[i] + fresh.dx[i]);
}

TEST_CASE("normalising a selection is bit-identical for any number of threads") {
  const selected_problem p(6, 700, 40, some_of(40), true);
  const results expected = p.run();
  for (const std::size_t threads : {1u, 2u, 3u, 4u}) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    CHECK(p.run() == expected);
  }
}
