// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/kernels/cpu/convolution.hpp>
#include <slimming/kernels/reference/convolution.hpp>

#include <tbb/global_control.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include "tests/kernels/support.hpp"
#include "tests/support/catch.hpp"

namespace sl = slimming;
namespace cpu = slimming::kernels::cpu;
namespace reference = slimming::kernels::reference;
using sl::index_t;
using sl::kernels::conv_geometry;

namespace {

// Results of all passes in the kernels' layout, and the statistics of y.
struct conv_results {
  std::vector<float> y, dx, dw;
  std::vector<double> mean, variance;

  bool operator==(const conv_results&) const = default;
};

struct conv_problem {
  conv_geometry g;
  std::vector<double> x, w, dy, bias;

  explicit conv_problem(const conv_geometry& geometry)
      : g(geometry),
        x(test::random_values(g.batch * g.in_channels * g.in_h * g.in_w, 1)),
        w(test::random_values(g.out_channels * g.in_per_group() * g.taps(), 2)),
        dy(test::random_values(g.batch * g.out_channels * g.out_h * g.out_w, 3)),
        bias(test::random_values(g.out_channels, 4)) {}

  [[nodiscard]] conv_results run(const cpu::convolution& conv) const {
    const std::size_t stride = static_cast<std::size_t>(cpu::padded_channels(g.out_channels));
    const auto nhwc_x = test::to_nhwc(x, g.batch, g.in_channels, g.in_h * g.in_w);
    const auto nhwc_dy = test::to_nhwc(dy, g.batch, g.out_channels, g.out_h * g.out_w);
    std::vector<float> packed(static_cast<std::size_t>(conv.weight_size()));
    conv.pack_weights(test::to_float(w).data(), packed.data());
    auto padded_bias = test::to_float(bias);
    padded_bias.resize(stride, 0.0f);

    const float garbage = 1e30f;  // whatever a pass does not write shows
    conv_results r;
    r.y.assign(static_cast<std::size_t>(conv.output_size()), garbage);
    r.dx.assign(static_cast<std::size_t>(conv.input_size()), garbage);
    r.dw.assign(packed.size(), garbage);
    r.mean.assign(stride, 1e30);
    r.variance.assign(stride, 1e30);
    const auto scratch = [&](cpu::conv_pass pass) {
      return std::vector<float>(static_cast<std::size_t>(conv.workspace_size(pass)), garbage);
    };
    auto memory = scratch(cpu::conv_pass::forward);
    cpu::conv_epilogue epilogue;
    epilogue.bias = padded_bias.data();
    epilogue.moments = {r.mean.data(), r.variance.data()};
    conv.forward(nhwc_x.data(), packed.data(), r.y.data(), memory, epilogue);
    memory = scratch(cpu::conv_pass::backward_data);
    conv.backward_data(nhwc_dy.data(), packed.data(), r.dx.data(), memory);
    memory = scratch(cpu::conv_pass::backward_weights);
    conv.backward_weights(nhwc_x.data(), nhwc_dy.data(), r.dw.data(), memory);
    return r;
  }
};

std::string describe(const conv_geometry& g) {
  std::ostringstream text;
  text << "batch " << g.batch << ", channels " << g.in_channels << " -> " << g.out_channels
       << ", groups " << g.groups << ", map " << g.in_h << "x" << g.in_w << ", kernel "
       << g.kernel_h << "x" << g.kernel_w << ", stride " << g.stride_h << "x" << g.stride_w
       << ", pad " << g.pad_top << " " << g.pad_left << " " << g.pad_bottom << " " << g.pad_right
       << ", dilation " << g.dilation_h << "x" << g.dilation_w;
  return text.str();
}

void check_against_oracle(const conv_geometry& g, const cpu::conv_options& options = {}) {
  INFO(describe(g));
  const conv_problem p(g);
  const cpu::convolution conv(g, options);
  const conv_results got = p.run(conv);

  const reference::conv_shape s(g);
  std::vector<double> y(p.dy.size()), dx(p.x.size()), dw(p.w.size());
  reference::conv_forward(s, p.x.data(), p.w.data(), p.bias.data(), y.data());
  reference::conv_backward_data(s, p.dy.data(), p.w.data(), dx.data());
  reference::conv_backward_weights<double>(s, p.x.data(), p.dy.data(), dw.data(), nullptr);
  test::check_close("y", test::from_nhwc(got.y, g.batch, g.out_channels, g.out_h * g.out_w), y);
  test::check_close("dx", test::from_nhwc(got.dx, g.batch, g.in_channels, g.in_h * g.in_w), dx);
  std::vector<float> oihw(p.w.size());
  conv.unpack_weights(got.dw.data(), oihw.data());
  test::check_close("dw", {oihw.begin(), oihw.end()}, dw);
  CHECK(test::padding_magnitude(got.y, g.out_channels) == 0);
  CHECK(test::padding_magnitude(got.dx, g.in_channels) == 0);

  // Packing what was unpacked gives the gradient back: its padding is zero too.
  std::vector<float> repacked(got.dw.size());
  conv.pack_weights(oihw.data(), repacked.data());
  CHECK(repacked == got.dw);

  const index_t pixels = g.out_h * g.out_w;
  for (index_t k = 0; k < g.out_channels; ++k) {
    double mean = 0, variance = 0;
    for (index_t i = 0; i < g.batch * pixels; ++i)
      mean += y[static_cast<std::size_t>((i / pixels * g.out_channels + k) * pixels + i % pixels)];
    mean /= static_cast<double>(g.batch * pixels);
    for (index_t i = 0; i < g.batch * pixels; ++i) {
      const double d =
          y[static_cast<std::size_t>((i / pixels * g.out_channels + k) * pixels + i % pixels)] -
          mean;
      variance += d * d;
    }
    variance /= static_cast<double>(g.batch * pixels);
    const auto at = static_cast<std::size_t>(k);
    INFO("channel " << k);
    CHECK(got.mean[at] == Approx(mean).epsilon(1e-4).margin(1e-4 * std::sqrt(variance + 1)));
    CHECK(got.variance[at] == Approx(variance).epsilon(1e-4).margin(1e-4));
  }
  for (std::size_t k = static_cast<std::size_t>(g.out_channels); k < got.mean.size(); ++k) {
    CHECK(got.mean[k] == 0);
    CHECK(got.variance[k] == 0);
  }
}

conv_geometry geometry(index_t batch, index_t in, index_t out, index_t h, index_t w, index_t kernel,
                       index_t pad, index_t stride = 1, index_t dilation = 1, index_t groups = 1) {
  conv_geometry g;
  g.batch = batch;
  g.in_channels = in;
  g.out_channels = out;
  g.groups = groups;
  g.in_h = h;
  g.in_w = w;
  g.kernel_h = g.kernel_w = kernel;
  g.stride_h = g.stride_w = stride;
  g.pad_top = g.pad_left = g.pad_bottom = g.pad_right = pad;
  g.dilation_h = g.dilation_w = dilation;
  return with_output_size(g);
}

std::vector<conv_geometry> odd_shapes() {
  std::vector<conv_geometry> shapes;
  for (const index_t kernel : {1, 2, 3, 5, 7})
    for (const index_t channels : {1, 3, 31, 33})
      shapes.push_back(geometry(2, channels, 34 - channels, 7, 9, kernel, kernel / 2));
  for (const index_t stride : {2, 3})
    for (const index_t kernel : {1, 2, 3, 5})
      shapes.push_back(geometry(7, 5, 19, 9, 8, kernel, kernel / 2, stride));
  for (const index_t stride : {1, 2, 4})
    shapes.push_back(geometry(1, 6, 10, 11, 13, 3, 2, stride, 2));
  for (const index_t groups : {2, 3, 6})
    for (const index_t stride : {1, 2})
      shapes.push_back(geometry(2, 6, 18, 6, 5, 3, 1, stride, 1, groups));
  shapes.push_back(geometry(1, 32, 32, 5, 5, 3, 1, 1, 1, 2));
  shapes.push_back(geometry(7, 33, 31, 1, 1, 3, 1));  // only the centre tap ever meets a pixel
  shapes.push_back(geometry(7, 33, 31, 1, 1, 1, 0));
  shapes.push_back(geometry(2, 70, 90, 1, 1, 1, 0));
  for (const index_t stride : {2, 5})  // beyond the map: some strides reach no pixel
    for (const index_t map : {1, 2, 4})
      for (const index_t kernel : {1, 3})
        shapes.push_back(geometry(3, 16, 32, map, map, kernel, kernel / 2, stride));
  shapes.push_back(geometry(3, 4, 40, 2, 3, 3, 1));
  conv_geometry uneven = geometry(2, 3, 9, 6, 10, 3, 0);
  uneven.kernel_h = 2;
  uneven.kernel_w = 5;
  uneven.pad_top = 1;
  uneven.pad_right = 3;
  uneven.stride_w = 2;
  uneven.dilation_h = 3;
  shapes.push_back(with_output_size(uneven));
  conv_geometry whole_map = geometry(5, 9, 17, 4, 3, 1, 0);  // a linear layer behind a flatten
  whole_map.kernel_h = 4;
  whole_map.kernel_w = 3;
  shapes.push_back(with_output_size(whole_map));
  return shapes;
}

}  // namespace

