// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A path to write to.
/// Area: tests/io.

#include "tests/support/temporary_directory.hpp"  // temporary_directory

namespace test_support {

/// Nothing else uses its path; what is written there goes when the test ends.
struct scratch_file {
  temporary_directory folder{};
  std::filesystem::path path = folder / "written";
};

}  // namespace test_support
