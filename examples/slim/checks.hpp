// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Checks of what the user typed: numbers in their range, files that are not each other's.

#include <CLI/CLI.hpp>  // CLI::Validator

#include <filesystem>  // std::filesystem::path
#include <string>      // std::string
#include <vector>      // std::vector

namespace slim {

/// Finite and above 0, or at least 0.
[[nodiscard]] CLI::Validator positive();
[[nodiscard]] CLI::Validator not_negative();

/// A file and the option that names it; no path: the option was not given.
struct named_file {
  std::string option;
  std::filesystem::path path;
};

/// \throws usage_error  if a file would be written that is read, or that another option writes too.
void keep_apart(const std::vector<named_file>& read, const std::vector<named_file>& written);

}  // namespace slim
