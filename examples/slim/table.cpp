// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

#include "table.hpp"

#include <algorithm>  // std::max
#include <ostream>    // std::ostream

namespace slim {

namespace {

// Characters, not bytes: names of tensors may hold any UTF-8.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u;
  }));
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const table& t) {
  std::vector<std::size_t> width;
  for (std::size_t c = 0; c < t.columns_.size(); ++c) {
    width.push_back(width_of(t.columns_[c].title));
    for (const auto& row : t.rows_)
      if (c < row.size()) width[c] = std::max(width[c], width_of(row[c]));
  }
  const auto put = [&](std::size_t c, const std::string& cell) -> std::string {
    const std::string gap(width[c] - width_of(cell), ' ');
    const bool left = t.columns_[c].to == table::align::left;
    const bool last = c + 1 == t.columns_.size();
    return (c == 0 ? "" : "  ") + (left ? cell + (last ? "" : gap) : gap + cell);
  };
  const auto line = [&] {
    std::size_t total = 0;
    for (std::size_t c = 0; c < width.size(); ++c) total += width[c] + (c == 0 ? 0 : 2);
    out << std::string(total, '-') << '\n';
  };
  for (std::size_t c = 0; c < width.size(); ++c) out << put(c, t.columns_[c].title);
  out << '\n';
  line();
  for (const auto& row : t.rows_) {
    if (row.empty()) {
      line();
      continue;
    }
    std::string text;
    for (std::size_t c = 0; c < width.size(); ++c)
      text += put(c, c < row.size() ? row[c] : std::string());
    out << text.substr(0, text.find_last_not_of(' ') + 1) << '\n';
  }
  return out;
}

}  // namespace slim
