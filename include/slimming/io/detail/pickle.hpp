// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Reads Python pickles, protocols 0 to 5, without running anything. Containers and scalars are
/// built; a global is only a name, and must be on the caller's list; a call is only a record.
/// Area: io, internal.

#include <slimming/io/detail/byte_reader.hpp>  // byte_reader
#include <slimming/io/detail/pickle_heap.hpp>  // pickle_heap
#include <slimming/io/detail/pickle_text.hpp>  // decode_quoted

#include <bit>            // std::bit_cast
#include <cstdint>        // std::uint32_t
#include <optional>       // std::optional
#include <span>           // std::span
#include <string>         // std::string
#include <string_view>    // std::string_view
#include <unordered_map>  // std::unordered_map
#include <vector>         // std::vector

namespace slimming::inline v0::io::detail {

/// The stack machine behind one pickle.
///
/// Stack, memo and heap each hold at most pickle_heap::most_objects entries. Every opcode adds at
/// most one object, and every length is checked against the bytes that are left.
class unpickler {
 public:
  /// \param allowed  says whether "module.name" may appear at all.
  unpickler(byte_reader& in, pickle_heap& heap, bool (*allowed)(std::string_view))
      : in_(in), heap_(heap), allowed_(allowed) {}

  /// One pickle, up to and including its STOP. \throws bad_file
  [[nodiscard]] object_id load() {
    for (;;) {
      const std::uint8_t opcode = in_.byte();
      if (opcode == '.') return pop();
      if (!(scalar(opcode) || text(opcode) || container(opcode) || memo(opcode) || call(opcode)))
        in_.fail("unknown pickle opcode " + std::to_string(opcode));
    }
  }

 private:
  using kind = object_kind;

  bool scalar(std::uint8_t opcode) {
    switch (opcode) {
      case 'N':
        return push(pickle_heap::none);
      case 0x88:  // NEWTRUE
        return push(pickle_heap::yes);
      case 0x89:  // NEWFALSE
        return push(pickle_heap::no);
      case 'J':  // BININT
        return push_integer(std::bit_cast<std::int32_t>(in_.little<std::uint32_t>()));
      case 'K':  // BININT1
        return push_integer(in_.byte());
      case 'M':  // BININT2
        return push_integer(in_.little<std::uint16_t>());
      case 'I': {  // INT, or the booleans of protocol 0
        const std::string_view line = in_.line();
        if (line == "00") return push(pickle_heap::no);
        if (line == "01") return push(pickle_heap::yes);
        return push_decimal(line);
      }
      case 'L': {  // LONG
        std::string_view line = in_.line();
        if (line.ends_with('L')) line.remove_suffix(1);
        return push_decimal(line);
      }
      case 0x8a:  // LONG1
        return push_long(in_.text(in_.byte()));
      case 0x8b:  // LONG4
        return push_long(in_.text(signed_length()));
      case 'F': {  // FLOAT
        const auto value = parse_number<double>(in_.line());
        if (!value) in_.fail("malformed number in a pickle");
        return push(heap_.add_real(*value));
      }
      case 'G':  // BINFLOAT
        return push(heap_.add_real(std::bit_cast<double>(in_.big<std::uint64_t>())));
      default:
        return false;
    }
  }

  bool text(std::uint8_t opcode) {
    switch (opcode) {
      case 'S':  // STRING
        return push_decoded(decode_quoted(in_.line()));
      case 'V':  // UNICODE
        return push_decoded(decode_raw_unicode(in_.line()));
      case 'T':  // BINSTRING
        return push(heap_.add_text(kind::text, in_.text(signed_length())));
      case 'U':   // SHORT_BINSTRING
      case 0x8c:  // SHORT_BINUNICODE
        return push(heap_.add_text(kind::text, in_.text(in_.byte())));
      case 'X':  // BINUNICODE
        return push(heap_.add_text(kind::text, in_.text(in_.little<std::uint32_t>())));
      case 0x8d:  // BINUNICODE8
        return push(heap_.add_text(kind::text, in_.text(in_.little<std::uint64_t>())));
      case 'C':  // SHORT_BINBYTES
        return push(heap_.add_text(kind::bytes, in_.text(in_.byte())));
      case 'B':  // BINBYTES
        return push(heap_.add_text(kind::bytes, in_.text(in_.little<std::uint32_t>())));
      case 0x8e:  // BINBYTES8
      case 0x96:  // BYTEARRAY8
        return push(heap_.add_text(kind::bytes, in_.text(in_.little<std::uint64_t>())));
      default:
        return false;
    }
  }

