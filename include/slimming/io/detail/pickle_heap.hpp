// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The objects of a pickle as inert records: numbers, texts, containers, and calls that nobody
/// makes.
/// Area: io, internal.

#include <cstddef>      // std::size_t
#include <cstdint>      // std::int64_t
#include <deque>        // std::deque
#include <iterator>     // std::begin
#include <span>         // std::span
#include <string>       // std::string
#include <string_view>  // std::string_view
#include <utility>      // std::move
#include <variant>      // std::variant
#include <vector>       // std::vector

namespace slimming::inline v0::io::detail {

enum class object_kind : std::uint8_t {
  none,
  boolean,
  integer,
  big_integer,  // beyond 64 bits: its little-endian bytes
  real,
  text,  // UTF-8, or the bytes of a Python 2 str
  bytes,
  tuple,       // items
  list,        // items
  set,         // items
  dict,        // items: key, value, key, value, ...
  global,      // text: "module.name"
  persistent,  // items: the id
  call         // items: callable, arguments, state if one was given
};

/// Index of an object in its heap. Objects refer to one another by index, so a cyclic pickle is a
/// cyclic list of numbers: nothing recurses into it and nothing leaks.
using object_id = std::uint32_t;

class pickle_heap {
 public:
  /// More objects than any state dict has: one of 10,000 tensors needs some 200,000.
  static constexpr std::size_t most_objects = std::size_t{1} << 22;

  static constexpr object_id none = 0;
  static constexpr object_id no = 1;
  static constexpr object_id yes = 2;
  static constexpr object_id empty_tuple = 3;

  /// The objects that every pickle shares exist once.
  pickle_heap() {
    push({object_kind::none, std::int64_t{0}});
    push({object_kind::boolean, std::int64_t{0}});
    push({object_kind::boolean, std::int64_t{1}});
    push({object_kind::tuple, range{}});
  }

  [[nodiscard]] std::size_t size() const noexcept { return objects_.size(); }
  [[nodiscard]] object_kind kind(object_id id) const { return objects_[id].kind; }
  [[nodiscard]] bool is(object_id id, object_kind kind) const { return objects_[id].kind == kind; }
  /// Of an integer or a boolean.
  [[nodiscard]] std::int64_t integer(object_id id) const { return get<std::int64_t>(id); }
  [[nodiscard]] double real(object_id id) const { return get<double>(id); }
  /// Of a text, bytes, a big integer or a global's name.
  [[nodiscard]] std::string_view text(object_id id) const { return get<std::string_view>(id); }
  /// Of a tuple, list, set, dict, persistent id or call. Valid until the next object is added.
  [[nodiscard]] std::span<const object_id> items(object_id id) const {
    if (const auto* fixed = std::get_if<range>(&objects_[id].content))
      return std::span(fixed_items_).subspan(fixed->first, fixed->count);
    return growing_items_[get<growing>(id).index];
  }
  /// Whether \p id is a call of the global \p name.
  [[nodiscard]] bool is_call_of(object_id id, std::string_view name) const {
    return is(id, object_kind::call) && text(items(id)[0]) == name;
  }

  object_id add_integer(std::int64_t value) { return push({object_kind::integer, value}); }
  object_id add_real(double value) { return push({object_kind::real, value}); }
  /// A text, bytes, a big integer or a global. \p text must outlive the heap: it lies in the file
  /// or comes from keep().
  object_id add_text(object_kind kind, std::string_view text) { return push({kind, text}); }
  /// A tuple, a persistent id or a call: its items stay as they are.
  object_id add_fixed(object_kind kind, std::span<const object_id> items) {
    const range where{static_cast<std::uint32_t>(fixed_items_.size()),
                      static_cast<std::uint32_t>(items.size())};
    fixed_items_.insert(fixed_items_.end(), items.begin(), items.end());
    return push({kind, where});
  }
  /// A list, dict or set.
  object_id add_growing(object_kind kind, std::vector<object_id> items) {
    growing_items_.push_back(std::move(items));
    return push({kind, growing{static_cast<std::uint32_t>(growing_items_.size() - 1)}});
  }
  /// \pre \p id is a list, dict or set.
  void append(object_id id, object_id item) {
    growing_items_[get<growing>(id).index].push_back(item);
  }
  /// Gives a call its third item. \pre \p call is a call without a state.
  void set_state(object_id call, object_id state) {
    const object_id with_state[] = {items(call)[0], items(call)[1], state};
    const range where{static_cast<std::uint32_t>(fixed_items_.size()), 3};
    fixed_items_.insert(fixed_items_.end(), std::begin(with_state), std::end(with_state));
    objects_[call].content = where;
  }
  /// Gives a decoded text the heap's lifetime.
  std::string_view keep(std::string text) { return kept_.emplace_back(std::move(text)); }

 private:
  struct range {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
  };
  struct growing {
    std::uint32_t index = 0;
  };
  struct object {
    object_kind kind;
    std::variant<std::int64_t, double, std::string_view, range, growing> content;
  };

  template <class T>
  [[nodiscard]] const T& get(object_id id) const {
    return std::get<T>(objects_[id].content);
  }
  object_id push(object o) {
    objects_.push_back(o);
    return static_cast<object_id>(objects_.size() - 1);
  }

  std::deque<object> objects_;  // not a vector: doubling would cost a hostile file's size thrice
  std::vector<object_id> fixed_items_;
  std::deque<std::vector<object_id>> growing_items_;
  std::deque<std::string> kept_;
};

}  // namespace slimming::inline v0::io::detail
