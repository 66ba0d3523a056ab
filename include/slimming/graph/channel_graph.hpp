// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The narrow waist: which channels live or die together, and which parameter axes they index.
/// Area: graph. Knows no operator. Front ends and rules write it, plans and surgery read it.

#include <slimming/core/config.hpp>             // index_t
#include <slimming/core/detail/ordering.hpp>    // smaller, larger
#include <slimming/core/dtype.hpp>              // name_of
#include <slimming/core/error.hpp>              // shape_mismatch, bad_value
#include <slimming/graph/detail/key_index.hpp>  // key_index
#include <slimming/graph/parameter.hpp>         // parameter, parameter_id, role

#include <array>        // std::array
#include <concepts>     // std::invocable
#include <cstdint>      // std::int32_t
#include <limits>       // std::numeric_limits
#include <span>         // std::span
#include <string>       // std::string
#include <string_view>  // std::string_view
#include <utility>      // std::move
#include <vector>       // std::vector

namespace slimming::inline v0 {

/// The ordered channels of one value: a handle into one channel_graph.
struct channels {
  std::int32_t id = -1;

  [[nodiscard]] constexpr explicit operator bool() const noexcept { return id >= 0; }
  friend constexpr bool operator==(channels, channels) = default;
};

/// Every channel of every value has an identity (an *atom*); verbs state equalities between them.
///
/// Most ties are of all channels of two values, position by position: they join the values, in one
/// step. Other ties are of *parts*: they go down to single channels, those of the first of the
/// values that are joined.
///
/// `enter(op)` names the operator that the following verbs speak for, so that reports can say why.
/// Verbs check their arguments and throw before they change anything.
/// \complexity near-linear in values, ties of whole values, channels tied one by one and bindings.
class channel_graph {
 public:
  /// One value's channels.
  struct value_record {
    std::string name;
    index_t first_atom;
    index_t size;
    std::int32_t op;  ///< index into ops(), -1 before the first enter()
  };
  /// Channel `first_a + i` of `a` equals the channels `first_b + i * block ... + block - 1` of `b`,
  /// for i in [0, n); where `map` is not empty, it equals channel `map[i]` of `b` instead.
  struct tie_record {
    channels a, b;
    index_t first_a, first_b, n, block;
    std::vector<index_t> map;
    std::int32_t op;
  };
  /// Channel j of `narrow` reads channel `indices[j]` of `wide`.
  struct select_record {
    channels wide, narrow;
    std::vector<index_t> indices;
    std::int32_t op;
  };
  /// What is said of channel `index` of `at` (of every channel if -1), and why.
  struct reason_record {
    channels at;
    index_t index;
    std::string reason;
    std::int32_t op;
  };
  /// Axis `axis` of `parameter` is indexed by the channels `at`.
  struct binding {
    parameter_id parameter;
    std::size_t axis;
    channels at;
    role as;
    std::int32_t op;
  };
  /// A parameter, which bindings slice its axes (-1: none) and how often each element multiplies.
  struct parameter_record {
    parameter value;
    std::array<std::int32_t, array_ref::max_rank> axis_binding;
    index_t positions = 0;  ///< multiply-accumulates per element and sample
  };

  /// Names the operator that the following verbs speak for. One that hands on the channels of a value
  /// instead of making one of its own (an activation, an addition) states them as \p handed_on, so
  /// that its name finds them.
  void enter(std::string op, channels handed_on = {}) {
    if (handed_on) require(handed_on);
    handed_on_.push_back(handed_on);
    ops_.push_back(std::move(op));
  }

  /// A new value of \p n channels, tied to nothing.
  channels add(index_t n, std::string name) {
    if (n < 0) throw bad_value(name + ": number of channels", n);
    if (n > std::numeric_limits<std::int32_t>::max() - atom_count_)
      throw bad_value(name + ": the graph would exceed 2^31 channels; channels", n);
    const auto fresh = values_.size();
    like_.resize(fresh + 1);
    like_[fresh] = static_cast<std::int32_t>(fresh);
    in_parts_.resize(fresh + 1);
    values_.push_back({std::move(name), atom_count_, n, current_op()});
    atom_count_ += n;
    return {like_[fresh]};
  }

