// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Plans as JSON, format "slimming-plan/1".
/// Area: plan. Component slimming::json; not part of <slimming/prune.hpp>.
///
/// ```
/// {"format": "slimming-plan/1",
///  "parameters": {"<name>": {"shape": [..], "keep": {"<axis>": [kept indices]}}},
///  "pinned": [{"tensor": "...", "channels": n, "why": "...", "reason": "..."}],
///  "before": {"parameters": n, "macs": n}, "after": {...}}
/// ```
/// An axis that loses nothing is left out. A list of channel numbers also has
/// `"entries": {"width": n, "keep": [..]}`: the channels that its entries name, and those that
/// stay.

#include <slimming/core/config.hpp>  // index_t
#include <slimming/core/error.hpp>   // bad_file, bad_value
#include <slimming/plan/plan.hpp>    // prune_plan
#include <slimming/plan/record.hpp>  // plan_record

#include <nlohmann/json.hpp>  // nlohmann::ordered_json

#include <algorithm>      // std::find_if
#include <array>          // std::array
#include <charconv>       // std::from_chars
#include <cstdint>        // std::uint64_t
#include <limits>         // std::numeric_limits
#include <string>         // std::string
#include <string_view>    // std::string_view
#include <unordered_set>  // std::unordered_set
#include <utility>        // std::pair
#include <vector>         // std::vector

namespace slimming::inline v0 {

namespace detail {

inline constexpr std::string_view plan_format = "slimming-plan/1";

inline constexpr std::array<std::pair<skip_reason, std::string_view>, 6> skip_reason_names = {
    {{skip_reason::pinned, "pinned"},
     {skip_reason::ignored, "ignored"},
     {skip_reason::approximate, "approximate"},
     {skip_reason::selected, "selected"},
     {skip_reason::no_score, "no_score"},
     {skip_reason::minimum_width, "minimum_width"}}};

[[nodiscard]] inline nlohmann::ordered_json to_json(const cost& c) {
  return {{"parameters", c.parameters}, {"macs", c.macs}};
}

/// \throws bad_value  unless JSON can hold \p text.
inline void require_utf8(const std::string& text) {
  using json = nlohmann::ordered_json;
  try {
    (void)json(text).dump();
  } catch (const json::type_error&) {
    throw bad_value(json(text).dump(-1, ' ', false, json::error_handler_t::replace),
                    "is not UTF-8, as JSON is; give it another name");
  }
}

/// Reads members with the path of what is wrong in every message.
class json_reader {
 public:
  json_reader(const nlohmann::ordered_json& value, std::string path, std::string_view file)
      : value_(&value), path_(std::move(path)), file_(file) {}

  [[noreturn]] void fail(const std::string& what) const { throw bad_file(file_, path_, what); }
  [[nodiscard]] bool has(const char* key) const {
    return value_->is_object() && value_->contains(key);
  }
  [[nodiscard]] json_reader operator[](const char* key) const {
    if (!value_->is_object()) fail("is not an object");
    const auto found = value_->find(key);
    if (found == value_->end()) fail("has no '" + std::string(key) + "'");
    return {*found, path_ + "/" + key, file_};
  }
  [[nodiscard]] index_t count() const {
    if (!value_->is_number_integer()) fail("is not an integer");
    if (value_->is_number_unsigned() &&
        value_->get<std::uint64_t>() >
            static_cast<std::uint64_t>(std::numeric_limits<index_t>::max()))
      fail("is too large");
    const auto n = value_->get<index_t>();
    if (n < 0) fail("is negative");
    return n;
  }
  [[nodiscard]] std::string text() const {
    if (!value_->is_string()) fail("is not a string");
    return value_->get<std::string>();
  }
  [[nodiscard]] std::vector<index_t> counts() const {
    std::vector<index_t> all;
    for_each_element([&](const json_reader& e) { all.push_back(e.count()); });
    return all;
  }
  template <class F>
  void for_each_element(F f) const {
    if (!value_->is_array()) fail("is not an array");
    std::size_t k = 0;
    for (const auto& element : *value_)
      f(json_reader(element, path_ + "/" + std::to_string(k++), file_));
  }
  template <class F>
  void for_each_member(F f) const {
    if (!value_->is_object()) fail("is not an object");
    for (const auto& [key, member] : value_->items())
      f(key, json_reader(member, path_ + "/" + key, file_));
  }

