// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

#include "output.hpp"

#include <slimming/io/atomic_file.hpp>        // write_atomically
#include <slimming/io/detail/file_bytes.hpp>  // file_bytes

#include <iostream>  // std::cout
#include <span>      // std::as_bytes

namespace slim {

output::output(CLI::App& options) : options_(options) {
  options
      .add_option("--json", file_,
                  "Write the results as JSON to this file as well; - for standard output")
      ->type_name("FILE")
      ->group("Output");
}

std::ostream& output::text() const { return file_ == "-" ? std::cerr : std::cout; }

void output::keep_apart(const std::vector<named_file>& read,
                        std::vector<named_file> written) const {
  if (file_ != "-") written.push_back({"--json", file_});
  slim::keep_apart(read, written);
}

void output::write_report() const {
  if (file_.empty()) return;
  nlohmann::ordered_json all{{"command", options_.get_name()}};
  all.update(report);
  // Names come from files and may be no UTF-8; JSON must be.
  const std::string text =
      all.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
  if (file_ == "-")
    std::cout << text << std::flush;
  else
    write_text(file_, text);
}

void write_text(const std::filesystem::path& file, const std::string& text) {
  slimming::io::write_atomically(file, std::as_bytes(std::span(text.data(), text.size())));
}

std::string read_text(const std::filesystem::path& file) {
  const auto bytes = slimming::io::detail::file_bytes(file);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

nlohmann::ordered_json report_of(const slimming::cost& c) {
  return {{"parameters", c.parameters}, {"macs", c.macs}};
}

}  // namespace slim
