// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/cuda/softmax_cross_entropy.cuh>               // softmax_cross_entropy
#include <slimming/kernels/reference/softmax_cross_entropy.hpp>  // the oracle

#include <algorithm>  // std::max_element
#include <vector>     // std::vector

#include "tests/cuda/support.hpp"
#include "tests/support/cuda_backend.hpp"

using namespace slimming;
namespace gpu = slimming::cuda;  // CCCL has a ::cuda of its own
using testing::backend;

TEST_CASE("loss, gradient and right answers agree with the oracle",
          "[cuda.softmax_cross_entropy]") {
  backend on(GENERATE(from_range(backend::variants())));
  random_stream random{31};
  const auto partial = on.allocate<float>(gpu::reduction_workspace::partial_size);
  const auto counters =
      on.upload(std::vector<unsigned>(gpu::reduction_workspace::counters_size, 0));
  for (const index_t classes : {index_t{2}, index_t{10}, index_t{100}})
    for (const index_t batch : {index_t{1}, index_t{64}, index_t{301}})
      for (const double smoothing : {0.0, 0.1}) {
        auto logits = testing::normal_values<float>(batch * classes, random);
        for (std::size_t i = 0; i < logits.size(); i += 7) logits[i] = 2.0;  // ties of the largest
        std::vector<int> labels;
        for (index_t n = 0; n < batch; ++n)
          labels.push_back(static_cast<int>(random.below(classes)));
        std::vector<double> gradient(logits.size());
        const double loss = kernels::reference::softmax_cross_entropy(
            batch, classes, logits.data(), labels.data(), smoothing, gradient.data());
        double right = 0.0;
        for (index_t n = 0; n < batch; ++n) {
          const auto first = logits.begin() + n * classes;
          right += std::max_element(first, first + classes) - first ==
                           labels[static_cast<std::size_t>(n)]
                       ? 1.0
                       : 0.0;
        }
        const auto device_logits = on.upload(testing::to_nhwc<float>(logits, batch, classes, 1));
        const auto device_labels = on.upload(labels);
        const auto dlogits = on.allocate<float>(device_logits.size());
        const auto result = on.allocate<float>(2);
        for (float* wanted : {dlogits.data(), static_cast<float*>(nullptr)}) {
          gpu::softmax_cross_entropy(on.stream(), batch, classes, device_logits.data(),
                                     device_labels.data(), smoothing, wanted, result.data(),
                                     {partial.data(), counters.data()});
          const auto got = on.download(result);
          REQUIRE(static_cast<double>(got[0]) == Approx(loss).epsilon(1e-5));
          REQUIRE(static_cast<double>(got[1]) == right);
        }
        const auto got = on.download(dlogits);
        REQUIRE(testing::worst_error(testing::from_nhwc(got, batch, classes, 1), gradient) < 1e-6);
        REQUIRE(testing::has_clear_padding(got, classes));
      }
}

TEST_CASE("logits of any size give finite losses", "[cuda.softmax_cross_entropy]") {
  backend on(backend::variants().front());
  const auto partial = on.allocate<float>(gpu::reduction_workspace::partial_size);
  const auto counters =
      on.upload(std::vector<unsigned>(gpu::reduction_workspace::counters_size, 0));
  const auto logits = on.upload(std::vector<float>{1e30f, -1e30f, 0, 0, 0, 0, 0, 0});
  const auto labels = on.upload(std::vector<int>{0});
  const auto result = on.allocate<float>(2);
  gpu::softmax_cross_entropy(on.stream(), 1, 2, logits.data(), labels.data(), 0.0, nullptr,
                             result.data(), {partial.data(), counters.data()});
  REQUIRE(on.download(result) == std::vector<float>{0.0f, 1.0f});
}

TEST_CASE("no images or classes is refused", "[cuda.softmax_cross_entropy]") {
  backend on(backend::variants().front());
  const auto call = [&](index_t batch, index_t classes) {
    gpu::softmax_cross_entropy(on.stream(), batch, classes, nullptr, nullptr, 0.0, nullptr, nullptr,
                               {});
  };
  REQUIRE_THROWS_AS(call(0, 10), bad_value);
  REQUIRE_THROWS_AS(call(8, 0), bad_value);
  REQUIRE_THROWS_AS(call(index_t{1} << 40, 10), bad_value);
}
