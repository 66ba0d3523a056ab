// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Text in columns.

#include <cstddef>           // std::size_t
#include <initializer_list>  // std::initializer_list
#include <iosfwd>            // std::ostream
#include <string>            // std::string
#include <vector>            // std::vector

namespace slim {

/// Columns as wide as their widest entry; a header and a line below it.
class table {
 public:
  enum class align { left, right };
  struct column {
    std::string title;
    align to = align::right;
  };

  table(std::initializer_list<column> columns) : columns_(columns) {}

  void append(column c) { columns_.push_back(std::move(c)); }
  /// Missing cells are empty.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  /// A line between what was added and what comes.
  void add_line() { rows_.push_back({}); }

  friend std::ostream& operator<<(std::ostream& out, const table& t);

 private:
  std::vector<column> columns_;
  std::vector<std::vector<std::string>> rows_;  // an empty one is a line
};

}  // namespace slim
