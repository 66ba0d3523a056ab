// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The zoo's networks: graphs without weights from an archive that export.py has made, and weights that a
/// seed draws.

#include <slimming/model/model.hpp>  // model

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace slimming::zoo {

/// The archive in this folder.
[[nodiscard]] std::filesystem::path standard_archive();

class archive {
 public:
  /// \throws bad_file
  explicit archive(const std::filesystem::path& path);

  /// Increasing.
  [[nodiscard]] std::vector<std::string> names() const;
  /// The network of that name, its parameters drawn from \p seed: each number has the mean, the deviation
  /// and the bounds that the metadata state for its parameter.
  /// \throws bad_file  if there is no such network or it is damaged.
  [[nodiscard]] model load(const std::string& name, std::uint64_t seed) const;

 private:
  std::string path_;
  std::vector<std::byte> bytes_;
};

}  // namespace slimming::zoo
