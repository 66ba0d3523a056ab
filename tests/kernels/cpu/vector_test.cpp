// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/kernels/cpu/vector.hpp>

#include "tests/support/catch.hpp"

namespace cpu = slimming::kernels::cpu;

TEST_CASE("channel counts are rounded up to whole vectors") {
  CHECK(cpu::padded_channels(0) == 0);
  CHECK(cpu::padded_channels(1) == cpu::channel_block);
  CHECK(cpu::padded_channels(cpu::channel_block) == cpu::channel_block);
  CHECK(cpu::padded_channels(cpu::channel_block + 1) == 2 * cpu::channel_block);
}

TEST_CASE("vectors load from any address, select lane by lane and broadcast") {
  float from[2 * cpu::vector_width], to[2 * cpu::vector_width] = {};
  for (int i = 0; i < 2 * cpu::vector_width; ++i) from[i] = static_cast<float>(i) - 2.5f;
  cpu::store(to + 1, cpu::max(cpu::load(from + 1), cpu::broadcast(0.25f)));
  for (int i = 1; i <= cpu::vector_width; ++i) CHECK(to[i] == (from[i] > 0.25f ? from[i] : 0.25f));
  CHECK(to[0] == 0.0f);
  cpu::store(to, cpu::min(cpu::load(from), cpu::broadcast(-1.0f)));
  for (int i = 0; i < cpu::vector_width; ++i) CHECK(to[i] == (from[i] < -1.0f ? from[i] : -1.0f));
}
