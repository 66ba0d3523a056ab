// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Umbrella for host applications that own their layers: describe, plan, operate. Standard library
/// only.

#include <slimming/graph/dump.hpp>        // to_text, to_dot
#include <slimming/graph/explain.hpp>     // explain
#include <slimming/graph/verify.hpp>      // verify
#include <slimming/layer/compose.hpp>     // chain, join, concat
#include <slimming/layer/containers.hpp>  // containers of layers
#include <slimming/plan/diff.hpp>         // diff
#include <slimming/plan/plan.hpp>         // make_plan
#include <slimming/plan/replay.hpp>       // replay
#include <slimming/surgery/absorb.hpp>    // respond, absorb_into_bias
#include <slimming/surgery/apply.hpp>     // apply_in_place
#include <slimming/surgery/slice.hpp>     // slice