  bool container(std::uint8_t opcode) {
    switch (opcode) {
      case '(':  // MARK
        if (marks_.size() == pickle_heap::most_objects) in_.fail("too many marks in a pickle");
        marks_.push_back(stack_.size());
        return true;
      case ')':  // EMPTY_TUPLE
        return push(pickle_heap::empty_tuple);
      case 't':  // TUPLE
        return push(heap_.add_fixed(kind::tuple, pop_to_mark()));
      case 0x85:  // TUPLE1
      case 0x86:  // TUPLE2
      case 0x87:  // TUPLE3
        return push_tuple(opcode - 0x84u);
      case ']':  // EMPTY_LIST
        return push(heap_.add_growing(kind::list, std::vector<object_id>{}));
      case 'l':  // LIST
        return push(heap_.add_growing(kind::list, pop_to_mark()));
      case '}':  // EMPTY_DICT
        return push(heap_.add_growing(kind::dict, std::vector<object_id>{}));
      case 'd':  // DICT
        return push(heap_.add_growing(kind::dict, pairs(pop_to_mark())));
      case 0x8f:  // EMPTY_SET
        return push(heap_.add_growing(kind::set, std::vector<object_id>{}));
      case 0x91:  // FROZENSET
        return push(heap_.add_growing(kind::set, pop_to_mark()));
      case 'a':  // APPEND
        return extend(kind::list, {pop()});
      case 'e':  // APPENDS
        return extend(kind::list, pop_to_mark());
      case 0x90:  // ADDITEMS
        return extend(kind::set, pop_to_mark());
      case 's': {  // SETITEM
        const object_id value = pop();
        return extend(kind::dict, {pop(), value});
      }
      case 'u':  // SETITEMS
        return extend(kind::dict, pairs(pop_to_mark()));
      default:
        return false;
    }
  }

  bool memo(std::uint8_t opcode) {
    switch (opcode) {
      case '0':  // POP, which also takes back a mark
        if (!marks_.empty() && marks_.back() == stack_.size())
          marks_.pop_back();
        else
          (void)pop();
        return true;
      case '1':  // POP_MARK
        (void)pop_to_mark();
        return true;
      case '2':  // DUP
        return push(top());
      case 'p':  // PUT
        return remember(memo_index(in_.line()));
      case 'q':  // BINPUT
        return remember(in_.byte());
      case 'r':  // LONG_BINPUT
        return remember(in_.little<std::uint32_t>());
      case 0x94:  // MEMOIZE
        return remember(static_cast<std::uint32_t>(memo_.size()));
      case 'g':  // GET
        return recall(memo_index(in_.line()));
      case 'h':  // BINGET
        return recall(in_.byte());
      case 'j':  // LONG_BINGET
        return recall(in_.little<std::uint32_t>());
      case 0x80:  // PROTO
        if (const unsigned version = in_.byte(); version > 5)
          in_.fail("unknown pickle protocol " + std::to_string(version));
        return true;
      case 0x95:  // FRAME
        if (const auto length = in_.little<std::uint64_t>(); length > in_.remaining())
          in_.fail("truncated: a frame of " + std::to_string(length) + " bytes");
        return true;
      default:
        return false;
    }
  }

