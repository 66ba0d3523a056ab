// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/surgery/absorb.hpp>

#include <slimming/core/random.hpp>
#include <slimming/core/tensor.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/support/catch.hpp"

namespace sl = slimming;

namespace {

// A direct convolution of a field where channel c is constants[c] everywhere inside, 0 in the padding.
std::vector<double> naive(const sl::constant_consumer& f, const sl::any_tensor& weight,
                          const std::vector<double>& constants,
                          std::vector<sl::index_t>& out_shape) {
  const auto w = weight.converted<double>();
  const auto& e = weight.extents();  // (out, in per group, kh, kw)
  out_shape = {e[0]};
  for (std::size_t a = 0; a < 2; ++a) {
    const auto& x = f.window[a];
    out_shape.push_back(
        (x.input + x.pad_begin + x.pad_end - (e[2 + a] - 1) * x.dilation - 1) / x.stride + 1);
  }
  std::vector<double> y;
  for (sl::index_t o = 0; o < out_shape[0]; ++o)
    for (sl::index_t r = 0; r < out_shape[1]; ++r)
      for (sl::index_t q = 0; q < out_shape[2]; ++q) {
        double sum = 0;
        for (sl::index_t i = 0; i < e[1]; ++i)
          for (sl::index_t kr = 0; kr < e[2]; ++kr)
            for (sl::index_t kq = 0; kq < e[3]; ++kq) {
              const auto in_r =
                  r * f.window[0].stride - f.window[0].pad_begin + kr * f.window[0].dilation;
              const auto in_q =
                  q * f.window[1].stride - f.window[1].pad_begin + kq * f.window[1].dilation;
              if (in_r < 0 || in_q < 0 || in_r >= f.window[0].input || in_q >= f.window[1].input)
                continue;
              const auto c = o / (e[0] / f.groups) * e[1] + i;
              sum += constants[static_cast<std::size_t>(c)] *
                     w[static_cast<std::size_t>(((o * e[1] + i) * e[2] + kr) * e[3] + kq)];
            }
        y.push_back(sum);
      }
  return y;
}

sl::any_tensor random_weight(sl::shape extents, std::uint64_t seed) {
  sl::any_tensor t(sl::dtype::float64, std::move(extents));
  sl::random_stream random{seed};
  for (double& x : t.values<double>()) x = random.normal();
  return t;
}

}  // namespace

TEST_CASE("dead channels answer act(beta), the others are not constant") {
  const std::vector<float> beta = {-1, 2, 3, 0.5f};
  const auto keep = sl::mask::from_indices(4, std::vector<sl::index_t>{2});
  const auto relu = [](double x) { return std::max(x, 0.0); };
  CHECK(sl::dead_constants(sl::view(beta.data(), 4), keep, relu) ==
        std::vector<double>{0, 2, 0, 0.5});
  CHECK_THROWS_AS(sl::dead_constants(sl::view(beta.data(), 3), keep, relu), sl::shape_mismatch);
  CHECK_THROWS_AS(
      sl::dead_constants(sl::view(beta.data(), 4), keep, [](double x) { return std::log(x); }),
      sl::bad_value);
}

TEST_CASE("the response is the convolution of the constants at every position") {
  // kernel, pads, strides, dilations, groups
  const std::vector<std::vector<sl::window_axis>> windows = {
      {{5, 0, 0, 1, 1}, {6, 0, 0, 1, 1}}, {{5, 1, 1, 1, 1}, {7, 1, 1, 1, 1}},
      {{8, 1, 1, 2, 1}, {9, 0, 1, 2, 1}}, {{9, 2, 2, 1, 2}, {7, 2, 2, 3, 2}},
      {{2, 2, 2, 1, 1}, {1, 1, 1, 1, 1}}, {{6, 3, 0, 1, 1}, {6, 0, 3, 1, 1}}};
  for (std::size_t k = 0; k < windows.size(); ++k)
    for (const sl::index_t groups : {1, 2, 6}) {
      const sl::any_tensor w = random_weight({6, 12 / groups, 3, 3}, k);
      sl::any_tensor w_copy = w;
      const sl::constant_consumer f{w_copy.ref(), 0, 1, groups, windows[k]};
      std::vector<double> constants(12, 0.0);
      sl::random_stream random{k, 9};
      for (double& c : constants)
        if (random.uniform() < 0.5) c = random.normal();
      const auto r = sl::respond(f, constants);
      std::vector<sl::index_t> out;
      const auto expected = naive(f, w, constants, out);
      double largest = 0;
      for (sl::index_t o = 0; o < out[0]; ++o)
        for (sl::index_t i = 0; i < out[1]; ++i)
          for (sl::index_t j = 0; j < out[2]; ++j) {
            const sl::index_t position[] = {i, j};
            const double e = expected[static_cast<std::size_t>((o * out[1] + i) * out[2] + j)];
            REQUIRE(r.at(o, position) == Approx(e).margin(1e-12));
            largest = std::max(largest, std::abs(e - r.shift[static_cast<std::size_t>(o)]));
          }
      CHECK(r.bound == Approx(largest).margin(1e-12));  // the bound is reached
      if (k == 0) CHECK(r.bound == 0);
    }
}

