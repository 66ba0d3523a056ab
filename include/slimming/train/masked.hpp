// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Masked training at the pruned network's speed: the live channels are gathered into a compact
/// network, trained there, and scattered back when the masks change.
/// Area: train.
///
/// The reference semantics is that of iterative network slimming: the scale and shift of a dead
/// channel are multiplied by its mask before every forward pass, and their gradients are masked. A
/// dead channel is then zero behind its normalisation, so no gradient reaches the weights that make
/// it or read it, and on the live channels nothing differs from the compact network. The weights of
/// dead channels keep their values here instead of decaying; nothing reads them.

#include <slimming/core/config.hpp>        // index_t
#include <slimming/core/error.hpp>         // shape_mismatch
#include <slimming/core/tensor.hpp>        // any_tensor, shape
#include <slimming/model/model.hpp>        // model
#include <slimming/model/op_registry.hpp>  // op_registry, connect_options
#include <slimming/model/prune.hpp>        // prune
#include <slimming/plan/plan.hpp>          // prune_plan
#include <slimming/plan/record.hpp>        // parameter_cut
#include <slimming/train/checkpoint.hpp>   // velocity_map

#include <algorithm>  // std::all_of
#include <map>        // std::map
#include <set>        // std::set
#include <span>       // std::span
#include <string>     // std::string
#include <utility>    // std::move
#include <vector>     // std::vector

namespace slimming::inline v0 {

namespace detail {

// Calls visit(offset in the whole, offset in the cut) for every element that stays.
template <class Visit>
void for_each_kept(const parameter_cut& cut, const Visit& visit) {
  const std::size_t rank = cut.before.size();
  const shape after = cut.after();
  std::vector<index_t> stride(rank, 1), at(rank, 0);
  for (std::size_t axis = rank; axis-- > 1;) stride[axis - 1] = stride[axis] * cut.before[axis];
  const index_t n = element_count(after);
  for (index_t i = 0; i < n; ++i) {
    index_t whole = 0;
    for (std::size_t axis = 0; axis < rank; ++axis) {
      const auto* kept = cut.kept(axis);
      whole += (kept ? (*kept)[static_cast<std::size_t>(at[axis])] : at[axis]) * stride[axis];
    }
    visit(static_cast<std::size_t>(whole), static_cast<std::size_t>(i));
    for (std::size_t axis = rank; axis-- > 0;) {
      if (++at[axis] < after[axis]) break;
      at[axis] = 0;
    }
  }
}

// The initialiser of that name of a model, constant or not.
template <class Model>
auto& named_parameter(Model& net, const std::string& name) {
  auto* const t = net.initializer(net.find(name));
  if (t == nullptr) throw bad_value(name, "the network has no such parameter");
  return *t;
}

}  // namespace detail

/// A network cut to the live channels of another one, and the way between the two.
class compact_network {
 public:
  /// \p plan was made from `connect(full, ops, options).graph`.
  /// \throws as prune() does.
  compact_network(const model& full, const op_registry& ops, const prune_plan& plan,
                  const connect_options& options = {})
      : net_(full), cuts_(plan.record().parameters) {
    prune(net_, ops, plan, options);
    for (const parameter_cut& cut : cuts_) by_name_.emplace(cut.name, &cut);
    find_dead();
  }
  compact_network(const compact_network&) = delete;
  compact_network& operator=(const compact_network&) = delete;

  [[nodiscard]] model& net() noexcept { return net_; }
  [[nodiscard]] const model& net() const noexcept { return net_; }

  /// Zeroes the scale and shift of dead channels in \p full, and their velocities.
  void silence_dead(model& full, velocity_map& velocities) const {
    for (const auto& [name, entries] : dead_) {
      auto values = detail::named_parameter(full, name).values<float>();
      const auto velocity = velocities.find(name);
      for (const index_t i : entries) {
        values[static_cast<std::size_t>(i)] = 0.0f;
        if (velocity != velocities.end()) velocity->second[static_cast<std::size_t>(i)] = 0.0f;
      }
    }
  }