  bool call(std::uint8_t opcode) {
    switch (opcode) {
      case 'c': {  // GLOBAL
        const std::string_view module = in_.line();
        return push(global(module, in_.line()));
      }
      case 0x93: {  // STACK_GLOBAL
        const object_id name = pop();
        const object_id module = pop();
        if (!heap_.is(name, kind::text) || !heap_.is(module, kind::text))
          in_.fail("a global whose name is no text");
        return push(global(heap_.text(module), heap_.text(name)));
      }
      case 'R':     // REDUCE
      case 0x81: {  // NEWOBJ
        const object_id arguments = pop();
        return push(record(pop(), arguments));
      }
      case 0x92: {  // NEWOBJ_EX
        const object_id keywords = pop();
        if (!heap_.is(keywords, kind::dict) || !heap_.items(keywords).empty())
          in_.fail("a call with keyword arguments");
        const object_id arguments = pop();
        return push(record(pop(), arguments));
      }
      case 'i': {  // INST
        const std::string_view module = in_.line();
        const object_id callable = global(module, in_.line());
        return push(record(callable, heap_.add_fixed(kind::tuple, pop_to_mark())));
      }
      case 'o': {  // OBJ
        std::vector<object_id> items = pop_to_mark();
        if (items.empty()) in_.fail("an object without its class");
        const object_id callable = items.front();
        items.erase(items.begin());
        return push(record(callable, heap_.add_fixed(kind::tuple, std::move(items))));
      }
      case 'b': {  // BUILD: attributes of a dict are nobody's business, those of a call are kept
        const object_id state = pop();
        const object_id target = top();
        if (heap_.is(target, kind::call) && heap_.items(target).size() == 2)
          heap_.set_state(target, state);
        else if (!heap_.is(target, kind::dict))
          in_.fail("state for an object that has none");
        return true;
      }
      case 'P':  // PERSID
        return push(persistent(heap_.add_text(kind::text, in_.line())));
      case 'Q':  // BINPERSID
        return push(persistent(pop()));
      case 0x82:  // EXT1
      case 0x83:  // EXT2
      case 0x84:  // EXT4
        in_.fail("refuses the extension registry: only tensors, containers and scalars are read");
      case 0x97:  // NEXT_BUFFER
      case 0x98:  // READONLY_BUFFER
        in_.fail("refuses a buffer outside the file");
      default:
        return false;
    }
  }

  // --- the stack ---

  bool push(object_id id) {
    if (stack_.size() >= pickle_heap::most_objects || heap_.size() >= pickle_heap::most_objects)
      in_.fail("too many objects in a pickle");
    stack_.push_back(id);
    return true;
  }
  [[nodiscard]] object_id top() const {
    if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) in_.fail("pickle stack underflow");
    return stack_.back();
  }
  [[nodiscard]] object_id pop() {
    const object_id id = top();
    stack_.pop_back();
    return id;
  }
  [[nodiscard]] std::vector<object_id> pop_to_mark() {
    if (marks_.empty()) in_.fail("a pickle opcode without its mark");
    const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<object_id> items(first, stack_.end());
    stack_.erase(first, stack_.end());
    marks_.pop_back();
    return items;
  }

  // --- values ---

  [[nodiscard]] std::uint64_t signed_length() {
    const auto length = std::bit_cast<std::int32_t>(in_.little<std::uint32_t>());
    if (length < 0) in_.fail("a negative length in a pickle");
    return static_cast<std::uint64_t>(length);
  }
  bool push_integer(std::int64_t value) { return push(heap_.add_integer(value)); }
  bool push_decimal(std::string_view line) {
    const auto value = parse_number<std::int64_t>(line);
    if (!value) in_.fail("malformed or oversized number in a pickle");
    return push_integer(*value);
  }
  /// Two's complement, little-endian.
  bool push_long(std::string_view bytes) {
    if (bytes.size() > 8) return push(heap_.add_text(kind::big_integer, bytes));
    std::uint64_t value = bytes.empty() || !(bytes.back() & 0x80) ? 0 : ~std::uint64_t{0};
    for (std::size_t i = bytes.size(); i-- > 0;)
      value = (value << 8) | static_cast<unsigned char>(bytes[i]);
    return push_integer(std::bit_cast<std::int64_t>(value));
  }
  bool push_decoded(std::optional<std::string> decoded) {
    if (!decoded) in_.fail("malformed text in a pickle");
    return push(heap_.add_text(kind::text, heap_.keep(std::move(*decoded))));
  }
  bool push_tuple(std::size_t n) {
    std::vector<object_id> items(n);
    while (n > 0) items[--n] = pop();
    return push(heap_.add_fixed(kind::tuple, std::move(items)));
  }
  bool extend(object_kind wanted, const std::vector<object_id>& items) {
    const object_id target = top();
    if (!heap_.is(target, wanted)) in_.fail("items for an object that takes none");
    for (const object_id item : items) heap_.append(target, item);
    return true;
  }
  [[nodiscard]] std::vector<object_id> pairs(std::vector<object_id> items) const {
    if (items.size() % 2) in_.fail("a key without its value");
    return items;
  }

