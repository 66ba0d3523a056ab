// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The directory that a command trains in.

#include <filesystem>  // std::filesystem::path
#include <string>      // std::string

namespace slim {

inline constexpr const char* checkpoint_name = "checkpoint.safetensors";

/// Belongs to this process for as long as the object lives: two that train in one directory would
/// replace each other's files without a word.
class run_directory {
 public:
  /// Makes the directory. \p begins_with: what a run of the command has there before its model.
  /// \throws usage_error  if the directory cannot be written, holds a run that is not to be resumed
  ///                      or a model that the command did not make, or another process trains in
  ///                      it.
  run_directory(const std::filesystem::path& path, bool resume, const std::string& begins_with);
  run_directory(const run_directory&) = delete;
  run_directory& operator=(const run_directory&) = delete;
  ~run_directory();

 private:
  int descriptor_;
};

}  // namespace slim
