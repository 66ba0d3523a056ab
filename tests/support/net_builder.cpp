// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include "tests/support/net_builder.hpp"

#include <slimming/model/infer.hpp>  // infer

#include "tests/support/oracle.hpp"

namespace slimming::testing {

shape net_builder::extents(value_id v) const {
  return infer(net, ops())[static_cast<std::size_t>(v)].extents.value();
}

}  // namespace slimming::testing
