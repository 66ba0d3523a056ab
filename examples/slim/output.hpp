// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What a command tells: text for people and, with --json, a report for programs.

#include "checks.hpp"  // named_file

#include <slimming/plan/cost.hpp>  // cost

#include <CLI/CLI.hpp>        // CLI::App
#include <nlohmann/json.hpp>  // nlohmann::ordered_json

#include <filesystem>  // std::filesystem::path
#include <iosfwd>      // std::ostream
#include <string>      // std::string
#include <vector>      // std::vector

namespace slim {

/// Standard output takes the text, or the report if it is asked for with `--json -`; then the text
/// goes to standard error.
class output {
 public:
  explicit output(CLI::App& options);

  [[nodiscard]] std::ostream& text() const;
  /// \throws usage_error  if a file would be written that is read or written too; \p written and the
  /// report.
  void keep_apart(const std::vector<named_file>& read, std::vector<named_file> written = {}) const;
  /// What the report holds besides "command".
  nlohmann::ordered_json report;
  /// Writes the report if one is wanted. \throws bad_file
  void write_report() const;

 private:
  const CLI::App& options_;
  std::string file_;
};

/// The whole file at once, or not at all. \throws slimming::bad_file
void write_text(const std::filesystem::path& file, const std::string& text);
[[nodiscard]] std::string read_text(const std::filesystem::path& file);

[[nodiscard]] nlohmann::ordered_json report_of(const slimming::cost& c);

}  // namespace slim