  // --- the memo ---

  [[nodiscard]] std::uint32_t memo_index(std::string_view line) const {
    const auto index = parse_number<std::uint32_t>(line);
    if (!index) in_.fail("malformed memo index");
    return *index;
  }
  bool remember(std::uint32_t index) {
    if (memo_.size() == pickle_heap::most_objects) in_.fail("too many memo entries in a pickle");
    memo_[index] = top();
    return true;
  }
  bool recall(std::uint32_t index) {
    const auto found = memo_.find(index);
    if (found == memo_.end()) in_.fail("memo entry " + std::to_string(index) + " was never made");
    return push(found->second);
  }

  // --- globals and calls ---

  [[nodiscard]] object_id global(std::string_view module, std::string_view name) {
    std::string full(module.substr(0, 256));
    full.append(".").append(name.substr(0, 256));
    if (!is_container(full) && !allowed_(full))
      in_.fail("refuses to build '" + full +
               "': only tensors, containers and scalars are read, and no code is run");
    return heap_.add_text(kind::global, heap_.keep(std::move(full)));
  }
  [[nodiscard]] static bool is_ordered_dict(std::string_view name) {
    return name == "collections.OrderedDict";
  }
  [[nodiscard]] static bool is_set(std::string_view name) {
    return name == "builtins.set" || name == "__builtin__.set" || name == "builtins.frozenset" ||
           name == "__builtin__.frozenset";
  }
  [[nodiscard]] static bool is_container(std::string_view name) {
    return is_ordered_dict(name) || is_set(name);
  }
  /// A container where the callable is one, else a record of the call.
  [[nodiscard]] object_id record(object_id callable, object_id arguments) {
    if (!heap_.is(callable, kind::global)) in_.fail("a call of something that is no global");
    if (!heap_.is(arguments, kind::tuple)) in_.fail("a call whose arguments are no tuple");
    const std::string_view name = heap_.text(callable);
    if (!is_container(name)) {
      const object_id parts[] = {callable, arguments};
      return heap_.add_fixed(kind::call, parts);
    }
    std::vector<object_id> items;
    if (const auto given = heap_.items(arguments); !given.empty()) {
      if (given.size() > 1 || !heap_.is(given[0], kind::list))
        in_.fail(std::string(name) + " from something that is no list");
      items = copied(heap_.items(given[0]));
    }
    if (is_set(name)) return heap_.add_growing(kind::set, std::move(items));
    std::vector<object_id> flat;  // Python 2 wrote [[key, value], ...]
    for (const object_id pair : items) {
      const bool sequence = heap_.is(pair, kind::list) || heap_.is(pair, kind::tuple);
      if (!sequence || heap_.items(pair).size() != 2) in_.fail("a key without its value");
      flat.insert(flat.end(), heap_.items(pair).begin(), heap_.items(pair).end());
    }
    return heap_.add_growing(kind::dict, std::move(flat));
  }
  /// One list may be named by many calls: what they copy together is bounded by the file's size.
  [[nodiscard]] std::vector<object_id> copied(std::span<const object_id> items) {
    copied_ += items.size();
    if (copied_ > in_.size()) in_.fail("too many objects in a pickle");
    return {items.begin(), items.end()};
  }
  [[nodiscard]] object_id persistent(object_id name) {
    return heap_.add_fixed(kind::persistent, {&name, 1});
  }

  byte_reader& in_;
  pickle_heap& heap_;
  bool (*allowed_)(std::string_view);
  std::vector<object_id> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint32_t, object_id> memo_;
  std::size_t copied_ = 0;
};

}  // namespace slimming::inline v0::io::detail
