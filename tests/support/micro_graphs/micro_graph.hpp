// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A small graph of one idea, with how many channel groups of it are free to go.

#include <vector>

#include "tests/support/net_builder.hpp"

namespace slimming::testing {

struct micro_graph {
  const char* name;
  model (*build)(net_builder&);
  index_t free;              ///< groups that may go, in units of at least two; counted by hand
  bool approximate = false;  ///< some of them only approximately: flagged, and kept by default
  /// Behind a producer of zeros a removed channel is not zero where others read it (it has passed a
  /// sigmoid, or lives on beside a selection): the masked network must not read it either.
  bool is_read = false;
};

/// All of them; compiled once for all tests.
[[nodiscard]] const std::vector<micro_graph>& micro_graphs();

/// The usual beginning: an image of 3 x 8 x 8 and 16 channels.
inline value_id stem(net_builder& b, index_t width = 16) {
  return b.conv_bn_relu(b.input({1, 3, 8, 8}), width);
}

/// \p data with the slices \p rows of its first axis replaced by \p updates.
inline value_id write_rows(net_builder& b, value_id data, const ints& rows, value_id updates) {
  const auto at = b.op("Unsqueeze", {b.constant(rows), b.constant({1})});
  return b.op("ScatterND", {data, at, updates});
}

}  // namespace slimming::testing
