// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/core/random.hpp>  // random_stream
#include <slimming/cuda/sgd.cuh>     // sgd_step

#include <type_traits>  // std::is_same_v
#include <vector>       // std::vector

#include "tests/support/cuda_backend.hpp"

using namespace slimming;
namespace gpu = slimming::cuda;  // CCCL has a ::cuda of its own
using testing::backend;

namespace {

std::vector<float> uniform(index_t n, random_stream& random) {
  std::vector<float> values(static_cast<std::size_t>(n));
  for (auto& v : values) v = static_cast<float>(random.uniform(-1, 1));
  return values;
}

// A parameter on the device and its twin in double.
template <class Gradient>
struct parameter {
  index_t size;
  index_t offset;  // elements before it in its buffers: 1 breaks the alignment of vectors
  l1_term l1;
  bool has_shadow;
  std::vector<double> value{};
  std::vector<double> velocity{};
  backend::buffer<float> device_value{};
  backend::buffer<float> device_velocity{};
  backend::buffer<Gradient> device_gradient{};
  backend::buffer<bfloat16> shadow{};
};

}  // namespace

TEMPLATE_TEST_CASE("one launch steps every parameter as the double-precision oracle does",
                   "[cuda.sgd]", float, bfloat16, float16) {
  using gradient_type = TestType;
  backend on(GENERATE(from_range(backend::variants())));
  const bool nesterov = GENERATE(false, true);
  const sgd_options options{.learning_rate = 0.05,
                            .momentum = 0.9,
                            .weight_decay = 1e-2,
                            .l1 = 0.1,
                            .nesterov = nesterov};
  random_stream random{11};
  std::vector<parameter<gradient_type>> net;
  net.push_back({1, 0, l1_term::with, true});
  net.push_back({3 * 4096, 0, l1_term::without, true});
  net.push_back({4096 + 7, 0, l1_term::with, false});
  net.push_back({4096, 1, l1_term::without, true});
  net.push_back({0, 0, l1_term::without, false});
  net.push_back({300, 0, l1_term::without, false});

  std::vector<gpu::sgd_tensor<gradient_type>> table;
  for (auto& p : net) {
    const auto value = uniform(p.size + p.offset, random);
    const auto velocity = uniform(p.size + p.offset, random);
    p.value.assign(value.begin() + p.offset, value.end());
    p.velocity.assign(velocity.begin() + p.offset, velocity.end());
    p.device_value = on.upload(value);
    p.device_velocity = on.upload(velocity);
    p.device_gradient = on.allocate<gradient_type>(p.size + p.offset);
    p.shadow = on.allocate<bfloat16>(p.has_shadow ? p.size + p.offset : 0);
    table.push_back({p.device_value.data() + p.offset, p.device_gradient.data() + p.offset,
                     p.device_velocity.data() + p.offset,
                     p.has_shadow ? p.shadow.data() + p.offset : nullptr, p.size, p.l1});
  }
  for (int step = 0; step < 2; ++step) {
    for (std::size_t i = 0; i < net.size(); ++i) {
      auto& p = net[i];
      std::vector<gradient_type> gradient;
      for (const float g : uniform(p.size + p.offset, random)) gradient.emplace_back(g);
      std::vector<double> wide(gradient.begin() + p.offset, gradient.end());
      p.device_gradient = on.upload(gradient);
      table[i].gradient = p.device_gradient.data() + p.offset;
      sgd_step(view(std::span(p.value)), view(std::span(wide)), view(std::span(p.velocity)),
               options, p.l1);
    }
    const auto chunks =
        on.upload(gpu::sgd_chunks(std::span<const gpu::sgd_tensor<gradient_type>>(table)));
    const tensor_view<const gpu::sgd_chunk<gradient_type>, 1> all(chunks.data(), chunks.size());
    on.forget_traffic();
    if (step == 0) {
      gpu::sgd_step(on.stream(), all, options);
    } else {  // the numbers in device memory, as a captured graph reads them
      const auto numbers =
          on.upload(std::vector<gpu::sgd_numbers>{slimming::detail::coefficients<float>(options)});
      gpu::sgd_step(on.stream(), all, numbers.data());
    }
    if (backend::counts_traffic) REQUIRE(on.launches() == 1);
  }
  for (const auto& p : net) {
    const auto value = on.download(p.device_value);
    const auto velocity = on.download(p.device_velocity);
    const auto shadow = on.download(p.shadow);
    for (std::size_t i = 0; i < p.value.size(); ++i) {
      const std::size_t at = i + static_cast<std::size_t>(p.offset);
      REQUIRE(static_cast<double>(value[at]) == Approx(p.value[i]).epsilon(1e-5).margin(1e-6));
      REQUIRE(static_cast<double>(velocity[at]) ==
              Approx(p.velocity[i]).epsilon(1e-5).margin(1e-6));
      if (p.has_shadow) REQUIRE(shadow[at].bits == bfloat16(value[at]).bits);
    }
  }
}

TEST_CASE("a step moves every value, gradient and velocity once", "[cuda.sgd]") {
  if (!backend::counts_traffic) return;
  backend on(backend::variants().front());
  constexpr index_t n = 5 * 4096 + 123;
  const auto value = on.upload(std::vector<float>(n, 1.0f));
  const auto velocity = on.upload(std::vector<float>(n, 1.0f));
  const auto gradient = on.upload(std::vector<float>(n, 1.0f));
  const auto shadow = on.allocate<bfloat16>(n);
  const std::vector<gpu::sgd_tensor<float>> table = {
      {value.data(), gradient.data(), velocity.data(), shadow.data(), n}};
  const auto chunks = on.upload(gpu::sgd_chunks(std::span<const gpu::sgd_tensor<float>>(table)));
  on.forget_traffic();
  gpu::sgd_step(on.stream(),
                tensor_view<const gpu::sgd_chunk<float>, 1>(chunks.data(), chunks.size()),
                sgd_options{});
  REQUIRE(on.bytes_written() == std::size_t{n} * (4 + 4 + 2));
  const std::size_t table_bytes = 256 * chunks.bytes();  // each thread reads its block's chunk
  REQUIRE(on.bytes_read() == std::size_t{n} * (4 + 4 + 4) + table_bytes);
}

TEST_CASE("bad tables and options are refused before anything runs", "[cuda.sgd]") {
  backend on(backend::variants().front());
  float x = 0.0f;
  const std::vector<gpu::sgd_tensor<float>> no_gradient = {{&x, nullptr, &x, nullptr, 1}};
  const std::vector<gpu::sgd_tensor<float>> negative = {{&x, &x, &x, nullptr, -1}};
  REQUIRE_THROWS_AS(gpu::sgd_chunks(std::span<const gpu::sgd_tensor<float>>(no_gradient)),
                    bad_value);
  REQUIRE_THROWS_AS(gpu::sgd_chunks(std::span<const gpu::sgd_tensor<float>>(negative)), bad_value);
  REQUIRE_THROWS_AS(gpu::sgd_step(on.stream(), tensor_view<const gpu::sgd_chunk<float>, 1>(),
                                  sgd_options{.momentum = 2.0}),
                    bad_value);
}
