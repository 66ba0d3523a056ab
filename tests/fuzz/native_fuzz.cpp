// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
// seeds: tests/fuzz/seeds/*.safetensors
#include <slimming/io/native.hpp>

#include "tests/fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz(data, size, [](std::span<const std::byte> bytes) {
    (void)slimming::io::from_safetensors(slimming::io::parse_safetensors(bytes, "fuzz"), "fuzz");
  });
}