TEST_CASE("every shape agrees with the oracle in all passes") {
  for (const auto& g : odd_shapes()) check_against_oracle(g);
}

TEST_CASE("exact convolution agrees with the oracle in all passes") {
  for (const auto& g : odd_shapes()) check_against_oracle(g, {.exact = true});
}

TEST_CASE("every Winograd form agrees with the oracle on maps that are no multiple of its tile") {
  using enum cpu::conv_algorithm;
  const auto check = [](const conv_geometry& g, cpu::conv_algorithm a) {
    INFO(name_of(a));
    check_against_oracle(g, {.forward = a, .backward_data = a, .backward_weights = a});
  };
  for (const auto a : {winograd_4x4, winograd_2x2}) {
    for (const index_t channels : {1, 3, 31, 33})
      for (const index_t map : {1, 2, 5, 8})
        check(geometry(map == 8 ? 7 : 1, channels, 34 - channels, map, map + 1, 3, 1), a);
    check(geometry(2, 9, 20, 6, 7, 3, 0), a);
    check(geometry(2, 9, 20, 4, 3, 3, 2), a);
    check(geometry(2, 70, 150, 4, 4, 3, 1), a);  // few tiles, many weights
    check(geometry(3, 150, 70, 9, 9, 3, 1), a);
    check(geometry(70, 20, 12, 4, 4, 3, 1), a);
    check(geometry(2, 150, 12, 18, 17, 3, 1), a);  // many channels into few
    conv_geometry uneven = geometry(2, 11, 13, 7, 6, 3, 0);
    uneven.pad_top = 2;
    uneven.pad_right = 1;
    check(with_output_size(uneven), a);
  }
  for (const index_t channels : {1, 3, 31, 33, 130})
    for (const index_t batch : {1, 7, 65})
      check(geometry(batch, channels, 40, 2, 2, 3, 1), toeplitz_2x2);
}

