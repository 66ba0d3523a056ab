// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/cuda/memory.cuh>  // device_buffer
#include <slimming/cuda/stream.cuh>  // stream, event

#include <vector>  // std::vector

#include "tests/support/catch.hpp"

using namespace slimming;
namespace gpu = slimming::cuda;  // CCCL has a ::cuda of its own

namespace {

struct number_threads {
  static constexpr const char* name = "number_threads";
  using shared_type = gpu::no_shared;
  int* out;
  template <gpu::thread_block Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, shared_type&) const {
    const int b = block.y() * block.count_x() + block.x();
    block.store(out + b * Block::threads + block.thread(), b * Block::threads + block.thread());
  }
};

}  // namespace

TEST_CASE("a launch runs every thread of every block of a grid", "[cuda.stream]") {
  const gpu::stream stream;
  const gpu::device_buffer<int> out(3 * 5 * 64);
  stream.launch<64>(gpu::grid{3, 5}, number_threads{out.data()});
  const auto got = gpu::to_host(stream, out);
  for (int i = 0; i < 3 * 5 * 64; ++i) REQUIRE(got[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("a launch that the device refuses names its body", "[cuda.stream]") {
  const gpu::stream stream;
  try {
    stream.launch<64>(gpu::grid{0, 1}, number_threads{nullptr});
    FAIL("an empty grid was accepted");
  } catch (const cuda_error& e) {
    REQUIRE(e.place() == "number_threads");
  }
}

TEST_CASE("events measure the time between two points of a stream", "[cuda.stream]") {
  const gpu::stream stream;
  const gpu::device_buffer<int> out(3 * 5 * 64);
  gpu::event start;
  gpu::event stop;
  start.record(stream);
  stream.launch<64>(gpu::grid{3, 5}, number_threads{out.data()});
  stop.record(stream);
  stop.wait();
  REQUIRE(stop.since(start) >= 0.0);
  REQUIRE(gpu::device_count() >= 1);
}
