// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/core/random.hpp>     // random_stream
#include <slimming/cuda/threshold.cuh>  // choose_channels

#include <algorithm>  // std::stable_sort
#include <cmath>      // std::abs, std::isfinite
#include <limits>     // std::numeric_limits
#include <numeric>    // std::iota
#include <vector>     // std::vector

#include "tests/support/cuda_backend.hpp"

using namespace slimming;
namespace gpu = slimming::cuda;  // CCCL has a ::cuda of its own
using testing::backend;
#if defined(__CUDACC__)
using gpu::sort_scratch_bytes;
#else
using emulation::sort_scratch_bytes;
#endif

namespace {

struct chosen {
  std::vector<unsigned char> keep;
  std::vector<int> live;
  std::vector<int> live_count;
  std::vector<float> magnitudes;
};

chosen choose(backend& on, const std::vector<std::vector<float>>& net, index_t removed) {
  std::vector<backend::buffer<float>> gammas;
  std::vector<tensor_view<const float, 1>> views;
  index_t n = 0;
  for (const auto& gamma : net) {
    gammas.push_back(on.upload(gamma));
    views.push_back(view(gammas.back().data(), gammas.back().size()));
    n += gammas.back().size();
  }
  const auto layers = on.upload(gpu::gamma_layers(views));
  const auto keys = on.allocate<std::uint32_t>(2 * n);
  const auto positions = on.allocate<int>(2 * n);
  const std::size_t sort_bytes = sort_scratch_bytes(static_cast<int>(n));
  const auto scratch = on.allocate<std::byte>(static_cast<index_t>(sort_bytes));
  const auto keep = on.allocate<unsigned char>(n);
  const auto live = on.upload(std::vector<int>(static_cast<std::size_t>(n), -1));
  const auto live_count = on.allocate<int>(layers.size());
  const auto magnitudes = on.allocate<float>(3);
  gpu::choose_channels(on.stream(),
                       tensor_view<const gpu::gamma_layer, 1>(layers.data(), layers.size()), n,
                       removed, {keep.data(), live.data(), live_count.data(), magnitudes.data()},
                       {keys.data(), keys.data() + n, positions.data(), positions.data() + n,
                        scratch.data(), sort_bytes});
  return {on.download(keep), on.download(live), on.download(live_count), on.download(magnitudes)};
}

// The host's rule: magnitudes ascending, ties by position, exactly `removed` go.
std::vector<unsigned char> rule(const std::vector<std::vector<float>>& net, index_t removed) {
  std::vector<float> all;
  for (const auto& gamma : net) all.insert(all.end(), gamma.begin(), gamma.end());
  std::vector<std::size_t> order(all.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::abs(all[a]) < std::abs(all[b]);
  });
  std::vector<unsigned char> keep(all.size(), 1);
  for (index_t i = 0; i < removed; ++i) keep[order[static_cast<std::size_t>(i)]] = 0;
  return keep;
}

std::vector<std::vector<float>> random_net(random_stream& random, bool ties) {
  std::vector<std::vector<float>> net;
  for (const index_t width : {64, 1, 300, 0, 512, 257}) {
    net.emplace_back();
    for (index_t c = 0; c < width; ++c) {
      const double g = ties ? static_cast<double>(random.below(7)) / 8.0 : random.uniform();
      net.back().push_back(static_cast<float>(random.below(2) ? g : -g));
    }
  }
  return net;
}

}  // namespace

TEST_CASE("exactly the asked number of channels goes, as the host's rule has it",
          "[cuda.threshold]") {
  backend on(GENERATE(from_range(backend::variants())));
  const bool ties = GENERATE(false, true);
  random_stream random{21};
  const auto net = random_net(random, ties);
  constexpr index_t n = 64 + 1 + 300 + 512 + 257;
  for (const index_t removed : {index_t{0}, index_t{1}, n / 2, (n * 7) / 10, n - 1, n}) {
    const chosen got = choose(on, net, removed);
    REQUIRE(got.keep == rule(net, removed));
    REQUIRE(std::count(got.keep.begin(), got.keep.end(), 0) == removed);
  }
}

TEST_CASE("the live channels of every layer are listed in their order", "[cuda.threshold]") {
  backend on(GENERATE(from_range(backend::variants())));
  random_stream random{22};
  const auto net = random_net(random, false);
  const chosen got = choose(on, net, 600);
  std::size_t first = 0;
  for (std::size_t layer = 0; layer < net.size(); ++layer) {
    std::vector<int> expected;
    for (std::size_t c = 0; c < net[layer].size(); ++c)
      if (got.keep[first + c]) expected.push_back(static_cast<int>(c));
    REQUIRE(got.live_count[layer] == static_cast<int>(expected.size()));
    REQUIRE(std::vector<int>(got.live.begin() + static_cast<std::ptrdiff_t>(first),
                             got.live.begin() +
                                 static_cast<std::ptrdiff_t>(first + expected.size())) == expected);
    first += net[layer].size();
  }
}

TEST_CASE("the magnitudes on both sides of the cut are reported", "[cuda.threshold]") {
  backend on(backend::variants().front());
  const std::vector<std::vector<float>> net = {{0.5f, -0.1f}, {0.0f, -2.0f, 0.25f}};
  constexpr float inf = std::numeric_limits<float>::infinity();
  REQUIRE(choose(on, net, 2).magnitudes == std::vector<float>{0.1f, 0.25f, 2.0f});
  REQUIRE(choose(on, net, 0).magnitudes == std::vector<float>{-1.0f, 0.0f, 2.0f});
  REQUIRE(choose(on, net, 5).magnitudes == std::vector<float>{2.0f, inf, 2.0f});
}

TEST_CASE("a scale factor that is not finite shows in the largest magnitude", "[cuda.threshold]") {
  backend on(backend::variants().front());
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  constexpr float inf = std::numeric_limits<float>::infinity();
  REQUIRE(std::isnan(choose(on, {{0.5f, -nan, 0.1f}}, 1).magnitudes[2]));
  REQUIRE(choose(on, {{0.5f, -inf, 0.1f}}, 1).magnitudes[2] == inf);
  REQUIRE(choose(on, {{0.5f, nan, 0.1f}}, 1).keep == std::vector<unsigned char>{1, 1, 0});
}

TEST_CASE("counts outside the net are refused", "[cuda.threshold]") {
  backend on(backend::variants().front());
  const auto call = [&](index_t channels, index_t removed) {
    gpu::choose_channels(on.stream(), tensor_view<const gpu::gamma_layer, 1>(), channels, removed,
                         {}, {});
  };
  REQUIRE_THROWS_AS(call(5, 6), bad_value);
  REQUIRE_THROWS_AS(call(5, -1), bad_value);
  REQUIRE_THROWS_AS(call(index_t{1} << 31, 0), bad_value);
  REQUIRE_NOTHROW(call(0, 0));
}
