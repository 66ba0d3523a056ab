// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Catch2's runner, which is slow to compile: once for the programs of this folder.
/// Area: tests.

namespace slimming::testing {

/// Runs the tests that the arguments choose. \return the exit status
int run_session(int argc, char** argv);

}  // namespace slimming::testing
