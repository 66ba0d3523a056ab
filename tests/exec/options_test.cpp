// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/exec/options.hpp>  // executor_options

#include "tests/support/catch.hpp"  // TEST_CASE

namespace sl = slimming;

TEST_CASE("without options a model is compiled for inference on its own extents") {
  const sl::executor_options o;
  CHECK(o.mode == sl::execution_mode::inference);
  CHECK(o.inputs.empty());
  CHECK_FALSE(o.loss);
  CHECK_FALSE(o.keep_gradients);
  CHECK_FALSE(o.exact);
}
