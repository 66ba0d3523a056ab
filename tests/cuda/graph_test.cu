// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/cuda/elementwise.cuh>  // accumulate_list
#include <slimming/cuda/graph.cuh>        // recording
#include <slimming/cuda/memory.cuh>       // device_buffer

#include <stdexcept>  // std::runtime_error
#include <vector>     // std::vector

#include "tests/support/catch.hpp"

using namespace slimming;
namespace gpu = slimming::cuda;  // CCCL has a ::cuda of its own

TEST_CASE("a recording repeats what was enqueued, on the latest contents of its memory",
          "[cuda.graph]") {
  const gpu::stream stream;
  const auto step = gpu::to_device(stream, std::vector<float>{1.0f, 2.0f});
  const auto sum = gpu::to_device(stream, std::vector<float>{0.0f, 0.0f});
  gpu::recording again;
  int calls = 0;
  for (int i = 0; i < 5; ++i)
    again(stream, [&] {
      ++calls;
      gpu::accumulate_list<float>(stream.ref(), 2, step.data(), sum.data());
    });
  REQUIRE(calls == 2);
  REQUIRE(again.is_recorded());
  REQUIRE(gpu::to_host(stream, sum) == std::vector<float>{5.0f, 10.0f});
  const std::vector<float> tens{10.0f, 10.0f};
  gpu::copy_to_device<float>(stream, tens, step);
  again(stream, [] {});
  REQUIRE(gpu::to_host(stream, sum) == std::vector<float>{15.0f, 20.0f});
}

TEST_CASE("a function that throws while it is recorded leaves the stream usable", "[cuda.graph]") {
  const gpu::stream stream;
  gpu::recording again;
  again(stream, [] {});
  REQUIRE_THROWS_AS(again(stream, [] { throw std::runtime_error("no"); }), std::runtime_error);
  const auto one = gpu::to_device(stream, std::vector<float>{1.0f});
  REQUIRE(gpu::to_host(stream, one) == std::vector<float>{1.0f});
}
