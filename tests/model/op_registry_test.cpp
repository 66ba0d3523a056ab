// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/model/op_registry.hpp>

#include "tests/support/catch.hpp"

namespace sl = slimming;

TEST_CASE("a later entry replaces an earlier one and domains are apart") {
  sl::op_registry r;
  int called = 0;
  r.add("Foo", {.infer = [&](sl::infer_context&) { called = 1; }});
  r.add("Foo", {.infer = [&](sl::infer_context&) { called = 2; }});
  r.add("Foo", {.infer = [&](sl::infer_context&) { called = 3; }}, "acme");
  sl::model m;
  const sl::op_node plain{"Foo", "n", {}, {}, {}, ""}, acme{"Foo", "n", {}, {}, {}, "acme"};
  sl::infer_context c{m, plain, {}, {}};
  r.at(plain).infer(c);
  CHECK(called == 2);
  r.at(acme).infer(c);
  CHECK(called == 3);
  CHECK(r.find({"Foo", "n", {}, {}, {}, "ai.onnx"}) != nullptr);
  CHECK_THROWS_AS(r.at({"Bar", "n", {}, {}, {}, ""}), sl::unknown_op);
}