TEST_CASE("few pixels under many channels, tap by tap, agree with the oracle") {
  const auto check = [](const conv_geometry& g) {
    REQUIRE((cpu::goes_by_taps(g.out_pixels(), g.taps(), g.in_per_group()) ||
             cpu::goes_by_taps(g.in_pixels(), g.taps(), g.out_per_group())));
    check_against_oracle(g, {.exact = true});
  };
  for (const index_t map : {1, 2, 4, 8}) check(geometry(1, 64, 40, map, map, 3, 1));
  check(geometry(7, 70, 90, 3, 2, 3, 1));
  check(geometry(1, 300, 12, 3, 4, 3, 1));       // more channels than are multiplied at a time
  check(geometry(1, 20, 300, 4, 3, 3, 1));       // only backward data goes by taps
  check(geometry(2, 65, 77, 9, 8, 5, 2, 2));     // stride
  check(geometry(1, 65, 77, 8, 8, 2, 0, 3));     // pixels that no tap reaches
  check(geometry(1, 65, 77, 7, 6, 3, 2, 1, 2));  // dilation
  check(geometry(1, 130, 142, 5, 5, 3, 1, 1, 1, 2));
  check(geometry(1, 66, 70, 1, 1, 3, 2));  // some results lie in the padding's reach only
}

