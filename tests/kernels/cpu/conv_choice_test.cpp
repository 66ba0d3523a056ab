// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/kernels/cpu/conv_choice.hpp>

#include "tests/support/catch.hpp"

namespace cpu = slimming::kernels::cpu;
using cpu::conv_algorithm;
using slimming::index_t;
using slimming::kernels::conv_geometry;

namespace {

conv_geometry square(index_t channels, index_t map, index_t kernel) {
  conv_geometry g;
  g.batch = 64;
  g.in_channels = g.out_channels = channels;
  g.in_h = g.in_w = map;
  g.kernel_h = g.kernel_w = kernel;
  g.pad_top = g.pad_left = g.pad_bottom = g.pad_right = kernel / 2;
  return with_output_size(g);
}

}  // namespace

TEST_CASE("what the table chooses is applicable") {
  for (const int channels : {1, 3, 16, 512})
    for (const int map : {1, 2, 3, 4, 8, 32})
      for (const int kernel : {1, 3, 5})
        for (const auto pass : {cpu::conv_pass::forward, cpu::conv_pass::backward_data,
                                cpu::conv_pass::backward_weights})
          for (const bool exact : {false, true}) {
            const auto g = square(channels, map, kernel);
            const auto a = choose_algorithm(g, pass, exact);
            CHECK(is_applicable(a, g));
            CHECK(a != conv_algorithm::automatic);
            if (exact) CHECK(a == conv_algorithm::implicit_gemm);
          }
}

TEST_CASE("depthwise is one channel per group") {
  auto g = square(8, 8, 3);
  CHECK_FALSE(cpu::is_depthwise(g));
  g.groups = 8;
  CHECK(cpu::is_depthwise(g));
  CHECK(choose_algorithm(g, cpu::conv_pass::forward, false) == conv_algorithm::depthwise);
  g.out_channels = 16;
  CHECK_FALSE(cpu::is_depthwise(g));
  CHECK_FALSE(cpu::is_depthwise(square(1, 8, 3)));
}

TEST_CASE("the toeplitz form is for whole two by two maps") {
  CHECK(is_applicable(conv_algorithm::toeplitz_2x2, square(8, 2, 3)));
  CHECK_FALSE(is_applicable(conv_algorithm::toeplitz_2x2, square(8, 4, 3)));
  CHECK_FALSE(is_applicable(conv_algorithm::winograd_4x4, square(8, 8, 5)));
}

TEST_CASE("the table prefers what saves multiplications, unless transforms cost more") {
  const auto choice = [](const conv_geometry& g) {
    return choose_algorithm(g, cpu::conv_pass::forward, false);
  };
  CHECK(choice(square(64, 32, 3)) == conv_algorithm::winograd_4x4);
  CHECK(choice(square(512, 2, 3)) == conv_algorithm::toeplitz_2x2);
  CHECK(choice(square(512, 1, 3)) == conv_algorithm::implicit_gemm);
  CHECK(choice(square(64, 32, 5)) == conv_algorithm::implicit_gemm);
  CHECK(choice(square(3, 32, 3)) == conv_algorithm::implicit_gemm);
  auto one_image = square(512, 4, 3);
  one_image.batch = 1;
  CHECK(choice(one_image) == conv_algorithm::implicit_gemm);
  auto without_padding = square(64, 4, 3);  // 2x2 results: one small tile instead of a large one
  without_padding.pad_top = without_padding.pad_bottom = 0;
  without_padding.pad_left = without_padding.pad_right = 0;
  CHECK(choice(with_output_size(without_padding)) == conv_algorithm::winograd_2x2);
}

TEST_CASE("prepared weights cost what reading them costs") {
  const auto choice = [](index_t channels, index_t map, index_t batch) {
    auto g = square(channels, map, 3);
    g.batch = batch;
    return choose_algorithm(g, cpu::conv_pass::forward, false, true);
  };
  // One image: the larger the weights and the smaller the map, the fewer bytes per weight.
  CHECK(choice(64, 32, 1) == conv_algorithm::winograd_4x4);
  CHECK(choice(128, 16, 1) == conv_algorithm::winograd_4x4);
  CHECK(choice(256, 8, 1) == conv_algorithm::winograd_2x2);
  CHECK(choice(512, 4, 1) == conv_algorithm::implicit_gemm);
  CHECK(choice(512, 2, 1) == conv_algorithm::implicit_gemm);
  CHECK(choice(64, 8, 1) == conv_algorithm::winograd_4x4);  // so few weights stay in the cache
  // A batch shares them.
  CHECK(choice(256, 8, 64) == conv_algorithm::winograd_4x4);
  CHECK(choice(512, 4, 64) == conv_algorithm::winograd_4x4);
  CHECK(choice(512, 2, 64) == conv_algorithm::toeplitz_2x2);
}

TEST_CASE("preparing weights changes the forward pass's choice alone") {
  const auto g = square(256, 8, 3);
  for (const auto pass : {cpu::conv_pass::backward_data, cpu::conv_pass::backward_weights})
    CHECK(choose_algorithm(g, pass, false, true) == choose_algorithm(g, pass, false));
}

TEST_CASE("tap by tap, the zeros around a map are not multiplied") {
  auto g = square(64, 4, 3);
  g.batch = 1;
  CHECK(cpu::gemm_multiplications(g) == 100);  // along an axis 10 of the 12 pairs
  g.in_channels = 32;                          // too few
  CHECK(cpu::gemm_multiplications(g) == 144);
  g = square(64, 2, 3);
  g.batch = 16;
  CHECK(cpu::gemm_multiplications(g) == 16 * 16);
  g.batch = 17;  // too many pixels
  CHECK(cpu::gemm_multiplications(g) == 17 * 36);
}