  /// Channel i of \p a and channel i of \p b belong together, for all i.
  void tie(channels a, channels b) {
    if (size(a) != size(b))
      throw shape_mismatch("tie of '" + name(a) + "' and '" + name(b) + "'", size(a), size(b));
    if (a != b) record_tie(a, 0, b, 0, size(a), 1);
  }
  /// Channel `first_a + i` of \p a and `first_b + i` of \p b belong together, for i in [0, n).
  void tie_range(channels a, index_t first_a, channels b, index_t first_b, index_t n) {
    require_range(a, first_a, n);
    require_range(b, first_b, n);
    record_tie(a, first_a, b, first_b, n, 1);
  }
  /// Channel i of \p coarse stands for the \p block consecutive channels of \p fine from i * block.
  void tie_block(channels coarse, channels fine, index_t block) {
    if (block < 1) throw bad_value("tie_block of '" + name(coarse) + "': block", block);
    if (size(fine) % block != 0 || size(fine) / block != size(coarse))
      throw shape_mismatch("tie_block of '" + name(coarse) + "' and '" + name(fine) + "'",
                           "expected " + std::to_string(size(coarse)) + " blocks of " +
                               std::to_string(block) + " channels, got " +
                               std::to_string(size(fine)) + " channels");
    record_tie(coarse, 0, fine, 0, size(coarse), block);
  }
  /// Channel i of \p a and channel `map(i)` of \p b belong together, for all i.
  template <std::invocable<index_t> Map>
  void tie_each(channels a, channels b, Map map) {
    std::vector<index_t> to(static_cast<std::size_t>(size(a)));
    for (index_t i = 0; i < size(a); ++i) {
      const index_t j = map(i);
      require_range(b, j, 1);
      to[static_cast<std::size_t>(i)] = j;
    }
    const index_t from_a = open_parts(a), from_b = open_parts(b);
    for (std::size_t i = 0; i < to.size(); ++i)
      unite(from_a + static_cast<index_t>(i), from_b + to[i]);
    ties_.push_back({a, b, 0, 0, size(a), 1, std::move(to), current_op()});
  }
  /// Channel j of \p narrow reads channel `indices[j]` of \p wide. One-directional: removing a
  /// narrow channel leaves the wide one; removing a wide channel removes its narrow readers.
  void select(channels wide, channels narrow, std::span<const index_t> indices) {
    if (static_cast<index_t>(indices.size()) != size(narrow))
      throw shape_mismatch("select into '" + name(narrow) + "'", size(narrow),
                           static_cast<index_t>(indices.size()));
    for (const index_t i : indices) require_range(wide, i, 1);
    selects_.push_back({wide, narrow, {indices.begin(), indices.end()}, current_op()});
  }
  /// Forbids the removal of every channel of \p at.
  void pin(channels at, std::string reason) {
    require(at);
    pins_.push_back({at, -1, std::move(reason), current_op()});
  }
  /// Forbids the removal of channel \p i of \p at.
  void pin(channels at, index_t i, std::string reason) {
    require_range(at, i, 1);
    pins_.push_back({at, i, std::move(reason), current_op()});
  }
  /// Declares that cutting channels of \p at is not exact.
  void approximate(channels at, std::string reason) {
    require(at);
    approximations_.push_back({at, -1, std::move(reason), current_op()});
  }

