// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <vector>  // std::vector

#include "tests/support/catch.hpp"
#include "tests/support/cuda_backend.hpp"

using namespace slimming;
namespace gpu = slimming::cuda;  // CCCL has a ::cuda of its own
using emulation::schedule;
using testing::backend;

namespace {

// Rotates 64 numbers through shared memory, with or without the barrier that this needs.
template <bool HasBarrier>
struct rotate_body {
  static constexpr const char* name = "rotate";
  struct shared_type {
    int number[64];
  };
  int* out;
  template <gpu::thread_block Block>
  void operator()(Block& block, shared_type& shared) const {
    shared.number[block.thread()] = block.thread();
    if constexpr (HasBarrier) block.sync();
    block.store(out + block.thread(), shared.number[(block.thread() + 1) % 64]);
  }
};

template <class Function>
struct calling {
  static constexpr const char* name = "calling";
  using shared_type = gpu::no_shared;
  Function function;
  template <class Block>
  void operator()(Block& block, shared_type&) const {
    function(block);
  }
};

template <int Threads, class Function>
void launch(backend& on, Function function) {
  on.stream().launch<Threads>(gpu::grid{}, calling<Function>{function});
}

}  // namespace

static_assert(gpu::thread_block<emulation::block<64>>);

TEST_CASE("with barriers the result is the same under every schedule", "[emulation]") {
  for (const schedule order : backend::variants()) {
    backend on(order);
    const auto out = on.allocate<int>(64);
    on.stream().launch<64>(gpu::grid{}, rotate_body<true>{out.data()});
    const auto got = on.download(out);
    for (int i = 0; i < 64; ++i) REQUIRE(got[static_cast<std::size_t>(i)] == (i + 1) % 64);
  }
}

TEST_CASE("a missing barrier changes the result with the schedule", "[emulation]") {
  const auto run = [](schedule order) {
    backend on(order);
    const auto out = on.allocate<int>(64);
    on.stream().launch<64>(gpu::grid{}, rotate_body<false>{out.data()});
    return on.download(out);
  };
  REQUIRE(run(schedule::forward) != run(schedule::backward));
}

TEST_CASE("threads that miss a barrier are found", "[emulation]") {
  backend on(schedule::forward);
  REQUIRE_THROWS_AS(launch<64>(on,
                               [](auto& block) {
                                 if (block.thread() < 63) block.sync();
                               }),
                    emulation::fault);
  REQUIRE_THROWS_AS(launch<64>(on,
                               [](auto& block) {
                                 if (block.thread() % 2) block.shuffle_down(1.0f, 1);
                               }),
                    emulation::fault);
}

TEST_CASE("shuffles exchange inside a warp only", "[emulation]") {
  backend on(schedule::shuffled);
  const auto down = on.allocate<int>(64);
  const auto butterfly = on.allocate<int>(64);
  launch<64>(on, [a = down.data(), b = butterfly.data()](auto& block) {
    block.store(a + block.thread(), block.shuffle_down(block.thread(), 3));
    block.store(b + block.thread(), block.shuffle_xor(block.thread(), 5));
  });
  const auto got_down = on.download(down);
  const auto got_butterfly = on.download(butterfly);
  for (int i = 0; i < 64; ++i) {
    REQUIRE(got_down[static_cast<std::size_t>(i)] == (i % 32 < 29 ? i + 3 : i));
    REQUIRE(got_butterfly[static_cast<std::size_t>(i)] == (i ^ 5));
  }
}

