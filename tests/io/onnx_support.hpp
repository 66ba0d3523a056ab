// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// ONNX files in memory: what the tests of the reader and those of hostile input share.

#include <slimming/io/onnx.hpp>  // parse_onnx

#include <span>    // std::span
#include <string>  // std::string

#include "tests/io/hostile.hpp"

namespace onnx_support {

inline constexpr auto parse = [](std::span<const std::byte> content) {
  return slimming::io::parse_onnx({content.begin(), content.end()}, "test.onnx");
};

inline std::string fixture(const std::string& name) {
  return std::string(SLIMMING_TEST_DIR) + "/io/fixtures/" + name;
}

inline onnx::ModelProto reparsed(const hostile::bytes& content) {
  onnx::ModelProto proto;
  REQUIRE(proto.ParseFromArray(content.data(), static_cast<int>(content.size())));
  return proto;
}

inline hostile::bytes serialised(const onnx::ModelProto& proto) {
  return hostile::to_bytes(proto.SerializeAsString());
}

}  // namespace onnx_support
