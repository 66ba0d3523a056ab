// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/core/random.hpp>      // random_stream
#include <slimming/cuda/batch_norm.cuh>  // batch_norm_forward, batch_norm_backward

#include <algorithm>  // std::max
#include <cmath>      // std::sqrt, std::abs
#include <limits>     // std::numeric_limits
#include <numeric>    // std::iota
#include <vector>     // std::vector

#include "tests/support/cuda_backend.hpp"

using namespace slimming;
namespace gpu = slimming::cuda;  // CCCL has a ::cuda of its own
using gpu::activation_shape;
using gpu::layout;
using testing::backend;

namespace {

struct options : gpu::batch_norm_options {
  bool residual = false;
};

// One layer in double; the arrays over channels keep their old values where a channel is dead.
struct oracle {
  activation_shape shape;
  std::vector<int> live;
  options how;
  std::vector<double> x, residual, dy;
  std::vector<double> gamma, beta, running_mean, running_variance;
  std::vector<double> mean, inv_std, y, dx, dresidual, dgamma, dbeta;

  [[nodiscard]] std::size_t at(index_t image, index_t channel, index_t pixel) const {
    return static_cast<std::size_t>(
        shape.order == layout::nhwc ? (image * shape.pixels + pixel) * shape.channels + channel
                                    : (image * shape.channels + channel) * shape.pixels + pixel);
  }
  template <class Visit>
  void each(int c, const Visit& visit) const {
    for (index_t n = 0; n < shape.images; ++n)
      for (index_t p = 0; p < shape.pixels; ++p) visit(at(n, c, p));
  }

  void run() {
    const auto count = static_cast<double>(shape.images * shape.pixels);
    for (const int channel : live) {
      const auto c = static_cast<std::size_t>(channel);
      double sum = 0.0;
      each(channel, [&](std::size_t i) { sum += x[i]; });
      mean[c] = sum / count;
      double squares = 0.0;
      each(channel, [&](std::size_t i) { squares += (x[i] - mean[c]) * (x[i] - mean[c]); });
      inv_std[c] = 1.0 / std::sqrt(squares / count + how.epsilon);
      running_mean[c] += how.momentum * (mean[c] - running_mean[c]);
      running_variance[c] +=
          how.momentum * (squares / std::max(1.0, count - 1.0) - running_variance[c]);
      double sum_g = 0.0;
      double sum_gx = 0.0;
      const auto normalised = [&](std::size_t i) { return (x[i] - mean[c]) * inv_std[c]; };
      each(channel, [&](std::size_t i) {
        y[i] = normalised(i) * gamma[c] + beta[c] + (how.residual ? residual[i] : 0.0);
        const bool passes = !how.relu || y[i] > 0.0;
        if (!passes) y[i] = 0.0;
        dresidual[i] = passes ? dy[i] : 0.0;
        sum_g += dresidual[i];
        sum_gx += dresidual[i] * normalised(i);
      });
      dbeta[c] = sum_g;
      dgamma[c] = sum_gx;
      each(channel, [&](std::size_t i) {
        dx[i] =
            gamma[c] * inv_std[c] * (dresidual[i] - sum_g / count - normalised(i) * sum_gx / count);
      });
    }
  }
};

constexpr double untouched = -123.0;

template <class T>
oracle make(const activation_shape& shape, std::vector<int> live, const options& how,
            random_stream& random, double offset) {
  oracle o{shape, std::move(live), how, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
  const auto n = static_cast<std::size_t>(shape.size());
  const auto c = static_cast<std::size_t>(shape.channels);
  const auto stored = [](double v) {
    return static_cast<double>(static_cast<float>(T(static_cast<float>(v))));
  };
  for (auto* v : {&o.x, &o.residual, &o.dy}) {
    v->resize(n);
    for (auto& e : *v) e = stored(random.normal() + (v == &o.x ? offset : 0.0));
  }
  for (auto* v : {&o.gamma, &o.beta, &o.running_mean, &o.running_variance}) {
    v->resize(c);
    for (auto& e : *v) e = static_cast<double>(static_cast<float>(random.uniform(0.2, 1.5)));
  }
  for (auto* v : {&o.mean, &o.inv_std, &o.dgamma, &o.dbeta}) v->assign(c, untouched);
  for (auto* v : {&o.y, &o.dx, &o.dresidual}) v->assign(n, untouched);
  o.run();
  return o;
}

template <class T>
std::vector<T> as(const std::vector<double>& v) {
  std::vector<T> out;
  for (const double e : v) out.emplace_back(static_cast<float>(e));
  return out;
}

// The largest error over all elements, in units of 1 + |expected|.
template <class T>
double worst(const std::vector<T>& got, const std::vector<double>& expected) {
  double error = 0.0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double e = std::abs(static_cast<double>(static_cast<float>(got[i])) - expected[i]) /
                     (1.0 + std::abs(expected[i]));
    error = std::isnan(e) ? std::numeric_limits<double>::infinity() : std::max(error, e);
  }
  return error;
}

template <class T>
struct device_layer {
  backend& on;
  backend::buffer<float> partial, gamma, beta, running_mean, running_variance, mean, inv_std,
      dgamma, dbeta;
  backend::buffer<unsigned> counters;
  backend::buffer<int> live;
  backend::buffer<T> x, residual, y, dy, dx, dresidual;
  activation_shape shape;
  gpu::live_channels channels;
  options how;

