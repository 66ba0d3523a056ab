// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

#include "text.hpp"

#include <array>     // std::array
#include <charconv>  // std::to_chars
#include <cmath>     // std::abs, std::floor
#include <cstdio>    // std::snprintf
#include <utility>   // std::pair

namespace slim {

namespace {

template <class... Arguments>
std::string format(const char* pattern, Arguments... arguments) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), pattern, arguments...);
  return text.data();
}

}  // namespace

std::string grouped(slimming::index_t n) {
  std::string digits = std::to_string(n);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > (n < 0 ? 1 : 0); at -= 3)
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  return digits;
}

std::string decimal(double value, int decimals) { return format("%.*f", decimals, value); }

std::string number(double value, int digits) { return format("%.*g", digits, value); }

std::string shortest(double value) {
  std::array<char, 32> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

std::string percent(double share, int decimals) { return decimal(100 * share, decimals) + " %"; }

std::string change(double before, double after) {
  return before == 0 ? "" : format("%+.1f %%", 100 * (after - before) / before);
}

std::string counted(double n) {
  for (const auto& [unit, name] :
       {std::pair{1e12, "T"}, std::pair{1e9, "G"}, std::pair{1e6, "M"}, std::pair{1e3, "k"}})
    if (std::abs(n) >= unit) return format("%.4g ", n / unit) + name;
  return format("%.4g", n);
}

std::string bytes(double n) {
  return n < 1000  ? format("%.0f B", n)
         : n < 1e6 ? format("%.3g kB", n / 1e3)
         : n < 1e9 ? format("%.3g MB", n / 1e6)
                   : format("%.3g GB", n / 1e9);
}

std::string duration(double seconds) {
  if (seconds < 1e-3) return format("%.3g us", seconds * 1e6);
  if (seconds < 1) return format("%.3g ms", seconds * 1e3);
  if (seconds < 60) return format("%.1f s", seconds);
  const auto whole = static_cast<long>(seconds + 0.5);
  if (whole < 3600) return format("%ld min %02ld s", whole / 60, whole % 60);
  return format("%ld h %02ld min", whole / 3600, whole / 60 % 60);
}

}  // namespace slim
