// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/core/error.hpp>

#include "tests/support/catch.hpp"

namespace sl = slimming;

TEST_CASE("a message carries the code, the place and both numbers") {
  const sl::shape_mismatch e("layer3.0.bn2.weight axis 0", 64, 128);
  CHECK(std::string(e.what()) ==
        "slimming: shape_mismatch: layer3.0.bn2.weight axis 0: expected 64, got 128");
  CHECK(e.code() == "shape_mismatch");
  CHECK(e.place() == "layer3.0.bn2.weight axis 0");
}

TEST_CASE("every error has its own stable code") {
  CHECK(sl::bad_value("ratio", 1.5).code() == "bad_value");
  CHECK(std::string(sl::bad_value("ratio", 1.5).what()) == "slimming: bad_value: ratio: got 1.5");
  CHECK(sl::bad_file("a.onnx", "offset 12", "truncated").code() == "bad_file");
  CHECK(std::string(sl::bad_file("a.onnx", "offset 12", "truncated").what()) ==
        "slimming: bad_file: a.onnx: offset 12: truncated");
  CHECK(sl::unknown_op("node", "Foo").code() == "unknown_op");
  CHECK(sl::unsupported("x", "y").code() == "unsupported");
  CHECK(sl::budget_unreachable("x", "y").code() == "budget_unreachable");
  CHECK(sl::plan_mismatch("x", "y").code() == "plan_mismatch");
  CHECK(sl::owner_refused("x", "y").code() == "owner_refused");
}
