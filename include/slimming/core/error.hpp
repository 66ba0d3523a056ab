// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Exceptions that carry a stable code word, the place and the numbers that disagree.
/// Area: core. Message form: `slimming: <code>: <place>: <what>`.

#include <slimming/core/config.hpp>  // index_t

#include <cstdio>       // std::snprintf
#include <stdexcept>    // std::runtime_error
#include <string>       // std::string, std::to_string
#include <string_view>  // std::string_view
#include <type_traits>  // std::is_arithmetic_v

namespace slimming::inline v0 {

/// Base of every data error that the library throws. Programming errors are asserts instead.
class error : public std::runtime_error {
 public:
  error(std::string_view code, std::string_view place, std::string_view what)
      : std::runtime_error(compose(code, place, what)), code_(code), place_(place) {}

  /// Stable word that names the kind of error: "shape_mismatch", "bad_file", ...
  [[nodiscard]] const std::string& code() const noexcept { return code_; }
  /// The node, parameter, file or argument at fault.
  [[nodiscard]] const std::string& place() const noexcept { return place_; }

 private:
  static std::string compose(std::string_view code, std::string_view place, std::string_view what) {
    std::string text = "slimming: ";
    text.append(code).append(": ").append(place);
    if (!what.empty()) text.append(": ").append(what);
    return text;
  }

  std::string code_;
  std::string place_;
};

namespace detail {

// Streams would do the same and cost every program that includes this header their compile time.
template <class Number>
std::string to_text(const Number& value) {
  if constexpr (std::is_floating_point_v<Number>) {
    char text[32];
    std::snprintf(text, sizeof text, "%.9g", static_cast<double>(value));
    return text;
  } else {
    return std::to_string(value);
  }
}

}  // namespace detail

/// Two extents that must be equal are not.
class shape_mismatch : public error {
 public:
  shape_mismatch(std::string_view place, index_t expected, index_t got)
      : error("shape_mismatch", place,
              "expected " + std::to_string(expected) + ", got " + std::to_string(got)) {}
  shape_mismatch(std::string_view place, std::string_view what)
      : error("shape_mismatch", place, what) {}
};

/// An argument or a number in the data is outside its domain (NaN, infinite, negative, ...).
class bad_value : public error {
 public:
  bad_value(std::string_view place, std::string_view what) : error("bad_value", place, what) {}
  template <class Number>
  requires std::is_arithmetic_v<Number> bad_value(std::string_view place, Number got)
      : error("bad_value", place, "got " + detail::to_text(got)) {}
};

/// A file is truncated, malformed, hostile or of an unknown kind. \p where names offset or node.
class bad_file : public error {
 public:
  bad_file(std::string_view path, std::string_view where, std::string_view what)
      : error("bad_file", path, std::string(where).append(where.empty() ? "" : ": ").append(what)) {
  }
};

/// An operator that no registry entry describes.
class unknown_op : public error {
 public:
  unknown_op(std::string_view node, std::string_view op)
      : error("unknown_op", node,
              "no entry for operator '" + std::string(op) +
                  "'; register it or allow barriers to keep its channels") {}
};

/// Something that is understood but not offered (an attribute combination, a dtype, ...).
class unsupported : public error {
 public:
  unsupported(std::string_view place, std::string_view what) : error("unsupported", place, what) {}
};

/// A budget that the constraints make unreachable; \p what names the binding constraint.
class budget_unreachable : public error {
 public:
  budget_unreachable(std::string_view place, std::string_view what)
      : error("budget_unreachable", place, what) {}
};

/// A plan that does not belong to the network that it is applied to.
class plan_mismatch : public error {
 public:
  plan_mismatch(std::string_view place, std::string_view what)
      : error("plan_mismatch", place, what) {}
};

/// An owner declined the new extents of one of its parameters.
class owner_refused : public error {
 public:
  owner_refused(std::string_view place, std::string_view what)
      : error("owner_refused", place, what) {}
};

}  // namespace slimming::inline v0
