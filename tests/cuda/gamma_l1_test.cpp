// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/core/random.hpp>    // random_stream
#include <slimming/cuda/gamma_l1.cuh>  // add_l1_subgradient

#include <vector>  // std::vector

#include "tests/support/cuda_backend.hpp"

using namespace slimming;
namespace gpu = slimming::cuda;  // CCCL has a ::cuda of its own
using testing::backend;

TEST_CASE("one launch gives every scale factor of a net the host's sub-gradient",
          "[cuda.gamma_l1]") {
  backend on(GENERATE(from_range(backend::variants())));
  random_stream random{3};
  const std::vector<index_t> lengths = {1, 64, 257, 1024, 1025, 5000};
  std::vector<backend::buffer<float>> gammas;
  std::vector<backend::buffer<float>> gradients;
  std::vector<std::vector<float>> expected;
  for (const index_t n : lengths) {
    std::vector<float> gamma(static_cast<std::size_t>(n));
    std::vector<float> gradient(gamma.size());
    for (auto& g : gamma) g = random.below(5) ? static_cast<float>(random.uniform(-1, 1)) : 0.0f;
    for (auto& g : gradient) g = static_cast<float>(random.uniform(-1, 1));
    gammas.push_back(on.upload(gamma));
    gradients.push_back(on.upload(gradient));
    add_l1_subgradient(view(gamma.data(), n), view(gradient.data(), n), l1_strength(1e-2));
    expected.push_back(gradient);
  }
  std::vector<tensor_view<const float, 1>> gamma_views;
  std::vector<tensor_view<float, 1>> gradient_views;
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    gamma_views.push_back(view(gammas[i].data(), lengths[i]));
    gradient_views.push_back(view(gradients[i].data(), lengths[i]));
  }
  const auto chunks = on.upload(gpu::gamma_chunks(gamma_views, gradient_views));
  on.forget_traffic();
  gpu::add_l1_subgradient(on.stream(), view(std::as_const(chunks).data(), chunks.size()),
                          l1_strength(1e-2));
  if (backend::counts_traffic) REQUIRE(on.launches() == 1);
  for (std::size_t i = 0; i < lengths.size(); ++i)
    REQUIRE(on.download(gradients[i]) == expected[i]);
}

TEST_CASE("a table whose lengths disagree is refused", "[cuda.gamma_l1]") {
  float memory[4] = {};
  const std::vector<tensor_view<const float, 1>> gammas = {view(memory, 2)};
  const std::vector<tensor_view<float, 1>> gradients = {view(memory, 3)};
  REQUIRE_THROWS_AS(gpu::gamma_chunks(gammas, gradients), shape_mismatch);
  REQUIRE_THROWS_AS(gpu::gamma_chunks(gammas, {}), shape_mismatch);
}