TEST_CASE("a linear layer's response is its weight times the constants, whatever its axis order") {
  sl::any_tensor w = random_weight({4, 3}, 1);  // (in, out)
  const std::vector<double> constants = {0, 2, 0, -1};
  const auto r = sl::respond({.weight = w.ref(), .out_axis = 1, .in_axis = 0}, constants);
  const auto x = w.values<double>();
  for (std::size_t o = 0; o < 3; ++o) CHECK(r.shift[o] == Approx(2 * x[3 + o] - x[9 + o]));
  CHECK(r.bound == 0);
  CHECK(r.at(1, {}) == r.shift[1]);
}

TEST_CASE("absorbing adds to a bias and takes from a running mean") {
  sl::any_tensor w = random_weight({2, 3}, 1);
  const auto r = sl::respond({.weight = w.ref()}, std::vector<double>{1, 0, 0});
  std::vector<double> bias = {10, 20};
  std::vector<float> mean = {10, 20};
  CHECK(sl::absorb_into_bias(r, sl::view(bias.data(), 2)));
  CHECK(sl::absorb_into_mean(r, sl::view(mean.data(), 2)));
  for (std::size_t o = 0; o < 2; ++o) {
    CHECK(bias[o] - 10.0 * static_cast<double>(o + 1) == Approx(r.shift[o]));
    CHECK(10.0 * static_cast<double>(o + 1) - double{mean[o]} == Approx(r.shift[o]).margin(1e-5));
  }
  CHECK_THROWS_AS(sl::absorb_into_bias(r, sl::view(bias.data(), 1)), sl::shape_mismatch);
  const auto& constant = bias;
  CHECK_THROWS_AS(sl::absorb_into_bias(r, sl::view(constant.data(), 2)), sl::bad_value);
}

TEST_CASE("zero padding is absorbed only on request, and then within the bound") {
  sl::any_tensor w = random_weight({2, 1, 3, 3}, 1);
  const auto r =
      sl::respond({.weight = w.ref(), .window = {{4, 1, 1}, {4, 1, 1}}}, std::vector<double>{1.5});
  REQUIRE(r.bound > 0);
  std::vector<double> bias = {0, 0};
  CHECK_FALSE(sl::absorb_into_bias(r, sl::view(bias.data(), 2)));
  CHECK(bias == std::vector<double>{0, 0});
  CHECK(sl::absorb_into_bias(r, sl::view(bias.data(), 2), sl::border_policy::interior));
  CHECK(bias == r.shift);
}

TEST_CASE("facts that do not fit together are declined") {
  sl::any_tensor w = random_weight({4, 2, 3, 3}, 1);
  const std::vector<double> two(2), three(3), four(4);
  CHECK_THROWS_AS(sl::respond({.weight = w.ref()}, three), sl::shape_mismatch);
  CHECK_THROWS_AS(sl::respond({.weight = w.ref(), .groups = 3}, two), sl::bad_value);
  CHECK_THROWS_AS(sl::respond({.weight = w.ref(), .in_axis = 0}, two), sl::bad_value);
  CHECK_THROWS_AS(sl::respond({.weight = w.ref(), .window = {{5}}}, two), sl::shape_mismatch);
  CHECK_THROWS_AS(sl::respond({.weight = w.ref(), .window = {{5}, {1}}}, two), sl::shape_mismatch);
  CHECK_THROWS_AS(sl::respond({.weight = w.ref(), .window = {{5}, {0}}}, two), sl::bad_value);
  CHECK_NOTHROW(sl::respond({.weight = w.ref(), .groups = 2}, four));
}

TEST_CASE("arrays without memory are declined") {
  const sl::tensor_view<float, 1> gone(nullptr, 3);
  const sl::tensor_view<float, 2> gone_weight(nullptr, 3, 2);
  const auto complaint = [](auto&& f) {
    try {
      f();
    } catch (const sl::bad_value& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  const std::string moved = " elements and no memory (was its owner moved from?)";
  CHECK(complaint([&] {
          (void)sl::dead_constants(gone, sl::mask(3, false), [](double x) { return x; });
        }) == "slimming: bad_value: dead_constants: beta: has 3" + moved);
  CHECK(complaint([&] {
          (void)sl::respond({.weight = gone_weight}, std::vector<double>{1, 1});
        }) == "slimming: bad_value: constant_consumer::weight: has 6" + moved);
  CHECK(complaint([&] {
          (void)sl::absorb_into_bias({.shift = {1, 2, 3}}, gone);
        }) == "slimming: bad_value: absorb_into_bias: has 3" + moved);
}

TEST_CASE("a shift that the target's type cannot hold is declined before the first write") {
  std::vector<float> wide = {1, 2};
  std::vector<sl::float16> narrow = {sl::float16(1.f), sl::float16(60000.f)};
  CHECK_THROWS_WITH(sl::absorb_into_bias({.shift = {1, 1e300}}, sl::view(wide.data(), 2)),
                    "slimming: bad_value: absorb_into_bias: channel 1: the shifted value 1e+300 is "
                    "no finite float32; let its constant channels stay, or hold the array in a "
                    "wider type");
  CHECK_THROWS_AS(sl::absorb_into_mean({.shift = {1, -1e5}}, sl::view(narrow.data(), 2)),
                  sl::bad_value);
  CHECK(wide == std::vector<float>{1, 2});
  CHECK(float{narrow[0]} == 1.f);
  CHECK(float{narrow[1]} == 60000.f);
  CHECK(sl::absorb_into_mean({.shift = {1, 1e5}}, sl::view(narrow.data(), 2)));
  CHECK(float{narrow[1]} == -40000.f);
}
