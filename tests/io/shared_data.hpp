// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Real checkpoints that are too large for the repository. Tests that need them say so and skip.

#include <cstdlib>     // std::getenv
#include <filesystem>  // std::filesystem::path
#include <iostream>    // std::cout
#include <optional>    // std::optional
#include <string>      // std::string

/// The file `data/checkpoints/<name>` below SLIMMING_SHARED, or below `shared` beside the repository.
inline std::optional<std::filesystem::path> shared_checkpoint(const std::string& name) {
  const char* named = std::getenv("SLIMMING_SHARED");
  const std::filesystem::path root =
      named ? std::filesystem::path(named)
            : std::filesystem::path(SLIMMING_TEST_DIR).parent_path().parent_path() / "shared";
  const std::filesystem::path path = root / "data" / "checkpoints" / name;
  if (std::filesystem::exists(path)) return path;
  std::cout << "skipped: " << path.string() << " is absent; SLIMMING_SHARED names its root\n";
  return std::nullopt;
}
