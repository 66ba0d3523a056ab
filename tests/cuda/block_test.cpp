// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/core/random.hpp>  // random_stream
#include <slimming/cuda/block.cuh>   // block_sum, widen, narrow

#include <cmath>   // std::isnan
#include <vector>  // std::vector

#include "tests/support/cuda_backend.hpp"

using namespace slimming;
namespace gpu = slimming::cuda;  // CCCL has a ::cuda of its own
using testing::backend;

namespace {

// Sums the columns of a (blocks, columns) matrix in two stages: the last block to finish adds the
// blocks' sums, in their order.
template <int Threads>
struct two_stage_sum {
  static constexpr const char* name = "two_stage_sum";
  struct shared_type {
    float scratch[gpu::warp_size];
    bool is_last;
  };
  const float* in;
  int columns;
  float* partial;
  unsigned* counter;
  float* out;

  template <gpu::thread_block Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, shared_type& shared) const {
    float sum = 0.0f;
    for (int i = block.thread(); i < columns; i += Threads)
      sum += block.load(in + block.x() * columns + i);
    sum = gpu::block_sum(block, shared.scratch, sum);
    if (block.thread() == 0) {
      block.store(partial + block.x(), sum);
      block.publish();
      const auto last = static_cast<unsigned>(block.count_x() - 1);
      shared.is_last = block.take_ticket(counter, last) == last;
    }
    block.sync();
    if (!shared.is_last || block.thread() != 0) return;
    float total = 0.0f;
    for (int b = 0; b < block.count_x(); ++b) total += block.load_published(partial + b);
    block.store(out, total);
  }
};

struct convert_body {
  static constexpr const char* name = "convert";
  using shared_type = gpu::no_shared;
  const float* in;
  bfloat16* brain;
  float16* half;
  float* back;
  template <gpu::thread_block Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, shared_type&) const {
    const int i = block.thread();
    const float x = block.load(in + i);
    block.store(brain + i, gpu::narrow<bfloat16>(x));
    block.store(half + i, gpu::narrow<float16>(x));
    block.store(back + i, gpu::widen(gpu::narrow<float16>(x)));
  }
};

template <int Threads>
void check_two_stage_sum(backend& on) {
  constexpr int blocks = 7;
  constexpr int columns = 333;
  random_stream random{5};
  std::vector<float> in(blocks * columns);
  for (auto& x : in) x = static_cast<float>(random.below(1000));  // sums are exact
  float expected = 0.0f;
  for (const float x : in) expected += x;
  const auto device_in = on.upload(in);
  const auto partial = on.allocate<float>(blocks);
  const auto counter = on.upload(std::vector<unsigned>{0});
  const auto out = on.allocate<float>(1);
  for (int repeat = 0; repeat < 2; ++repeat) {  // the counter has returned to zero
    on.stream().template launch<Threads>(
        gpu::grid{blocks}, two_stage_sum<Threads>{device_in.data(), columns, partial.data(),
                                                  counter.data(), out.data()});
    REQUIRE(on.download(out) == std::vector<float>{expected});
    REQUIRE(on.download(counter) == std::vector<unsigned>{0});
  }
}

}  // namespace

TEST_CASE("a block adds its threads, and the last block adds the blocks", "[cuda.block]") {
  backend on(GENERATE(from_range(backend::variants())));
  check_two_stage_sum<32>(on);
  check_two_stage_sum<128>(on);
  check_two_stage_sum<1024>(on);
}

TEST_CASE("storage types convert as the host's do", "[cuda.block]") {
  backend on(backend::variants().front());
  random_stream random{9};
  std::vector<float> in(64);
  for (std::size_t i = 0; i < in.size(); ++i)
    in[i] = static_cast<float>(random.normal() * std::pow(10.0, static_cast<double>(i) / 6 - 5));
  in[0] = 0.0f;
  in[1] = -0.0f;
  in[2] = 65504.0f;
  in[3] = 1e6f;    // overflows float16
  in[4] = 6e-8f;   // the least float16
  in[5] = 1e-39f;  // subnormal
  const auto device_in = on.upload(in);
  const auto brain = on.allocate<bfloat16>(64);
  const auto half = on.allocate<float16>(64);
  const auto back = on.allocate<float>(64);
  on.stream().launch<64>(gpu::grid{},
                         convert_body{device_in.data(), brain.data(), half.data(), back.data()});
  const auto got_brain = on.download(brain);
  const auto got_half = on.download(half);
  const auto got_back = on.download(back);
  for (std::size_t i = 0; i < in.size(); ++i) {
    REQUIRE(got_brain[i].bits == bfloat16(in[i]).bits);
    REQUIRE(got_half[i].bits == float16(in[i]).bits);
    REQUIRE(got_back[i] == static_cast<float>(float16(in[i])));
  }
}
