// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

#include "pruning.hpp"

#include "checks.hpp"   // positive
#include "command.hpp"  // usage_error
#include "output.hpp"   // report_of
#include "text.hpp"     // grouped, percent, change

#include <slimming/plan/importance.hpp>   // importance, bn_gamma, l1_norm, ...
#include <slimming/surgery/parallel.hpp>  // parallel

#include <algorithm>  // std::find_if
#include <charconv>   // std::from_chars
#include <cmath>      // std::floor
#include <map>        // std::map
#include <ostream>    // std::ostream
#include <tuple>      // std::tuple

namespace slim {

using namespace slimming;

namespace {

/// Shares are written as 0.5; who writes 50 is told.
CLI::Validator share(bool up_to_one) {
  return {[up_to_one](std::string& text) -> std::string {
            double value = 0;
            const auto [end, failure] =
                std::from_chars(text.data(), text.data() + text.size(), value);
            if (failure != std::errc() || end != text.data() + text.size())
              return "'" + text + "' is not a number";
            if (value >= 0 && (value < 1 || (up_to_one && value == 1))) return {};
            std::string what = text + " is not a share in [0, 1" + (up_to_one ? "]" : ")");
            if (value > 1 && value < 100)
              what += "; for " + text + " % write " + number(value / 100);
            return what;
          },
          "SHARE"};
}

/// A share in (0, 1], or a whole number above 1.
CLI::Validator share_or_count() {
  return {[](std::string& text) -> std::string {
            double value = 0;
            const auto [end, failure] =
                std::from_chars(text.data(), text.data() + text.size(), value);
            const bool is_number = failure == std::errc() && end == text.data() + text.size();
            if (is_number && value > 0 && (value <= 1 || value == std::floor(value))) return {};
            return "'" + text + "' is neither a share in (0, 1] nor a whole number";
          },
          "SHARE|N"};
}

template <class Budget>
Budget budget_of(double share_or_number) {
  Budget b;
  if (share_or_number <= 1)
    b.share = share_or_number;
  else
    b.at_most = static_cast<index_t>(share_or_number);
  return b;
}

const char* name_of(skip_reason why) {
  switch (why) {
    case skip_reason::pinned:
      return "fixed";
    case skip_reason::ignored:
      return "ignored";
    case skip_reason::approximate:
      return "approximate";
    case skip_reason::selected:
      return "selected";
    case skip_reason::no_score:
      return "no score";
    case skip_reason::minimum_width:
      return "minimum width";
  }
  return "";
}

}  // namespace

understanding_options::understanding_options(CLI::App& options) {
  const std::string group = "Operators";
  options.add_flag("--strict", strict_, "An operator that is not known is an error, not a barrier")
      ->group(group);
  options
      .add_flag("--approximate", approximate_,
                "Also cut where the result cannot be exact (under a LayerNorm over channels, ...)")
      ->group(group);
  options
      .add_option("--group-convs", grouping_,
                  "Grouped convolutions get narrower groups (positions) or fewer (groups)")
      ->check(CLI::IsMember({"positions", "groups"}))
      ->capture_default_str()
      ->type_name("HOW")
      ->group(group);
  options
      .add_option("--input-shape", inputs_,
                  "Shape of an input whose dimensions the file leaves open, as "
                  "input=1,3,224,224; may be repeated")
      ->type_name("NAME=N,C,H,W")
      ->group(group);
}

connect_options understanding_options::connect() const {
  connect_options result;
  result.strict = strict_;
  result.grouping = grouping_ == "groups" ? rules::group_policy::whole_groups
                                          : rules::group_policy::same_positions;
  if (approximate_) result.norm_grouping = rules::group_policy::same_positions;
  for (const std::string& entry : inputs_) {
    const auto sign = entry.find('=');
    shape extents;
    bool good = sign != entry.npos && sign > 0;
    for (const char *at = entry.data() + sign + 1, *end = entry.data() + entry.size(); good;) {
      index_t n = 0;
      const auto [next, failure] = std::from_chars(at, end, n);
      good = failure == std::errc() && n > 0 && (next == end || *next == ',');
      extents.push_back(n);
      if (next == end) break;
      at = next + 1;
    }
    if (!good)
      throw usage_error("--input-shape: '" + entry + "' is not of the form input=1,3,224,224");
    result.input_extents[entry.substr(0, sign)] = std::move(extents);
  }
  return result;
}

nlohmann::ordered_json understanding_options::settings() const {
  return {{"strict", strict_},
          {"approximate", approximate_},
          {"group-convs", grouping_},
          {"input-shape", inputs_}};
}

pruning_options::pruning_options(CLI::App& options, amount how, double layer_cap)
    : options_(options), understanding_(options) {
  limits_.max_removed = layer_cap;
  if (how == amount::asked) {
    auto* const group = options.add_option_group("Amount", "How much goes; one of");
    group
        ->add_option("--percent", percent_,
                     "Share of all channels that goes, the least important of the whole network "
                     "first")
        ->check(share(false));
    group->add_option("--per-layer", per_layer_, "Share of the channels of every layer that goes")
        ->check(share(false));
    group
        ->add_option("--params", parameters_,
                     "Parameters that may stay: a share of what there are, or a number")
        ->check(share_or_count());
    group
        ->add_option("--macs", macs_,
                     "Multiply-accumulates that may stay: a share of what there are, or a number")
        ->check(share_or_count());
    group->add_option("--threshold", threshold_, "Channels go whose score is below this number")
        ->type_name("SCORE");
    group->require_option(1);
  }
  const std::string group = "Choice";
  options
      .add_option("--criterion", criterion_,
                  "bn_gamma: |scale| of the batch norm; l1, l2: norm of the kernel; fpgm: distance "
                  "to the other kernels; random")
      ->check(CLI::IsMember({"bn_gamma", "l1", "l2", "fpgm", "random"}))
      ->capture_default_str()
      ->type_name("NAME")
      ->group(group);
  options
      .add_option("--normalise", normalise_,
                  "Divide scores by the layer's mean or max, or as LAMP does (default: mean for "
                  "l1, l2 and fpgm, whose size differs between layers; none for the others)")
      ->check(CLI::IsMember({"none", "mean", "max", "lamp"}))
      ->type_name("HOW")
      ->group(group);
  options.add_option("--criterion-seed", seed_, "Seed of --criterion random")
      ->capture_default_str()
      ->type_name("N")
      ->group(group);
  if (how == amount::asked)
    options
        .add_option("--compat", compat_,
                    "network_slimming: the threshold of the published scripts to the letter; one "
                    "channel more goes than asked, and every tie")
        ->check(CLI::IsMember({"network_slimming"}))
        ->needs("--percent")
        ->type_name("NAME")
        ->group(group);
  options.add_option("--keep-at-least", limits_.keep_at_least, "Channels that every layer keeps")
      ->check(positive())
      ->capture_default_str()
      ->type_name("K")
      ->group(group);
  options
      .add_option("--round-to", limits_.round_to, "Layers keep a multiple of this many channels")
      ->check(positive())
      ->capture_default_str()
      ->type_name("R")
      ->group(group);
  options.add_option("--layer-cap", limits_.max_removed, "Largest share of one layer that may go")
      ->check(share(true))
      ->capture_default_str()
      ->group(group);
  options
      .add_option("--ignore", limits_.ignore,
                  "Layers whose channels stay: a name, or a pattern with * and ?; may be repeated")
      ->type_name("PATTERN")
      ->group(group);
}

policy pruning_options::how_much() const {
  if (options_.count("--per-layer")) return per_layer_ratio{per_layer_};
  if (options_.count("--params")) return budget_of<parameter_budget>(parameters_);
  if (options_.count("--macs")) return budget_of<mac_budget>(macs_);
  if (options_.count("--threshold")) return score_threshold{threshold_};
  if (!compat_.empty()) return compat::network_slimming{percent_};
  return global_ratio{percent_};
}

group_scores pruning_options::scores(const model_channels& known,
                                     const channel_groups& groups) const {
  importance_options how;
  const bool is_norm = criterion_ == "l1" || criterion_ == "l2" || criterion_ == "fpgm";
  const std::string by = !normalise_.empty() ? normalise_ : is_norm ? "mean" : "none";
  how.over_unit = by == "mean"   ? normaliser::mean
                  : by == "max"  ? normaliser::max
                  : by == "lamp" ? normaliser::lamp
                                 : normaliser::none;
  const auto score = [&](const auto& criterion) {
    return importance(known.graph, groups, criterion, how, parallel());
  };
  const group_scores result = criterion_ == "l1"       ? score(l1_norm{})
                              : criterion_ == "l2"     ? score(l2_norm{})
                              : criterion_ == "fpgm"   ? score(fpgm{})
                              : criterion_ == "random" ? score(random_choice{seed_})
                                                       : score(bn_gamma{});
  bool any = false, removable = false;
  for (index_t g = 0; g < groups.count(); ++g) {
    any = any || result.has(g);
    removable = removable || !groups.is_pinned(g);
  }
  if (!any && removable)
    throw usage_error("--criterion " + criterion_ + ": no channel of this model has a score by it" +
                      (criterion_ == "bn_gamma"
                           ? " (no batch norm, or it is folded into the convolutions); try "
                             "--criterion l2"
                           : ""));
  return result;
}

constraints pruning_options::limits() const {
  constraints result = limits_;
  result.allow_approximate = understanding_.allows_approximate();
  return result;
}

nlohmann::ordered_json pruning_options::settings() const {
  nlohmann::ordered_json result{
      {"criterion", criterion_},      {"normalise", normalise_},
      {"criterion-seed", seed_},      {"keep-at-least", limits_.keep_at_least},
      {"round-to", limits_.round_to}, {"layer-cap", limits_.max_removed},
      {"ignore", limits_.ignore}};
  result.update(understanding_.settings());
  return result;
}

prune_plan pruning_options::plan(const model_channels& known) const {
  return plan(known, how_much());
}

prune_plan pruning_options::plan(const model_channels& known, const policy& amount) const {
  const channel_groups groups(known.graph);
  return make_plan(known.graph, groups, scores(known, groups), amount, limits());
}

std::string pruning_options::words() const {
  const auto budget = [](double n, const std::string& of) {
    return n <= 1 ? "down to " + percent(n, 1) + " of the " + of
                  : "down to " + grouped(static_cast<index_t>(n)) + " " + of;
  };
  std::string text = options_.count("--per-layer")   ? percent(per_layer_, 1) + " of every layer"
                     : options_.count("--params")    ? budget(parameters_, "parameters")
                     : options_.count("--macs")      ? budget(macs_, "multiply-accumulates")
                     : options_.count("--threshold") ? "scores below " + number(threshold_)
                                                     : percent(percent_, 1) + " of all channels";
  return text + " by " + criterion_ + (compat_.empty() ? "" : ", as " + compat_ + " does");
}

void print_layers(std::ostream& text, const prune_plan& plan) {
  table layers{{"layer", table::align::left}, {"channels"}, {"remaining"}, {"removed"}};
  index_t total = 0, remaining = 0;
  for (const layer_width& l : plan.layers()) {
    layers.add(
        {l.name, grouped(l.total), grouped(l.remaining),
         l.total == l.remaining
             ? "-"
             : percent(1 - static_cast<double>(l.remaining) / static_cast<double>(l.total), 1)});
    total += l.total;
    remaining += l.remaining;
  }
  layers.add_line();
  layers.add(
      {"total", grouped(total), grouped(remaining),
       percent(total == 0 ? 0 : 1 - static_cast<double>(remaining) / static_cast<double>(total),
               1)});
  text << layers;
}

table cost_table(const prune_plan& plan) {
  table costs{{"", table::align::left}, {"before"}, {"after"}, {"change"}};
  const auto add = [&](const char* what, index_t from, index_t to) {
    costs.add({what, grouped(from), grouped(to),
               change(static_cast<double>(from), static_cast<double>(to))});
  };
  add("parameters", plan.before().parameters, plan.after().parameters);
  add("multiply-accumulates", plan.before().macs, plan.after().macs);
  return costs;
}

void print_skipped(std::ostream& text, const prune_plan& plan) {
  struct line {
    index_t units = 0, channels = 0;
    std::string first;
  };
  std::vector<std::pair<std::pair<skip_reason, std::string>, line>> lines;  // in order of the net
  for (const skipped_unit& s : plan.skipped()) {
    const std::pair key{s.why, s.reason};
    auto found = std::find_if(lines.begin(), lines.end(),
                              [&](const auto& entry) { return entry.first == key; });
    if (found == lines.end()) found = lines.insert(lines.end(), {key, {0, 0, s.at}});
    ++found->second.units;
    found->second.channels += s.channels;
  }
  if (lines.empty()) return;
  text << "\nkept although the amount would have allowed to remove it:\n";
  table all{{"channels"}, {"where", table::align::left}, {"why", table::align::left}};
  for (const auto& [key, l] : lines)
    all.add({grouped(l.channels),
             l.first + (l.units > 1 ? " and " + std::to_string(l.units - 1) + " more" : ""),
             std::string(name_of(key.first)) + (key.second.empty() ? "" : ": " + key.second)});
  text << all;
}

nlohmann::ordered_json report_of(const prune_plan& plan) {
  nlohmann::ordered_json json;
  json["layers"] = nlohmann::ordered_json::array();
  for (const layer_width& l : plan.layers())
    json["layers"].push_back({{"name", l.name}, {"total", l.total}, {"remaining", l.remaining}});
  json["skipped"] = nlohmann::ordered_json::array();
  for (const skipped_unit& s : plan.skipped())
    json["skipped"].push_back(
        {{"at", s.at}, {"channels", s.channels}, {"why", name_of(s.why)}, {"reason", s.reason}});
  json["before"] = report_of(plan.before());
  json["after"] = report_of(plan.after());
  return json;
}

}  // namespace slim