  /// The live part of \p full's parameters becomes net()'s.
  void gather(const model& full) {
    exchange(net_, full, [](float whole, float& part) { part = whole; });
  }
  /// net()'s parameters become the live part of \p full's; the rest of it stays.
  void scatter(model& full) const {
    exchange(net_, full, [](float& whole, float part) { whole = part; });
  }
  [[nodiscard]] velocity_map gather(const velocity_map& full) const {
    velocity_map parts;
    for (const auto& [name, whole] : full) {
      const parameter_cut* const cut = find(name);
      if (cut == nullptr || cut->is_untouched()) {
        parts.emplace(name, whole);
        continue;
      }
      std::vector<float>& part = parts[name];
      part.resize(static_cast<std::size_t>(element_count(cut->after())));
      detail::for_each_kept(
          *cut, [&, &from = whole](std::size_t w, std::size_t p) { part[p] = from[w]; });
    }
    return parts;
  }
  void scatter(const velocity_map& parts, velocity_map& full) const {
    for (const auto& [name, part] : parts) {
      std::vector<float>& whole = full[name];
      const parameter_cut* const cut = find(name);
      if (cut == nullptr || cut->is_untouched()) {
        whole = part;
        continue;
      }
      whole.resize(static_cast<std::size_t>(element_count(cut->before)));
      detail::for_each_kept(
          *cut, [&, &from = part](std::size_t w, std::size_t p) { whole[w] = from[p]; });
    }
  }

  /// Entries of scale and shift parameters, by name, that no live channel uses.
  [[nodiscard]] const std::map<std::string, std::vector<index_t>>& dead() const noexcept {
    return dead_;
  }

 private:
  [[nodiscard]] const parameter_cut* find(const std::string& name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
  }
  // Part and Whole are models, one of them constant.
  template <class Part, class Whole, class Move>
  void exchange(Part& part, Whole& whole, const Move& move) const {
    for (std::size_t i = 0; i < part.values().size(); ++i) {
      auto* const p = part.initializer(static_cast<value_id>(i));
      if (p == nullptr || p->type() != dtype::float32) continue;
      const std::string& name = part.at(static_cast<value_id>(i)).name;
      auto& w = detail::named_parameter(whole, name);
      const parameter_cut* const cut = find(name);
      const shape expected = cut ? cut->before : p->extents();
      if (w.extents() != expected)
        throw shape_mismatch(name,
                             "expected " + to_string(expected) + ", got " + to_string(w.extents()));
      const auto parts = p->template values<float>();
      const auto wholes = w.template values<float>();
      if (cut == nullptr) {
        for (std::size_t k = 0; k < parts.size(); ++k) move(wholes[k], parts[k]);
      } else {
        detail::for_each_kept(*cut,
                              [&](std::size_t a, std::size_t b) { move(wholes[a], parts[b]); });
      }
    }
  }

  // A channel of a normalisation is dead if it was cut, or if only selections read the
  // normalisation and none of them takes it.
  void find_dead() {
    for (const op_node& node : net_.nodes()) {
      if (node.op != "BatchNormalization") continue;
      const index_t width = net_.initializer(node.inputs[1]) == nullptr
                                ? 0
                                : net_.initializer(node.inputs[1])->size();
      std::vector<bool> live = selected(node.outputs[0], width);
      for (const std::size_t input : {1u, 2u}) {
        const std::string& name = net_.at(node.inputs[input]).name;
        const parameter_cut* const cut = find(name);
        const auto* const kept = cut ? cut->kept(0) : nullptr;
        const index_t whole = cut ? cut->before.at(0) : width;
        std::vector<bool> is_live(static_cast<std::size_t>(whole), false);
        for (index_t c = 0; c < width; ++c)
          if (live[static_cast<std::size_t>(c)])
            is_live[static_cast<std::size_t>(kept ? (*kept)[static_cast<std::size_t>(c)] : c)] =
                true;
        std::vector<index_t> dead;
        for (index_t c = 0; c < whole; ++c)
          if (!is_live[static_cast<std::size_t>(c)]) dead.push_back(c);
        if (!dead.empty()) dead_.emplace(name, std::move(dead));
      }
    }
  }
  // Channels of v that some reader takes.
  [[nodiscard]] std::vector<bool> selected(value_id v, index_t width) const {
    std::vector<bool> live(static_cast<std::size_t>(width), false);
    const auto& outputs = net_.outputs();
    bool all = std::find(outputs.begin(), outputs.end(), v) != outputs.end();
    for (const op_node& reader : net_.nodes()) {
      if (std::find(reader.inputs.begin(), reader.inputs.end(), v) == reader.inputs.end()) continue;
      const any_tensor* const list =
          reader.op == "ChannelSelect" ? net_.initializer(reader.input(1)) : nullptr;
      if (list == nullptr) {
        all = true;
        continue;
      }
      for (const index_t c : list->converted<index_t>())
        live.at(static_cast<std::size_t>(c)) = true;
    }
    if (all) live.assign(live.size(), true);
    return live;
  }

  model net_;
  std::vector<parameter_cut> cuts_;
  std::map<std::string, const parameter_cut*> by_name_;
  std::map<std::string, std::vector<index_t>> dead_;
};

}  // namespace slimming::inline v0
