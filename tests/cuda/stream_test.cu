// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/cuda/memory.cuh>  // device_buffer
#include <slimming/cuda/stream.cuh>  // stream, event

#include <vector>  // std::vector

#include "tests/support/catch.hpp"

using namespace slimming;

namespace {

struct number_threads {
  static constexpr const char* name = "number_threads";
  using shared_type = cuda::no_shared;
  int* out;
  template <cuda::thread_block Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, shared_type&) const {
    const int b = block.y() * block.count_x() + block.x();
    block.store(out + b * Block::threads + block.thread(), b * Block::threads + block.thread());
  }
};

}  // namespace

TEST_CASE("a launch runs every thread of every block of a grid", "[cuda.stream]") {
  const cuda::stream stream;
  const cuda::device_buffer<int> out(3 * 5 * 64);
  stream.launch<64>(cuda::grid{3, 5}, number_threads{out.data()});
  const auto got = cuda::to_host(stream, out);
  for (int i = 0; i < 3 * 5 * 64; ++i) REQUIRE(got[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("a launch that the device refuses names its body", "[cuda.stream]") {
  const cuda::stream stream;
  try {
    stream.launch<64>(cuda::grid{0, 1}, number_threads{nullptr});
    FAIL("an empty grid was accepted");
  } catch (const cuda_error& e) {
    REQUIRE(e.place() == "number_threads");
  }
}

TEST_CASE("events measure the time between two points of a stream", "[cuda.stream]") {
  const cuda::stream stream;
  const cuda::device_buffer<int> out(3 * 5 * 64);
  cuda::event start;
  cuda::event stop;
  start.record(stream);
  stream.launch<64>(cuda::grid{3, 5}, number_threads{out.data()});
  stop.record(stream);
  stop.wait();
  REQUIRE(stop.since(start) >= 0.0);
  REQUIRE(cuda::device_count() >= 1);
}