  device_layer(backend& where, const oracle& o, std::vector<double> old_mean,
               std::vector<double> old_variance)
      : on(where),
        partial(on.allocate<float>(gpu::reduction_workspace::partial_size)),
        gamma(on.upload(as<float>(o.gamma))),
        beta(on.upload(as<float>(o.beta))),
        running_mean(on.upload(as<float>(old_mean))),
        running_variance(on.upload(as<float>(old_variance))),
        mean(channel_array(o)),
        inv_std(channel_array(o)),
        dgamma(channel_array(o)),
        dbeta(channel_array(o)),
        counters(on.upload(std::vector<unsigned>(gpu::reduction_workspace::counters_size, 0))),
        live(on.upload(o.live)),
        x(on.upload(as<T>(o.x))),
        residual(on.upload(as<T>(o.residual))),
        y(output(o)),
        dy(on.upload(as<T>(o.dy))),
        dx(output(o)),
        dresidual(output(o)),
        shape(o.shape),
        how(o.how) {
    if (static_cast<index_t>(o.live.size()) != shape.channels)
      channels = {live.data(), live.size()};
  }
  backend::buffer<float> channel_array(const oracle& o) {
    return on.upload(std::vector<float>(o.gamma.size(), static_cast<float>(untouched)));
  }
  backend::buffer<T> output(const oracle& o) {
    return on.upload(std::vector<T>(o.x.size(), T(static_cast<float>(untouched))));
  }
  [[nodiscard]] gpu::batch_norm_arrays arrays() const {
    return {gamma.data(), beta.data(),   running_mean.data(), running_variance.data(),
            mean.data(),  inv_std.data()};
  }
  [[nodiscard]] gpu::reduction_workspace workspace() const {
    return {partial.data(), counters.data()};
  }
  void forward() {
    gpu::batch_norm_forward<T>(on.stream(), shape, channels,
                               {x.data(), how.residual ? residual.data() : nullptr, y.data()},
                               arrays(), workspace(), how);
  }
  void backward() {
    const bool gated_by_y = how.residual && how.relu;
    gpu::batch_norm_backward<T>(
        on.stream(), shape, channels,
        {x.data(), gated_by_y ? y.data() : nullptr, dy.data(), dx.data(),
         how.residual ? dresidual.data() : nullptr, dgamma.data(), dbeta.data()},
        arrays(), workspace(), how);
  }
};

template <class T>
void check_passes(backend& on, const activation_shape& shape, const std::vector<int>& live,
                  const options& how, double offset = 0.3) {
  random_stream random{static_cast<std::uint64_t>(shape.size() + shape.channels)};
  auto before = random;
  const oracle o = make<T>(shape, live, how, random, offset);
  // The running averages before the step: the same draws again.
  options frozen = how;
  frozen.momentum = 0.0;
  const oracle old = make<T>(shape, live, frozen, before, offset);
  device_layer<T> layer(on, o, old.running_mean, old.running_variance);
  layer.forward();
  layer.backward();

  const double fine = offset > 10.0 ? 2e-4 : 2e-5;
  const double coarse =
      std::is_same_v<T, float> ? fine : (std::is_same_v<T, float16> ? 2e-3 : 1e-2);
  CAPTURE(shape.images, shape.channels, shape.pixels, shape.order == layout::nhwc, live.size(),
          how.relu, how.residual);
  CHECK(worst(on.download(layer.mean), o.mean) < fine);
  CHECK(worst(on.download(layer.inv_std), o.inv_std) < fine);
  CHECK(worst(on.download(layer.running_mean), o.running_mean) < fine);
  CHECK(worst(on.download(layer.running_variance), o.running_variance) < fine);
  CHECK(worst(on.download(layer.y), o.y) < coarse);
  CHECK(worst(on.download(layer.dx), o.dx) < coarse);
  CHECK(worst(on.download(layer.dgamma), o.dgamma) < coarse);
  CHECK(worst(on.download(layer.dbeta), o.dbeta) < coarse);
  if (how.residual) CHECK(worst(on.download(layer.dresidual), o.dresidual) < coarse);
  const auto counters = on.download(layer.counters);
  CHECK(std::all_of(counters.begin(), counters.end(), [](unsigned n) { return n == 0; }));
}

std::vector<int> all_of(index_t n) {
  std::vector<int> all(static_cast<std::size_t>(n));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

options with(bool relu, bool residual) {
  options how;
  how.relu = relu;
  how.residual = residual;
  return how;
}

}  // namespace

TEMPLATE_TEST_CASE("forward and backward agree with the double-precision oracle on odd sizes",
                   "[cuda.batch_norm]", float, bfloat16, float16) {
  backend on(backend::variants().back());
  const layout order = GENERATE(layout::nchw, layout::nhwc);
  for (const bool relu : {false, true})
    for (const bool residual : {false, true}) {
      check_passes<TestType>(on, {3, 16, 49, order}, all_of(16), with(relu, residual));
      check_passes<TestType>(on, {2, 5, 64, order}, all_of(5), with(relu, residual));
    }
  check_passes<TestType>(on, {1, 1, 7, order}, all_of(1), with(true, false));
  check_passes<TestType>(on, {4, 40, 1, order}, all_of(40), with(true, true));
}

TEMPLATE_TEST_CASE("an activation that many blocks share gives the oracle's sums",
                   "[cuda.batch_norm]", float, bfloat16) {
  backend on(backend::variants().back());
  check_passes<TestType>(on, {5, 24, 1600, layout::nhwc}, all_of(24), with(true, true));
  check_passes<TestType>(on, {5, 11, 1601, layout::nhwc}, all_of(11), with(true, false));
  check_passes<TestType>(on, {5, 3, 90 * 90, layout::nchw}, all_of(3), with(true, true));
  check_passes<TestType>(on, {5, 2, 33 * 177, layout::nchw}, all_of(2), with(true, false));
}

TEST_CASE("dead channels are neither read nor written", "[cuda.batch_norm]") {
  backend on(GENERATE(from_range(backend::variants())));
  const layout order = GENERATE(layout::nchw, layout::nhwc);
  const std::vector<int> live = {1, 2, 5, 11, 15};
  check_passes<float>(on, {3, 16, 36, order}, live, with(true, true));
  check_passes<bfloat16>(on, {3, 16, 36, order}, live, with(true, false));
  check_passes<float>(on, {5, 16, 60 * 60, order}, live, with(true, false));
}

TEST_CASE("a mean far from zero costs no more than the storage's own rounding",
          "[cuda.batch_norm]") {
  backend on(backend::variants().front());
  check_passes<float>(on, {5, 8, 1600, layout::nhwc}, all_of(8), with(true, false), 300.0);
  check_passes<float>(on, {5, 2, 8100, layout::nchw}, all_of(2), with(true, false), 300.0);
}

TEST_CASE("sums do not depend on the order in which threads and blocks run", "[cuda.batch_norm]") {
  const auto run = [](auto variant) {
    backend on(variant);
    random_stream random{4};
    const oracle o =
        make<float>({5, 24, 1600, layout::nhwc}, all_of(24), with(true, false), random, 0.0);
    device_layer<float> layer(on, o, o.running_mean, o.running_variance);
    layer.forward();
    layer.backward();
    auto result = on.download(layer.y);
    for (const auto& more : {on.download(layer.dx), on.download(layer.dgamma)})
      result.insert(result.end(), more.begin(), more.end());
    return result;
  };
  const auto variants = backend::variants();
  const auto first = run(variants.front());
  for (const auto& variant : variants) REQUIRE(run(variant) == first);
}

TEST_CASE("inference uses the running averages", "[cuda.batch_norm]") {
  backend on(GENERATE(from_range(backend::variants())));
  random_stream random{8};
  const oracle o =
      make<float>({3, 12, 25, layout::nhwc}, all_of(12), with(true, true), random, 0.0);
  device_layer<float> layer(on, o, o.running_mean, o.running_variance);
  gpu::batch_norm_inference<float>(on.stream(), layer.shape, {},
                                   {layer.x.data(), layer.residual.data(), layer.y.data()},
                                   layer.arrays(), layer.how);
  std::vector<double> expected(o.x.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const std::size_t c = i % 12;
    expected[i] =
        std::max(0.0, (o.x[i] - o.running_mean[c]) /
                              std::sqrt(o.running_variance[c] + o.how.epsilon) * o.gamma[c] +
                          o.beta[c] + o.residual[i]);
  }
  REQUIRE(worst(on.download(layer.y), expected) < 1e-5);
  REQUIRE(on.download(layer.running_mean) == as<float>(o.running_mean));
}

TEST_CASE("the input gradient may take the place of the output gradient", "[cuda.batch_norm]") {
  backend on(GENERATE(from_range(backend::variants())));
  for (const index_t pixels : {index_t{36}, index_t{1600}}) {
    random_stream random{6};
    const oracle o =
        make<float>({5, 24, pixels, layout::nhwc}, all_of(24), with(true, true), random, 0.0);
    device_layer<float> layer(on, o, o.running_mean, o.running_variance);
    layer.forward();
    gpu::batch_norm_backward<float>(
        on.stream(), layer.shape, {},
        {layer.x.data(), layer.y.data(), layer.dy.data(), layer.dy.data(), layer.dresidual.data(),
         layer.dgamma.data(), layer.dbeta.data()},
        layer.arrays(), layer.workspace(), layer.how);
    REQUIRE(worst(on.download(layer.dy), o.dx) < 2e-5);
    REQUIRE(worst(on.download(layer.dresidual), o.dresidual) < 2e-5);
  }
}

TEST_CASE("masking half of the channels halves the traffic", "[cuda.batch_norm]") {
  if (!backend::counts_traffic) return;
  const auto traffic = [](const activation_shape& shape, const std::vector<int>& live) {
    backend on(backend::variants().front());
    random_stream random{2};
    const oracle o = make<float>(shape, live, with(true, false), random, 0.0);
    device_layer<float> layer(on, o, o.running_mean, o.running_variance);
    on.forget_traffic();
    layer.forward();
    layer.backward();
    return static_cast<double>(on.bytes_read() + on.bytes_written());
  };
  const double dense = traffic({8, 16, 4096, layout::nchw}, all_of(16));
  const double half = traffic({8, 16, 4096, layout::nchw}, {0, 3, 4, 5, 8, 11, 12, 15});
  REQUIRE(half / dense == Approx(0.5).epsilon(0.03));
  // x three times and dy twice are read (and x once more for the first number of every thread's run)
  // and y and dx written: the rest is per channel
  const double tensor = 8.0 * 16.0 * 4096.0 * 4.0;
  REQUIRE(dense / tensor < 9.5);
  const double compacted = traffic({8, 8, 4096, layout::nhwc}, all_of(8));
  const double wide = traffic({8, 16, 4096, layout::nhwc}, all_of(16));
  REQUIRE(compacted / wide == Approx(0.5).epsilon(0.03));
}

TEST_CASE("shapes and pointers are checked before anything runs", "[cuda.batch_norm]") {
  backend on(backend::variants().front());
  const auto forward = [&](const activation_shape& shape, const gpu::live_channels& live) {
    gpu::batch_norm_forward<float>(on.stream(), shape, live, {}, {}, {});
  };
  REQUIRE_THROWS_AS(forward({2, 3, 4, layout::nhwc}, {}), bad_value);
  REQUIRE_THROWS_AS(forward({-2, 3, 4, layout::nhwc}, {}), bad_value);
  REQUIRE_THROWS_AS(forward({1 << 16, 1 << 10, 1 << 10, layout::nhwc}, {}), bad_value);
  const int index = 0;
  REQUIRE_THROWS_AS(forward({2, 3, 4, layout::nhwc}, {&index, 4}), bad_value);
  REQUIRE_NOTHROW(forward({0, 3, 4, layout::nhwc}, {}));
  REQUIRE_NOTHROW(forward({2, 3, 4, layout::nhwc}, {&index, 0}));
}
