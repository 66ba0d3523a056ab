// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

#include "checks.hpp"

#include "command.hpp"  // usage_error

#include <charconv>  // std::from_chars
#include <cmath>     // std::isfinite

namespace slim {

namespace {

template <class IsGood>
CLI::Validator finite(IsGood is_good, std::string demand, std::string name) {
  return {[is_good, demand](std::string& text) -> std::string {
            double value = 0;
            const char *const first = text.data(), *const last = first + text.size();
            const auto [end, failure] = std::from_chars(first, last, value);
            const bool is_number = failure == std::errc() && end == last && std::isfinite(value);
            return is_number && is_good(value) ? "" : "'" + text + "' is no number " + demand;
          },
          std::move(name)};
}

bool is_same_file(const std::filesystem::path& a, const std::filesystem::path& b) {
  std::error_code unknown;
  if (std::filesystem::equivalent(a, b, unknown)) return true;  // both exist
  const auto whole = [&](const std::filesystem::path& path) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(path), unknown);
  };
  return whole(a) == whole(b);
}

}  // namespace

CLI::Validator positive() {
  return finite([](double x) { return x > 0; }, "above 0", "POSITIVE");
}

CLI::Validator not_negative() {
  return finite([](double x) { return x >= 0; }, "of at least 0", "NONNEGATIVE");
}

void keep_apart(const std::vector<named_file>& read, const std::vector<named_file>& written) {
  for (std::size_t i = 0; i < written.size(); ++i) {
    const named_file& w = written[i];
    if (w.path.empty()) continue;
    for (const named_file& r : read)
      if (!r.path.empty() && is_same_file(w.path, r.path))
        throw usage_error(w.option + ": '" + w.path.string() + "' would replace " + r.option +
                          "; name another file");
    for (std::size_t k = 0; k < i; ++k)
      if (!written[k].path.empty() && is_same_file(w.path, written[k].path))
        throw usage_error(w.option + ": '" + w.path.string() + "' is what " + written[k].option +
                          " writes; name another file");
  }
}

}  // namespace slim
