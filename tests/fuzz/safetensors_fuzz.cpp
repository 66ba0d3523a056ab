// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
// seeds: tests/io/fixtures/*.safetensors
// packages:
#include <slimming/io/safetensors.hpp>

#include "tests/fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz(data, size, [](std::span<const std::byte> bytes) {
    (void)slimming::io::parse_safetensors(bytes, "fuzz");
  });
}
