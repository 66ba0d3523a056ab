// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/cuda/elementwise.cuh>  // activation_forward, add, ...

#include <algorithm>  // std::max
#include <vector>     // std::vector

#include "tests/cuda/support.hpp"
#include "tests/support/cuda_backend.hpp"

using namespace slimming;
namespace gpu = slimming::cuda;  // CCCL has a ::cuda of its own
using kernels::activation;
using testing::backend;
using testing::worst_error;

namespace {

constexpr index_t image_count = 3;
constexpr index_t channel_count = 13;
constexpr index_t area = 77;

// Two operands on the host and on the device.
template <class T>
struct operands {
  backend& on;
  std::vector<double> a, b;
  backend::buffer<T> device_a, device_b, out;

  explicit operands(backend& where) : on(where) {
    random_stream random{17};
    a = testing::normal_values<T>(image_count * channel_count * area, random);
    b = testing::normal_values<T>(image_count * channel_count * area, random);
    device_a = on.upload(testing::to_nhwc<T>(a, image_count, channel_count, area));
    device_b = on.upload(testing::to_nhwc<T>(b, image_count, channel_count, area));
    out = on.template allocate<T>(device_a.size());
  }
  [[nodiscard]] gpu::pixel_grid grid() const { return {image_count * area, channel_count}; }
  template <class Expected>
  void check(const Expected& expected) {
    std::vector<double> wanted(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) wanted[i] = expected(a[i], b[i]);
    const auto got = on.download(out);
    CHECK(worst_error(testing::from_nhwc(got, image_count, channel_count, area), wanted) <
          testing::storage_error<T>);
    CHECK(testing::has_clear_padding(got, channel_count));
  }
};

std::vector<activation> all_activations() {
  using enum kernels::activation_kind;
  return {{identity, 0, 0},   {relu, 0, 0},   {leaky_relu, 0.1f, 0}, {clip, 0.25f, 2.0f},
          {sigmoid, 0, 0},    {tanh, 0, 0},   {silu, 0, 0},          {hard_sigmoid, 0.2f, 0.5f},
          {hard_swish, 0, 0}, {elu, 0.7f, 0}, {gelu, 0, 0}};
}

}  // namespace

TEMPLATE_TEST_CASE("activations and their gradients are those of the scalar functions",
                   "[cuda.elementwise]", float, bfloat16, float16) {
  backend on(backend::variants().back());
  operands<TestType> t(on);
  for (const activation& f : all_activations()) {
    CAPTURE(static_cast<int>(f.kind));
    gpu::activation_forward(on.stream(), t.grid(), f, std::as_const(t.device_a).data(),
                            t.out.data());
    t.check([&](double a, double) {
      return static_cast<double>(kernels::activate(f, static_cast<float>(a)));
    });
    gpu::activation_backward<TestType>(on.stream(), t.grid(), f, t.device_a.data(),
                                       t.device_b.data(), t.out.data());
    t.check([&](double a, double b) {
      return b * static_cast<double>(kernels::activation_slope(f, static_cast<float>(a)));
    });
  }
}

TEMPLATE_TEST_CASE("sums, differences and products", "[cuda.elementwise]", float, bfloat16) {
  backend on(GENERATE(from_range(backend::variants())));
  operands<TestType> t(on);
  gpu::add<TestType>(on.stream(), t.grid(), t.device_a.data(), t.device_b.data(), t.out.data());
  t.check([](double a, double b) { return a + b; });
  gpu::subtract<TestType>(on.stream(), t.grid(), t.device_a.data(), t.device_b.data(),
                          t.out.data());
  t.check([](double a, double b) { return a - b; });
  gpu::multiply<TestType>(on.stream(), t.grid(), t.device_a.data(), t.device_b.data(),
                          t.out.data());
  t.check([](double a, double b) { return a * b; });
  gpu::scale<TestType>(on.stream(), t.grid(), -0.5f, t.device_a.data(), t.out.data());
  t.check([](double a, double) { return -0.5 * a; });
}

TEMPLATE_TEST_CASE("what follows a convolution is added in one pass", "[cuda.elementwise]", float,
                   bfloat16) {
  backend on(GENERATE(from_range(backend::variants())));
  operands<TestType> t(on);
  std::vector<float> bias(16, 0.0f);
  for (std::size_t c = 0; c < channel_count; ++c) bias[c] = 0.25f * static_cast<float>(c) - 1.0f;
  const auto device_bias = on.upload(bias);
  const auto check = [&](bool has_bias, bool has_addend, bool relu) {
    gpu::add_bias<TestType, TestType>(on.stream(), t.grid(), t.device_a.data(),
                                      has_bias ? device_bias.data() : nullptr,
                                      has_addend ? t.device_b.data() : nullptr, relu, t.out.data());
    std::size_t i = 0;
    t.check([&](double a, double b) {
      const std::size_t c = i++ / area % channel_count;
      const double sum =
          a + (has_bias ? static_cast<double>(bias[c]) : 0.0) + (has_addend ? b : 0.0);
      return relu ? std::max(sum, 0.0) : sum;
    });
  };
  check(true, false, false);
  check(true, true, true);
  check(false, true, true);
  check(false, false, true);
}

