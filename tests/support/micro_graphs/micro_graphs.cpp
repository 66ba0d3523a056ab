// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include "tests/support/micro_graphs/attention.hpp"
#include "tests/support/micro_graphs/concats.hpp"
#include "tests/support/micro_graphs/convolutions.hpp"
#include "tests/support/micro_graphs/joins.hpp"
#include "tests/support/micro_graphs/norms.hpp"
#include "tests/support/micro_graphs/reshapes.hpp"

namespace slimming::testing {

const std::vector<micro_graph>& micro_graphs() {
  static const auto all = [] {
    std::vector<micro_graph> list;
    for (auto& family : {convolution_graphs(), join_graphs(), gate_graphs(), concat_graphs(),
                         reshape_graphs(), norm_graphs(), attention_graphs(), arithmetic_graphs()})
      list.insert(list.end(), family.begin(), family.end());
    return list;
  }();
  return all;
}

}  // namespace slimming::testing
