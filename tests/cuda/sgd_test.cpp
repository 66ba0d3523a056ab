// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/core/random.hpp>  // random_stream
#include <slimming/cuda/sgd.cuh>     // sgd_step

#include <type_traits>  // std::is_same_v
#include <vector>       // std::vector

#include "tests/cuda/support.hpp"
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
template <class Half>
struct sgd_case {
  index_t size;
  index_t offset;  // elements before it in its buffers: 1 breaks the alignment of vectors
  l1_term l1;
  bool has_shadow;
  bool has_half_gradient;
  std::vector<double> value{};
  std::vector<double> velocity{};
  backend::buffer<float> device_value{};
  backend::buffer<float> device_velocity{};
  backend::buffer<float> gradient{};
  backend::buffer<Half> half_gradient{};
  backend::buffer<Half> shadow{};

  [[nodiscard]] gpu::sgd_tensor<Half> entry() const {
    return {device_value.data() + offset,
            has_half_gradient ? nullptr : gradient.data() + offset,
            device_velocity.data() + offset,
            has_half_gradient ? half_gradient.data() + offset : nullptr,
            has_shadow ? shadow.data() + offset : nullptr,
            size,
            l1 == l1_term::with ? gpu::sgd_l1_rule : gpu::sgd_plain_rule};
  }
};

}  // namespace

TEMPLATE_TEST_CASE("one launch steps every parameter as the double-precision oracle does",
                   "[cuda.sgd]", bfloat16, float16) {
  using half = TestType;
  backend on(GENERATE(from_range(backend::variants())));
  const bool nesterov = GENERATE(false, true);
  const sgd_options options{.learning_rate = 0.05,
                            .momentum = 0.9,
                            .weight_decay = 1e-2,
                            .l1 = 0.1,
                            .nesterov = nesterov};
  random_stream random{11};
  std::vector<sgd_case<half>> net;
  net.push_back({1, 0, l1_term::with, true, false});
  net.push_back({3 * 4096, 0, l1_term::without, true, true});
  net.push_back({4096 + 7, 0, l1_term::with, false, false});
  net.push_back({4096, 1, l1_term::without, true, true});
  net.push_back({0, 0, l1_term::without, false, false});
  net.push_back({300, 0, l1_term::without, false, true});
  for (auto& p : net) {
    const auto value = uniform(p.size + p.offset, random);
    const auto velocity = uniform(p.size + p.offset, random);
    p.value.assign(value.begin() + p.offset, value.end());
    p.velocity.assign(velocity.begin() + p.offset, velocity.end());
    p.device_value = on.upload(value);
    p.device_velocity = on.upload(velocity);
    p.shadow = on.template allocate<half>(p.size + p.offset);
  }
  for (int step = 0; step < 2; ++step) {
    std::vector<gpu::sgd_tensor<half>> table;
    for (auto& p : net) {
      const auto gradient = uniform(p.size + p.offset, random);
      const auto narrow = testing::narrowed<half>(testing::widened(gradient));
      p.gradient = on.upload(gradient);
      p.half_gradient = on.upload(narrow);
      const auto all = p.has_half_gradient ? testing::widened(narrow) : testing::widened(gradient);
      std::vector<double> wide(all.begin() + p.offset, all.end());
      sgd_step(view(std::span(p.value)), view(std::span(wide)), view(std::span(p.velocity)),
               options, p.l1);
      table.push_back(p.entry());
    }
    const auto chunks = on.upload(gpu::sgd_chunks(std::span<const gpu::sgd_tensor<half>>(table)));
    const tensor_view<const gpu::sgd_chunk<half>, 1> all(chunks.data(), chunks.size());
    on.forget_traffic();
    if (step == 0) {
      gpu::sgd_step(on.stream(), all, options);
    } else {  // the numbers in device memory, as a captured graph reads them
      sgd_options plain = options;
      plain.l1 = 0.0;
      const auto numbers =
          on.upload(std::vector<gpu::sgd_numbers>{slimming::detail::coefficients<float>(plain),
                                                  slimming::detail::coefficients<float>(options)});
      gpu::sgd_step(on.stream(), all, numbers.data());
    }
    if (backend::counts_traffic) REQUIRE(on.launches() == 1);
  }
  for (const auto& p : net) {
    const auto from_offset = [&](const std::vector<float>& all) {
      return testing::widened(std::vector<float>(all.begin() + p.offset, all.end()));
    };
    const auto value = on.download(p.device_value);
    REQUIRE(testing::worst_error(from_offset(value), p.value) < 1e-6);
    REQUIRE(testing::worst_error(from_offset(on.download(p.device_velocity)), p.velocity) < 1e-6);
    if (!p.has_shadow) continue;
    const auto shadow = on.download(p.shadow);
    for (std::size_t i = static_cast<std::size_t>(p.offset); i < value.size(); ++i)
      if (shadow[i].bits != half(value[i]).bits) FAIL("shadow " << i << " is stale");
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
  const std::vector<gpu::sgd_tensor<>> table = {
      {value.data(), gradient.data(), velocity.data(), nullptr, shadow.data(), n}};
  const auto chunks = on.upload(gpu::sgd_chunks(std::span<const gpu::sgd_tensor<>>(table)));
  on.forget_traffic();
  gpu::sgd_step(on.stream(), tensor_view<const gpu::sgd_chunk<>, 1>(chunks.data(), chunks.size()),
                sgd_options{});
  REQUIRE(on.bytes_written() == std::size_t{n} * (4 + 4 + 2));
  const std::size_t table_bytes = 256 * chunks.bytes();  // each thread reads its block's chunk
  REQUIRE(on.bytes_read() == std::size_t{n} * (4 + 4 + 4) + table_bytes);
}

TEST_CASE("bad tables and options are refused before anything runs", "[cuda.sgd]") {
  backend on(backend::variants().front());
  float x = 0.0f;
  const std::vector<gpu::sgd_tensor<>> no_gradient = {{&x, nullptr, &x, nullptr, nullptr, 1}};
  const std::vector<gpu::sgd_tensor<>> negative = {{&x, &x, &x, nullptr, nullptr, -1}};
  REQUIRE_THROWS_AS(gpu::sgd_chunks(std::span<const gpu::sgd_tensor<>>(no_gradient)), bad_value);
  REQUIRE_THROWS_AS(gpu::sgd_chunks(std::span<const gpu::sgd_tensor<>>(negative)), bad_value);
  REQUIRE_THROWS_AS(gpu::sgd_step(on.stream(), tensor_view<const gpu::sgd_chunk<>, 1>(),
                                  sgd_options{.momentum = 2.0}),
                    bad_value);
}