TEST_CASE("prepared weights give the same bits") {
  for (const auto& g : {geometry(2, 20, 24, 9, 9, 3, 1), geometry(2, 24, 80, 2, 2, 3, 1),
                        geometry(3, 20, 90, 4, 4, 3, 1), geometry(2, 20, 24, 9, 9, 5, 1),
                        geometry(1, 300, 90, 8, 8, 3, 1)}) {
    const conv_problem p(g);
    const cpu::convolution conv(g, {.prepared = true});
    std::vector<float> packed(static_cast<std::size_t>(conv.weight_size()));
    conv.pack_weights(test::to_float(p.w).data(), packed.data());
    std::vector<float> prepared(static_cast<std::size_t>(conv.prepared_size()));
    conv.prepare(packed.data(), prepared.data());
    const auto x = test::to_nhwc(p.x, g.batch, g.in_channels, g.in_h * g.in_w);
    std::vector<float> memory(
        static_cast<std::size_t>(conv.workspace_size(cpu::conv_pass::forward)));
    std::vector<float> y(static_cast<std::size_t>(conv.output_size())), again = y;
    conv.forward(x.data(), packed.data(), y.data(), memory);
    conv.forward(x.data(), prepared.empty() ? packed.data() : nullptr, again.data(), memory,
                 {.prepared = prepared.empty() ? nullptr : prepared.data()});
    CHECK(y == again);
  }
}

TEST_CASE("depthwise convolution agrees with the oracle") {
  for (const index_t channels : {3, 8, 33})
    for (const index_t stride : {1, 2})
      for (const index_t kernel : {3, 5})
        check_against_oracle(
            geometry(3, channels, channels, 9, 7, kernel, kernel / 2, stride, 1, channels));
  check_against_oracle(geometry(1, 20, 20, 9, 12, 3, 2, 1, 2, 20));
}

TEST_CASE("a tall reduction is blocked without loss") {
  check_against_oracle(geometry(1, 200, 24, 5, 6, 3, 1), {.exact = true});
  check_against_oracle(geometry(2, 300, 40, 3, 3, 1, 0));
}

TEST_CASE("results are bit-identical for any number of threads") {
  for (const auto& g : {geometry(7, 33, 40, 12, 10, 3, 1), geometry(4, 16, 24, 9, 9, 3, 1, 2),
                        geometry(3, 24, 24, 20, 20, 3, 1, 1, 1, 24),
                        geometry(64, 16, 16, 8, 8, 1, 0), geometry(1, 80, 90, 4, 4, 3, 1)}) {
    INFO(describe(g));
    const conv_problem p(g);
    const cpu::convolution conv(g);
    const conv_results expected = p.run(conv);
    for (const std::size_t threads : {1u, 2u, 3u, 4u}) {
      const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
      CHECK(p.run(conv) == expected);
    }
  }
}