 private:
  const nlohmann::ordered_json* value_;
  std::string path_;
  std::string_view file_;
};

/// Increasing indices below \p extent, at least one: surgery empties nothing.
[[nodiscard]] inline std::vector<index_t> read_kept(const json_reader& list, index_t extent) {
  auto kept = list.counts();
  if (kept.empty() && extent > 0)
    list.fail("nothing of " + std::to_string(extent) + " would stay; keep at least one index");
  for (std::size_t k = 0; k < kept.size(); ++k)
    if (kept[k] >= extent || (k > 0 && kept[k] <= kept[k - 1]))
      list.fail("index " + std::to_string(kept[k]) + " is not increasing inside [0, " +
                std::to_string(extent) + ")");
  return kept;
}

[[nodiscard]] inline parameter_cut read_parameter(const std::string& name,
                                                  const json_reader& value) {
  parameter_cut cut{name, value["shape"].counts()};
  value["keep"].for_each_member([&](const std::string& key, const json_reader& list) {
    std::size_t axis = 0;
    const auto [end, failure] = std::from_chars(key.data(), key.data() + key.size(), axis);
    if (failure != std::errc{} || end != key.data() + key.size() || axis >= cut.before.size())
      list.fail("names no axis of a shape of rank " + std::to_string(cut.before.size()));
    axis_cut a{axis, read_kept(list, cut.before[axis])};
    if (static_cast<index_t>(a.kept.size()) == cut.before[axis]) return;
    const auto behind = std::find_if(cut.axes.begin(), cut.axes.end(),
                                     [&](const axis_cut& other) { return other.axis >= axis; });
    if (behind != cut.axes.end() && behind->axis == axis) list.fail("names an axis twice");
    cut.axes.insert(behind, std::move(a));
  });
  if (value.has("entries")) {
    const json_reader entries = value["entries"];
    const index_t width = entries["width"].count();
    cut.entries = entry_cut{width, read_kept(entries["keep"], width)};
  }
  return cut;
}

}  // namespace detail

/// \throws bad_value  if two parameters share a name: files tell them apart by name only; or if a
///                    name or reason is not UTF-8.
[[nodiscard]] inline std::string to_json(const plan_record& record) {
  nlohmann::ordered_json parameters = nlohmann::ordered_json::object();
  for (const parameter_cut& p : record.parameters) {
    if (parameters.contains(p.name))
      throw bad_value(p.name, "two parameters have this name; a plan file needs different ones");
    detail::require_utf8(p.name);
    nlohmann::ordered_json keep = nlohmann::ordered_json::object();
    for (const axis_cut& a : p.axes) keep[std::to_string(a.axis)] = a.kept;
    auto& entry = parameters[p.name] = {{"shape", p.before}, {"keep", std::move(keep)}};
    if (p.entries) entry["entries"] = {{"width", p.entries->width}, {"keep", p.entries->kept}};
  }
  nlohmann::ordered_json pinned = nlohmann::ordered_json::array();
  for (const skipped_unit& s : record.skipped) {
    detail::require_utf8(s.at);
    detail::require_utf8(s.reason);
    for (const auto& [why, name] : detail::skip_reason_names)
      if (why == s.why)
        pinned.push_back(
            {{"tensor", s.at}, {"channels", s.channels}, {"why", name}, {"reason", s.reason}});
  }
  const nlohmann::ordered_json document = {{"format", detail::plan_format},
                                           {"parameters", std::move(parameters)},
                                           {"pinned", std::move(pinned)},
                                           {"before", detail::to_json(record.before)},
                                           {"after", detail::to_json(record.after)}};
  return document.dump(1) + "\n";
}
[[nodiscard]] inline std::string to_json(const prune_plan& plan) { return to_json(plan.record()); }

namespace detail {

/// \throws bad_file  if \p text is no JSON, or an object names a member twice: nlohmann takes the
///                   last one in silence.
[[nodiscard]] inline nlohmann::ordered_json parsed_plan(std::string_view text,
                                                        std::string_view file) {
  using json = nlohmann::ordered_json;
  std::vector<std::unordered_set<std::string>> open;  // names in the objects around
  const auto watch = [&](int, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::object_start) open.emplace_back();
    if (event == json::parse_event_t::object_end) open.pop_back();
    if (event == json::parse_event_t::key && !open.back().insert(parsed.get<std::string>()).second)
      throw bad_file(file, "'" + parsed.get<std::string>() + "'", "is named twice; keep one");
    return true;
  };
  json document = json::parse(text.begin(), text.end(), watch, false);
  const bool is_cut = text.find('\0') != std::string_view::npos;  // parse() takes it for the end
  if (document.is_discarded() || is_cut) throw bad_file(file, "", "is not JSON");
  return document;
}

}  // namespace detail

/// \p file only appears in messages.
/// \throws bad_file  naming the member if the text is no plan of this format.
[[nodiscard]] inline plan_record plan_from_json(std::string_view text,
                                                std::string_view file = "plan") {
  const nlohmann::ordered_json document = detail::parsed_plan(text, file);
  const detail::json_reader root(document, "", file);
  if (root["format"].text() != detail::plan_format)
    root["format"].fail("is '" + root["format"].text() + "', expected '" +
                        std::string(detail::plan_format) + "'");
  plan_record record;
  root["parameters"].for_each_member([&](const std::string& name, const detail::json_reader& p) {
    record.parameters.push_back(detail::read_parameter(name, p));
  });
  root["pinned"].for_each_element([&](const detail::json_reader& s) {
    skipped_unit unit{s["tensor"].text(), s["channels"].count(), skip_reason::pinned,
                      s["reason"].text()};
    if (s.has("why")) {
      const std::string word = s["why"].text();
      bool is_known = false;
      for (const auto& [why, name] : detail::skip_reason_names)
        if (name == word) {
          unit.why = why;
          is_known = true;
        }
      if (!is_known) s["why"].fail("is '" + word + "', which is no reason");
    }
    record.skipped.push_back(std::move(unit));
  });
  const auto read_cost = [](const detail::json_reader& c) {
    return cost{c["parameters"].count(), c["macs"].count()};
  };
  record.before = read_cost(root["before"]);
  record.after = read_cost(root["after"]);
  return record;
}

}  // namespace slimming::inline v0
