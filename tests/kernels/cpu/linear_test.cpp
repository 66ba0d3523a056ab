// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/kernels/cpu/linear.hpp>
#include <slimming/kernels/reference/linear.hpp>

#include "tests/kernels/support.hpp"
#include "tests/support/catch.hpp"

namespace cpu = slimming::kernels::cpu;
namespace reference = slimming::kernels::reference;
using slimming::index_t;

TEST_CASE("a linear layer, also behind a flattened map, agrees with the oracle") {
  struct {
    index_t batch, channels, h, w, out;
  } const cases[] = {{1, 1, 1, 1, 1}, {64, 512, 1, 1, 10}, {7, 33, 1, 1, 100}, {5, 19, 3, 2, 31}};
  for (const auto& k : cases) {
    const index_t in = k.channels * k.h * k.w;
    const auto x = test::random_values(k.batch * in, 1), w = test::random_values(k.out * in, 2);
    const auto dy = test::random_values(k.batch * k.out, 3), bias = test::random_values(k.out, 4);
    std::vector<double> y(dy.size()), dx(x.size()), dw(w.size());
    reference::linear_forward(k.batch, in, k.out, x.data(), w.data(), bias.data(), y.data());
    reference::linear_backward<double>(k.batch, in, k.out, x.data(), w.data(), dy.data(), dx.data(),
                                       dw.data(), nullptr);

    const cpu::linear layer(k.batch, k.channels, k.out, k.h, k.w);
    const auto floats = [](index_t n) { return std::vector<float>(static_cast<std::size_t>(n)); };
    auto packed = floats(layer.weight_size()), gradient = floats(layer.weight_size());
    auto got_y = floats(layer.output_size()), got_dx = floats(layer.input_size());
    layer.pack_weights(test::to_float(w).data(), packed.data());
    const auto nhwc = test::to_nhwc(x, k.batch, k.channels, k.h * k.w);
    const auto nhwc_dy = test::to_nhwc(dy, k.batch, k.out, 1);
    auto padded_bias = test::to_float(bias);
    padded_bias.resize(static_cast<std::size_t>(cpu::padded_channels(k.out)), 0.0f);
    auto memory = floats(layer.workspace_size(cpu::conv_pass::forward));
    layer.forward(nhwc.data(), packed.data(), got_y.data(), memory, {.bias = padded_bias.data()});
    memory = floats(layer.workspace_size(cpu::conv_pass::backward_data));
    layer.backward_data(nhwc_dy.data(), packed.data(), got_dx.data(), memory);
    memory = floats(layer.workspace_size(cpu::conv_pass::backward_weights));
    layer.backward_weights(nhwc.data(), nhwc_dy.data(), gradient.data(), memory);
    std::vector<float> got_dw(w.size());
    layer.unpack_weights(gradient.data(), got_dw.data());

    const auto near = [](const std::vector<double>& got, const std::vector<double>& expected) {
      return test::distance_between(got, expected).relative < 2e-6;
    };
    CHECK(near(test::from_nhwc(got_y, k.batch, k.out, 1), y));
    CHECK(near(test::from_nhwc(got_dx, k.batch, k.channels, k.h * k.w), dx));
    CHECK(near({got_dw.begin(), got_dw.end()}, dw));
  }
}
