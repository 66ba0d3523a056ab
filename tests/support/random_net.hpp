// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Random networks: directed acyclic graphs of everything that CNNs are made of, with random weights.

#include <slimming/model/model.hpp>  // model

#include <cstdint>

namespace slimming::testing {

struct random_net_options {
  int steps = 10;          ///< layers or blocks that are added one after the other
  index_t extent = 6;      ///< of the input map
  index_t max_width = 12;  ///< of a new layer
};

/// The network number \p seed: chains, residual additions of several kinds, nested concats, dense blocks,
/// splits, shuffles, depthwise, grouped and transposed convolutions, squeeze and excitation, norms,
/// flattening to linear layers, shared layers, channel_select with a list of its own, one shared
/// with another selection or one that a gather reads too, PRelu.
/// Its input is (1, 3, extent, extent).
[[nodiscard]] model random_net(std::uint64_t seed, const random_net_options& options = {});

}  // namespace slimming::testing