  /// Registers a parameter. The same memory registered again is the same parameter (tied weights)
  /// with one owner more; where there are no elements, the same owner is.
  /// \throws shape_mismatch  if it comes back with another shape.
  /// \throws bad_value       if it comes back with another element type or other strides.
  parameter_id add(parameter p) {
    const auto fresh_id = static_cast<std::int32_t>(parameters_.size());
    const auto value_of = [this](std::int32_t id) -> const parameter& {
      return parameters_[static_cast<std::size_t>(id)].value;
    };
    std::int32_t known = fresh_id;
    if (p.array.size() == 0 && p.owner.object != nullptr)
      known = by_owner_.find_or_add(p.owner.object, fresh_id, [&](std::int32_t id) -> const void* {
        return value_of(id).owner.object;
      });
    else if (p.array.size() > 0 && p.array.data != nullptr)
      known = by_address_.find_or_add(p.array.data, fresh_id, [&](std::int32_t id) -> const void* {
        return value_of(id).array.data;
      });
    if (known != fresh_id) {
      merge(parameters_[static_cast<std::size_t>(known)].value, p);
      return {known};
    }
    parameters_.push_back({std::move(p), {}, 0});
    parameters_.back().axis_binding.fill(-1);
    return {fresh_id};
  }
  /// Axis \p axis of \p p is indexed by \p c. An axis that is bound twice ties the two values. A list
  /// (`role::index`) is bound to the narrow side of its selection, after select(); surgery renumbers
  /// it once, so one that two selections read ties their wide sides too, as far as both reach.
  void bind(parameter_id p, std::size_t axis, channels c, role as) {
    auto& record = parameters_[index(p)];
    const array_ref& array = record.value.array;
    if (axis >= array.rank)
      throw shape_mismatch(record.value.name + ": rank", static_cast<index_t>(axis) + 1,
                           static_cast<index_t>(array.rank));
    if (array.extent[axis] != size(c))
      throw shape_mismatch(
          record.value.name + " axis " + std::to_string(axis) + " against '" + name(c) + "'",
          size(c), array.extent[axis]);
    if (const auto first = record.axis_binding[axis]; first >= 0) {
      const channels known = bindings_[static_cast<std::size_t>(first)].at;
      tie(known, c);
      if (as == role::index) tie_wide_sides(known, c);
      return;
    }
    record.axis_binding[axis] = static_cast<std::int32_t>(bindings_.size());
    bindings_.push_back({p, axis, c, as, current_op()});
  }
  /// Each element of \p p takes part in \p positions multiply-accumulates per sample, on top of
  /// those stated before (a shared layer adds up). MACs are the sum of elements * positions.
  void use(parameter_id p, index_t positions) {
    auto& record = parameters_[index(p)];
    if (positions < 0) throw bad_value(record.value.name + ": positions of a use", positions);
    record.positions += positions;
  }

  [[nodiscard]] index_t size(channels c) const { return record(c).size; }
  [[nodiscard]] const std::string& name(channels c) const { return record(c).name; }
  /// Identity of channel \p i of \p c before ties. \pre 0 <= i < size(c)
  [[nodiscard]] index_t atom(channels c, index_t i) const { return record(c).first_atom + i; }
  /// The smallest atom tied to channel \p i of \p c: equal for two channels exactly if they belong
  /// together. \pre 0 <= i < size(c)
  [[nodiscard]] index_t representative(channels c, index_t i) const {
    while (like(c) != c) c = like(c);
    auto a = static_cast<std::int32_t>(atom(c, i));
    if (!is_tied_in_parts(c)) return a;
    while (parent_[static_cast<std::size_t>(a)] != a) a = parent_[static_cast<std::size_t>(a)];
    return a;
  }
  /// An earlier value that \p c is joined with; \p c itself if it is the first of those.
  [[nodiscard]] channels like(channels c) const { return {like_[index(c)]}; }
  /// Single channels of \p c have been tied while it was the first of those that it is joined with.
  /// If false, and `like(c) == c`, every channel of \p c represents itself.
  [[nodiscard]] bool is_tied_in_parts(channels c) const { return in_parts_[index(c)] != 0; }
  /// One step from channel \p i of \p c towards its representative: a smaller atom of the same group,
  /// or its own if that is the smallest. \pre is_tied_in_parts(c), 0 <= i < size(c)
  [[nodiscard]] index_t next_atom(channels c, index_t i) const {
    return parent_[static_cast<std::size_t>(atom(c, i))];
  }
  [[nodiscard]] index_t atom_count() const noexcept { return atom_count_; }

