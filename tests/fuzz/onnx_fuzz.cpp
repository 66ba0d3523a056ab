// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
// seeds: tests/io/fixtures/onnx_*.onnx
// packages: protobuf
// flags: -DONNX_ML=1 -DONNX_NAMESPACE=onnx -lonnx_proto
#include <slimming/io/onnx.hpp>

#include <cstdio>
#include <cstdlib>

#include "tests/fuzz/fuzz.hpp"

// What was accepted must also be written and read again, as it is and with a tensor changed.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace sl = slimming;
  return fuzz(data, size, [](std::span<const std::byte> bytes) {
    sl::io::onnx_document document;
    try {
      document = sl::io::parse_onnx({bytes.begin(), bytes.end()}, "fuzz");
    } catch (const sl::unsupported&) {
      return;
    }
    try {
      (void)sl::io::parse_onnx(sl::io::onnx_bytes(document), "written");
      for (std::size_t v = 0; v < document.net.values().size(); ++v)
        if (auto* tensor = document.net.constant(static_cast<sl::value_id>(v)))
          *tensor = sl::any_tensor(tensor->type(), {1, 1});
      const std::vector<sl::value_facts> facts(document.net.values().size());
      (void)sl::io::parse_onnx(sl::io::onnx_bytes(document, facts), "changed");
    } catch (const sl::error& e) {
      std::fprintf(stderr, "%s\n", e.what());
      std::abort();
    }
  });
}