TEST_CASE("accesses outside allocations and misaligned ones are found", "[emulation]") {
  backend on(schedule::forward);
  const auto memory = on.allocate<float>(8);
  const auto first = [](float* p, int lanes) {
    return [=](auto& block) {
      if (block.thread() != 0) return;
      if (lanes == 1) block.store(p, 1.0f);
      if (lanes == 4) (void)block.template load<4>(p);
    };
  };
  REQUIRE_NOTHROW(launch<32>(on, first(memory.data() + 7, 1)));
  REQUIRE_NOTHROW(launch<32>(on, first(memory.data() + 4, 4)));
  REQUIRE_THROWS_AS(launch<32>(on, first(memory.data() + 8, 1)), emulation::fault);
  REQUIRE_THROWS_AS(launch<32>(on, first(memory.data() - 1, 1)), emulation::fault);
  REQUIRE_THROWS_AS(launch<32>(on, first(memory.data() + 2, 4)), emulation::fault);
  float outside = 0.0f;
  REQUIRE_THROWS_AS(launch<32>(on, first(&outside, 1)), emulation::fault);
}

TEST_CASE("threads of a block that meet in memory without a barrier are found", "[emulation]") {
  const auto meet = [](bool has_barrier) {
    backend on(schedule::forward);
    const auto memory = on.allocate<float>(64);
    launch<64>(on, [=, p = memory.data()](auto& block) {
      block.store(p + block.thread(), 1.0f);
      if (has_barrier) block.sync();
      (void)block.load(p + 63 - block.thread());
    });
  };
  REQUIRE_NOTHROW(meet(true));
  REQUIRE_THROWS_AS(meet(false), emulation::fault);

  backend on(schedule::backward);
  const auto memory = on.allocate<float>(64);
  const auto read_then_write = [&](bool has_barrier) {
    launch<64>(on, [=, p = memory.data()](auto& block) {
      (void)block.load(p);
      if (has_barrier) block.sync();
      if (block.thread() == 40) block.store(p, 2.0f);
    });
  };
  REQUIRE_NOTHROW(read_then_write(true));
  REQUIRE_THROWS_AS(read_then_write(false), emulation::fault);
  REQUIRE_THROWS_AS(launch<64>(on, [p = memory.data()](auto& block) { block.store(p, 3.0f); }),
                    emulation::fault);
}

TEST_CASE("blocks that meet in memory are found unless they publish and take tickets",
          "[emulation]") {
  enum class omitted { nothing, publish, first_barrier, ticket, last_barrier, published_load };
  const auto meet = [](omitted without) {
    backend on(schedule::forward);  // block 3 is the last
    const auto memory = on.allocate<float>(4);
    const auto counter = on.upload(std::vector<unsigned>{0});
    auto body = [=, p = memory.data(), n = counter.data()](auto& block) {
      if (block.thread() == 5) {
        block.store(p + block.x(), 1.0f);
        if (without != omitted::publish) block.publish();
      }
      if (without != omitted::first_barrier) block.sync();
      if (block.thread() == 0 && without != omitted::ticket) (void)block.take_ticket(n, 3);
      if (without != omitted::last_barrier) block.sync();
      if (block.x() < 3) return;
      for (int b = 0; b < 4; ++b)
        if (without == omitted::published_load)
          (void)block.load(p + b);
        else
          (void)block.load_published(p + b);
    };
    on.stream().launch<64>(gpu::grid{4}, calling<decltype(body)>{body});
  };
  REQUIRE_NOTHROW(meet(omitted::nothing));
  for (const omitted without : {omitted::publish, omitted::first_barrier, omitted::ticket,
                                omitted::last_barrier, omitted::published_load})
    REQUIRE_THROWS_AS(meet(without), emulation::fault);
}

TEST_CASE("the traffic of a launch is counted in bytes", "[emulation]") {
  backend on(schedule::forward);
  const auto memory = on.allocate<float>(128);
  launch<32>(on, [p = memory.data()](auto& block) {
    const auto v = block.template load<4>(p + 4 * block.thread());
    block.store(p + 4 * block.thread(), v.lane[1]);
  });
  REQUIRE(on.bytes_read() == 32 * 16);
  REQUIRE(on.bytes_written() == 32 * 4);
  REQUIRE(on.launches() == 1);
}