  [[nodiscard]] const std::vector<value_record>& values() const noexcept { return values_; }
  [[nodiscard]] const std::vector<parameter_record>& parameters() const noexcept {
    return parameters_;
  }
  [[nodiscard]] const parameter_record& at(parameter_id p) const { return parameters_[index(p)]; }
  [[nodiscard]] const std::vector<binding>& bindings() const noexcept { return bindings_; }
  [[nodiscard]] const std::vector<tie_record>& ties() const noexcept { return ties_; }
  [[nodiscard]] const std::vector<select_record>& selects() const noexcept { return selects_; }
  /// Channels that may not be removed.
  [[nodiscard]] const std::vector<reason_record>& pins() const noexcept { return pins_; }
  /// Channels whose removal changes more than their own contribution.
  [[nodiscard]] const std::vector<reason_record>& approximations() const noexcept {
    return approximations_;
  }
  [[nodiscard]] const std::vector<std::string>& ops() const noexcept { return ops_; }
  /// By operator, as in ops(): the channels that it hands on; none if it makes a value of its own.
  [[nodiscard]] const std::vector<channels>& handed_on() const noexcept { return handed_on_; }

  /// The channels of the first value of this name, or else those that the first operator of this
  /// name hands on.
  /// \throws bad_value  if there is neither.
  /// \complexity O(values + operators).
  [[nodiscard]] channels find(std::string_view name) const {
    for (std::size_t v = 0; v < values_.size(); ++v)
      if (values_[v].name == name) return {static_cast<std::int32_t>(v)};
    for (std::size_t op = 0; op < ops_.size(); ++op)
      if (handed_on_[op] && ops_[op] == name) return handed_on_[op];
    throw bad_value(name, "the graph knows no channels of this name");
  }