TEMPLATE_TEST_CASE("a gate scales every image's channels, and gathers its gradient",
                   "[cuda.elementwise]", float, bfloat16) {
  backend on(GENERATE(from_range(backend::variants())));
  operands<TestType> t(on);
  random_stream random{5};
  const auto gate = testing::normal_values<TestType>(image_count * channel_count, random);
  const auto device_gate =
      on.upload(testing::to_nhwc<TestType>(gate, image_count, channel_count, 1));
  gpu::scale_images<TestType>(on.stream(), t.grid(), area, t.device_a.data(), device_gate.data(),
                              t.out.data());
  std::size_t i = 0;
  t.check([&](double a, double) { return a * gate[i++ / area]; });

  const auto dgate = on.template allocate<TestType>(device_gate.size());
  gpu::scale_images_gate_gradient<TestType>(on.stream(),
                                            gpu::pixel_grid(image_count, channel_count), area,
                                            t.device_a.data(), t.device_b.data(), dgate.data());
  std::vector<double> sums(static_cast<std::size_t>(image_count * channel_count), 0.0);
  for (std::size_t k = 0; k < t.a.size(); ++k) sums[k / area] += t.a[k] * t.b[k];
  CHECK(worst_error(testing::from_nhwc(on.download(dgate), image_count, channel_count, 1), sums) <
        testing::storage_error<TestType>);
}

TEST_CASE("conversion rounds as the host does", "[cuda.elementwise]") {
  backend on(GENERATE(from_range(backend::variants())));
  operands<float> t(on);
  const auto half = on.allocate<bfloat16>(t.device_a.size());
  const auto back = on.allocate<float>(t.device_a.size());
  gpu::convert<float, bfloat16>(on.stream(), t.grid(), t.device_a.data(), half.data());
  gpu::convert<bfloat16, float>(on.stream(), t.grid(), half.data(), back.data());
  const auto a = on.download(t.device_a);
  const auto got = on.download(back);
  for (std::size_t i = 0; i < a.size(); ++i) REQUIRE(got[i] == static_cast<float>(bfloat16(a[i])));
}

TEMPLATE_TEST_CASE("lists of any length convert and add up", "[cuda.elementwise]", float,
                   bfloat16) {
  backend on(GENERATE(from_range(backend::variants())));
  random_stream random{8};
  for (const index_t n : {1, 255, 2048, 5001}) {
    const auto a = testing::normal_values<TestType>(n, random);
    const auto b = testing::normal_values<TestType>(n, random);
    const auto device_a = on.upload(testing::narrowed<TestType>(a));
    const auto device_b = on.upload(testing::narrowed<TestType>(b));
    const auto wide = on.template allocate<float>(n);
    gpu::convert_list<TestType, float>(on.stream(), n, device_a.data(), wide.data());
    REQUIRE(testing::widened(on.download(wide)) == a);
    gpu::accumulate_list<TestType>(on.stream(), n, device_a.data(), device_b.data());
    auto sum = a;
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += b[i];
    REQUIRE(worst_error(testing::widened(on.download(device_b)), sum) <
            testing::storage_error<TestType>);
  }
}

TEST_CASE("dropout keeps its share, scales what it keeps, and draws anew at every step",
          "[cuda.elementwise]") {
  backend on(GENERATE(from_range(backend::variants())));
  const gpu::pixel_grid g(1000, 16);
  const auto x = on.upload(std::vector<float>(16000, 1.0f));
  const auto y = on.allocate<float>(16000);
  const random_stream random{4, 9};
  const auto run = [&](std::uint64_t step) {
    const auto iteration = on.upload(std::vector<std::uint64_t>{step});
    gpu::dropout<float>(on.stream(), g, 0.25, random, iteration.data(), x.data(), y.data());
    return on.download(y);
  };
  const auto first = run(0);
  double kept = 0.0;
  for (std::size_t i = 0; i < first.size(); ++i) {
    const bool is_dropped = (random.at(i) >> 32) < (std::uint64_t{1} << 30);
    REQUIRE(first[i] == (is_dropped ? 0.0f : 1.0f / 0.75f));
    kept += is_dropped ? 0.0 : 1.0;
  }
  REQUIRE(kept / 16000.0 == Approx(0.75).margin(0.02));
  REQUIRE(run(0) == first);
  REQUIRE(run(1) != first);
}

TEST_CASE("an activation of 2^31 elements or more is refused", "[cuda.elementwise]") {
  backend on(backend::variants().front());
  REQUIRE_THROWS_AS(
      gpu::add<float>(on.stream(), gpu::pixel_grid(index_t{1} << 28, 8), nullptr, nullptr, nullptr),
      bad_value);
}