namespace {

void check_epilogue(const conv_geometry& g) {
  INFO(describe(g));
  const conv_problem p(g);
  const cpu::convolution conv(g);
  const conv_results plain = p.run(conv);
  const auto x = test::to_nhwc(p.x, g.batch, g.in_channels, g.in_h * g.in_w);
  const auto dy = test::to_nhwc(p.dy, g.batch, g.out_channels, g.out_h * g.out_w);
  std::vector<float> packed(static_cast<std::size_t>(conv.weight_size()));
  conv.pack_weights(test::to_float(p.w).data(), packed.data());
  const auto stride = static_cast<std::size_t>(cpu::padded_channels(g.out_channels));
  std::vector<float> bias = test::to_float(p.bias);
  bias.resize(stride, 0.0f);
  std::vector<double> mean(stride), variance(stride);

  std::vector<float> y = dy;
  std::vector<float> memory(static_cast<std::size_t>(conv.workspace_size(cpu::conv_pass::forward)));
  conv.forward(x.data(), packed.data(), y.data(), memory,
               {.bias = bias.data(), .add = y.data(), .moments = {mean.data(), variance.data()}});
  for (std::size_t i = 0; i < y.size(); ++i) REQUIRE(y[i] == plain.y[i] + dy[i]);
  const auto pixels = static_cast<double>(y.size() / stride);
  for (std::size_t c = 0; c < stride; ++c) {
    double sum = 0, squares = 0;
    for (std::size_t i = c; i < y.size(); i += stride) sum += static_cast<double>(y[i]);
    for (std::size_t i = c; i < y.size(); i += stride)
      squares += std::pow(static_cast<double>(y[i]) - sum / pixels, 2);
    CHECK(mean[c] == Approx(sum / pixels).epsilon(1e-5).margin(1e-5));
    CHECK(variance[c] == Approx(squares / pixels).epsilon(1e-4).margin(1e-5));
  }

  y = dy;
  conv.forward(x.data(), packed.data(), y.data(), memory,
               {.bias = bias.data(), .add = y.data(), .relu = true});
  for (std::size_t i = 0; i < y.size(); ++i) REQUIRE(y[i] == std::max(0.0f, plain.y[i] + dy[i]));

  std::vector<float> dx = x;
  memory.resize(static_cast<std::size_t>(conv.workspace_size(cpu::conv_pass::backward_data)));
  conv.backward_data(dy.data(), packed.data(), dx.data(), memory, dx.data());
  for (std::size_t i = 0; i < dx.size(); ++i) REQUIRE(dx[i] == plain.dx[i] + x[i]);
}

}  // namespace

TEST_CASE("the epilogue adds, rectifies, takes statistics, and accumulates into its own output") {
  for (const auto& g :
       {geometry(2, 5, 11, 6, 7, 3, 1), geometry(2, 12, 20, 9, 9, 3, 1),
        geometry(3, 20, 40, 9, 7, 1, 0), geometry(2, 40, 35, 9, 7, 3, 1, 2),
        geometry(2, 12, 20, 6, 7, 3, 1, 1, 1, 2), geometry(2, 9, 9, 6, 7, 3, 1, 1, 1, 9),
        geometry(9, 20, 30, 2, 2, 3, 1), geometry(1, 64, 75, 4, 4, 3, 1)})
    check_epilogue(g);
}

TEST_CASE("what cannot be computed is declined") {
  auto g = geometry(1, 4, 4, 5, 5, 3, 1);
  CHECK_THROWS_AS(cpu::convolution(geometry(1, 4, 4, 5, 5, 5, 1),
                                   {.forward = cpu::conv_algorithm::winograd_4x4}),
                  sl::unsupported);
  CHECK_THROWS_AS(cpu::convolution(g, {.forward = cpu::conv_algorithm::depthwise}),
                  sl::unsupported);
  g.out_h = 4;
  CHECK_THROWS_AS(cpu::convolution(g), sl::shape_mismatch);
  g = geometry(1, 4, 4, 5, 5, 3, 1);
  const cpu::convolution conv(g);
  std::vector<float> x(1000), y(1000);
  CHECK_THROWS_AS(conv.forward(x.data(), x.data(), y.data(), {}), sl::bad_value);
}