 private:
  [[nodiscard]] std::int32_t current_op() const noexcept {
    return static_cast<std::int32_t>(ops_.size()) - 1;
  }
  void require(channels c) const {
    if (c.id < 0 || static_cast<std::size_t>(c.id) >= values_.size())
      throw bad_value("channels handle", c.id);
  }
  [[nodiscard]] std::size_t index(channels c) const {
    require(c);
    return static_cast<std::size_t>(c.id);
  }
  [[nodiscard]] std::size_t index(parameter_id p) const {
    if (p.id < 0 || static_cast<std::size_t>(p.id) >= parameters_.size())
      throw bad_value("parameter handle", p.id);
    return static_cast<std::size_t>(p.id);
  }
  [[nodiscard]] const value_record& record(channels c) const { return values_[index(c)]; }
  void require_range(channels c, index_t first, index_t n) const {
    if (first < 0 || n < 0 || first > size(c) - n)
      throw bad_value("channels of '" + name(c) + "'",
                      std::to_string(n) + " from " + std::to_string(first) + " on leave [0, " +
                          std::to_string(size(c)) + ")");
  }
  static void merge(parameter& known, const parameter& again) {
    const array_ref &a = known.array, &b = again.array;
    const auto place = [&] {
      return "'" + again.name + "' shares the " + (b.size() == 0 ? "owner" : "memory") + " of '" +
             known.name + "'";
    };
    for (std::size_t axis = 0; axis < detail::larger(a.rank, b.rank); ++axis) {
      if (a.extent[axis] != b.extent[axis])
        throw shape_mismatch(place() + ": axis " + std::to_string(axis), a.extent[axis],
                             b.extent[axis]);
      if (a.extent[axis] > 1 && a.stride[axis] != b.stride[axis])
        throw bad_value(place() + ": axis " + std::to_string(axis),
                        "has stride " + std::to_string(b.stride[axis]) + ", there " +
                            std::to_string(a.stride[axis]) +
                            ": describe shared memory in one order of axes");
    }
    if (a.type != b.type)
      throw bad_value(place(), "holds " + std::string(name_of(b.type)) + ", there " +
                                   std::string(name_of(a.type)) +
                                   ": describe shared memory with one element type");
    again.for_each_owner([&](const parameter_owner& o) { known.add_owner(o); });
  }
  /// The wide side of the first selection into \p narrow; none if there is no such selection.
  [[nodiscard]] channels wide_side(channels narrow) const noexcept {
    for (const auto& s : selects_)
      if (s.narrow == narrow) return s.wide;
    return {};
  }
  void tie_wide_sides(channels narrow, channels other_narrow) {
    const channels a = wide_side(narrow), b = wide_side(other_narrow);
    if (a && b && a != b) tie_range(a, 0, b, 0, detail::smaller(size(a), size(b)));
  }
  void record_tie(channels a, index_t first_a, channels b, index_t first_b, index_t n,
                  index_t block) {
    if (block == 1 && n == size(a) && n == size(b)) {
      join(a, b);
    } else {
      const index_t from_a = open_parts(a) + first_a, from_b = open_parts(b) + first_b;
      for (index_t i = 0; i < n; ++i)
        for (index_t k = 0; k < block; ++k) unite(from_a + i, from_b + i * block + k);
    }
    ties_.push_back({a, b, first_a, first_b, n, block, {}, current_op()});
  }
  /// The value that stands for all that are joined with \p c: the first of them.
  [[nodiscard]] channels first_joined(channels c) noexcept { return {find(like_.data(), c.id)}; }
  void join(channels a, channels b) {
    const channels x = first_joined(a), y = first_joined(b);
    if (x == y) return;
    const channels first{detail::smaller(x.id, y.id)}, second{detail::larger(x.id, y.id)};
    if (is_tied_in_parts(second)) {  // others know its channels
      const index_t from = open_parts(first), to = atom(second, 0);
      for (index_t i = 0; i < size(first); ++i) unite(from + i, to + i);
    }
    like_[index(second)] = first.id;
  }
  /// Lets single channels of \p c be tied. Returns the atom that stands for channel 0.
  [[nodiscard]] index_t open_parts(channels c) {
    const channels v = first_joined(c);
    const auto known = parent_.size(), end = static_cast<std::size_t>(atom(v, size(v)));
    if (known < end) parent_.resize(end);
    for (std::size_t a = known; a < end; ++a) parent_[a] = static_cast<std::int32_t>(a);
    in_parts_[index(v)] = 1;
    return atom(v, 0);
  }
  static std::int32_t find(std::int32_t* parent, std::int32_t a) noexcept {
    while (parent[a] != a) a = parent[a] = parent[parent[a]];  // path halving
    return a;
  }
  void unite(index_t a, index_t b) noexcept {
    std::int32_t* parent = parent_.data();
    const auto x = find(parent, static_cast<std::int32_t>(a));
    const auto y = find(parent, static_cast<std::int32_t>(b));
    parent[detail::larger(x, y)] =
        detail::smaller(x, y);  // the smallest atom represents: deterministic
  }

  std::vector<std::string> ops_;
  std::vector<channels> handed_on_;  // by operator
  std::vector<value_record> values_;
  std::vector<std::int32_t> like_;    // value -> an earlier one that it is joined with, or itself
  std::vector<char> in_parts_;        // value -> are single channels of it tied?
  std::vector<std::int32_t> parent_;  // atom -> a smaller one or itself, as far as parts are tied
  index_t atom_count_ = 0;
  std::vector<parameter_record> parameters_;
  detail::key_index<const void*> by_address_, by_owner_;
  std::vector<binding> bindings_;
  std::vector<tie_record> ties_;
  std::vector<select_record> selects_;
  std::vector<reason_record> pins_;
  std::vector<reason_record> approximations_;
};

}  // namespace slimming::inline v0
