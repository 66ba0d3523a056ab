// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Element types of tensors: half-sized floats and the run-time tag that names each type.
/// Area: core.

#include <slimming/core/config.hpp>  // SLIMMING_HOST_DEVICE
#include <slimming/core/error.hpp>   // bad_value

#include <concepts>     // std::same_as
#include <cstdint>      // fixed-width integers
#include <string_view>  // std::string_view

namespace slimming::inline v0 {

namespace detail {

// std::bit_cast is not a device function; the builtin behind it is.
template <class To, class From>
SLIMMING_HOST_DEVICE constexpr To bit_cast(const From& from) noexcept {
  static_assert(sizeof(To) == sizeof(From));
  return __builtin_bit_cast(To, from);
}

}  // namespace detail

/// IEEE 754 binary16, storage only: converts to and from float, round to nearest even.
struct float16 {
  std::uint16_t bits = 0;

  float16() = default;
  SLIMMING_HOST_DEVICE constexpr explicit float16(float value) noexcept : bits(encode(value)) {}
  SLIMMING_HOST_DEVICE constexpr operator float() const noexcept { return decode(bits); }
  [[nodiscard]] SLIMMING_HOST_DEVICE static constexpr float16 from_bits(std::uint16_t b) noexcept {
    float16 h;
    h.bits = b;
    return h;
  }

 private:
  SLIMMING_HOST_DEVICE static constexpr std::uint16_t encode(float value) noexcept {
    const auto x = detail::bit_cast<std::uint32_t>(value);
    const auto sign = static_cast<std::uint32_t>((x >> 16) & 0x8000u);
    const std::uint32_t magnitude = x & 0x7fffffffu;
    if (magnitude > 0x7f800000u) return static_cast<std::uint16_t>(sign | 0x7e00u);   // NaN
    if (magnitude >= 0x477ff000u) return static_cast<std::uint16_t>(sign | 0x7c00u);  // overflow
    if (magnitude < 0x33000001u) return static_cast<std::uint16_t>(sign);             // underflow
    std::uint32_t mantissa = magnitude & 0x7fffffu;
    const int exponent = static_cast<int>(magnitude >> 23) - 127 + 15;
    std::uint32_t half = 0;
    std::uint32_t rest = 0;
    std::uint32_t middle = 0;
    if (exponent <= 0) {  // subnormal: shift the implicit one into the mantissa
      mantissa |= 0x800000u;
      const int shift = 14 - exponent;
      half = mantissa >> shift;
      rest = mantissa & ((1u << shift) - 1u);
      middle = 1u << (shift - 1);
    } else {
      half = (static_cast<std::uint32_t>(exponent) << 10) | (mantissa >> 13);
      rest = mantissa & 0x1fffu;
      middle = 0x1000u;
    }
    if (rest > middle || (rest == middle && (half & 1u))) ++half;
    return static_cast<std::uint16_t>(sign | half);
  }
  SLIMMING_HOST_DEVICE static constexpr float decode(std::uint16_t b) noexcept {
    const std::uint32_t sign = static_cast<std::uint32_t>(b & 0x8000u) << 16;
    std::uint32_t exponent = (b >> 10) & 0x1fu;
    std::uint32_t mantissa = b & 0x3ffu;
    if (exponent == 31) return detail::bit_cast<float>(sign | 0x7f800000u | (mantissa << 13));
    if (exponent == 0) {
      if (mantissa == 0) return detail::bit_cast<float>(sign);
      exponent = 1;
      while (!(mantissa & 0x400u)) {
        mantissa <<= 1;
        --exponent;
      }
      mantissa &= 0x3ffu;
    }
    return detail::bit_cast<float>(sign | ((exponent + 112u) << 23) | (mantissa << 13));
  }
};

/// bfloat16, storage only: the upper half of a float, round to nearest even.
struct bfloat16 {
  std::uint16_t bits = 0;

  bfloat16() = default;
  SLIMMING_HOST_DEVICE constexpr explicit bfloat16(float value) noexcept : bits(encode(value)) {}
  SLIMMING_HOST_DEVICE constexpr operator float() const noexcept {
    return detail::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
  }
  [[nodiscard]] SLIMMING_HOST_DEVICE static constexpr bfloat16 from_bits(std::uint16_t b) noexcept {
    bfloat16 h;
    h.bits = b;
    return h;
  }

 private:
  SLIMMING_HOST_DEVICE static constexpr std::uint16_t encode(float value) noexcept {
    const auto x = detail::bit_cast<std::uint32_t>(value);
    if ((x & 0x7fffffffu) > 0x7f800000u) return static_cast<std::uint16_t>((x >> 16) | 0x40u);
    return static_cast<std::uint16_t>((x + 0x7fffu + ((x >> 16) & 1u)) >> 16);
  }
};

/// Run-time name of an element type.
enum class dtype : std::uint8_t {
  float32,
  float64,
  float16,
  bfloat16,
  int8,
  uint8,
  int16,
  uint16,
  int32,
  uint32,
  int64,
  uint64,
  boolean
};

/// Bytes of one element.
[[nodiscard]] constexpr std::size_t size_of(dtype type) noexcept {
  switch (type) {
    case dtype::float64:
    case dtype::int64:
    case dtype::uint64:
      return 8;
    case dtype::float32:
    case dtype::int32:
    case dtype::uint32:
      return 4;
    case dtype::float16:
    case dtype::bfloat16:
    case dtype::int16:
    case dtype::uint16:
      return 2;
    case dtype::int8:
    case dtype::uint8:
    case dtype::boolean:
      return 1;
  }
  return 0;
}

/// The name that messages and files use: "float32", "bfloat16", ...
[[nodiscard]] constexpr std::string_view name_of(dtype type) noexcept {
  switch (type) {
    case dtype::float32:
      return "float32";
    case dtype::float64:
      return "float64";
    case dtype::float16:
      return "float16";
    case dtype::bfloat16:
      return "bfloat16";
    case dtype::int8:
      return "int8";
    case dtype::uint8:
      return "uint8";
    case dtype::int16:
      return "int16";
    case dtype::uint16:
      return "uint16";
    case dtype::int32:
      return "int32";
    case dtype::uint32:
      return "uint32";
    case dtype::int64:
      return "int64";
    case dtype::uint64:
      return "uint64";
    case dtype::boolean:
      return "boolean";
  }
  return "?";
}

[[nodiscard]] constexpr bool is_floating(dtype type) noexcept {
  return type == dtype::float32 || type == dtype::float64 || type == dtype::float16 ||
         type == dtype::bfloat16;
}

namespace detail {

template <class T>
inline constexpr bool has_dtype =
    std::same_as<T, float> || std::same_as<T, double> || std::same_as<T, float16> ||
    std::same_as<T, bfloat16> || std::same_as<T, std::int8_t> || std::same_as<T, std::uint8_t> ||
    std::same_as<T, std::int16_t> || std::same_as<T, std::uint16_t> ||
    std::same_as<T, std::int32_t> || std::same_as<T, std::uint32_t> ||
    std::same_as<T, std::int64_t> || std::same_as<T, std::uint64_t> || std::same_as<T, bool>;

}  // namespace detail

/// A type that a tensor may hold.
template <class T>
concept tensor_scalar = detail::has_dtype<T>;

/// A scalar with enough bits to do arithmetic in, or a storage type that converts to float.
template <class T>
concept real_scalar = std::same_as<T, float> || std::same_as<T, double> ||
    std::same_as<T, float16> || std::same_as<T, bfloat16>;

/// The tag of a C++ type.
template <tensor_scalar T>
[[nodiscard]] consteval dtype dtype_of() noexcept {
  if constexpr (std::same_as<T, float>)
    return dtype::float32;
  else if constexpr (std::same_as<T, double>)
    return dtype::float64;
  else if constexpr (std::same_as<T, float16>)
    return dtype::float16;
  else if constexpr (std::same_as<T, bfloat16>)
    return dtype::bfloat16;
  else if constexpr (std::same_as<T, std::int8_t>)
    return dtype::int8;
  else if constexpr (std::same_as<T, std::uint8_t>)
    return dtype::uint8;
  else if constexpr (std::same_as<T, std::int16_t>)
    return dtype::int16;
  else if constexpr (std::same_as<T, std::uint16_t>)
    return dtype::uint16;
  else if constexpr (std::same_as<T, std::int32_t>)
    return dtype::int32;
  else if constexpr (std::same_as<T, std::uint32_t>)
    return dtype::uint32;
  else if constexpr (std::same_as<T, std::int64_t>)
    return dtype::int64;
  else if constexpr (std::same_as<T, std::uint64_t>)
    return dtype::uint64;
  else
    return dtype::boolean;
}

/// Calls `f(std::type_identity<T>)`-like with the C++ type behind \p type: `f.operator()<T>()`.
template <class Function>
constexpr decltype(auto) visit_dtype(dtype type, Function&& f) {
  switch (type) {
    case dtype::float32:
      return f.template operator()<float>();
    case dtype::float64:
      return f.template operator()<double>();
    case dtype::float16:
      return f.template operator()<float16>();
    case dtype::bfloat16:
      return f.template operator()<bfloat16>();
    case dtype::int8:
      return f.template operator()<std::int8_t>();
    case dtype::uint8:
      return f.template operator()<std::uint8_t>();
    case dtype::int16:
      return f.template operator()<std::int16_t>();
    case dtype::uint16:
      return f.template operator()<std::uint16_t>();
    case dtype::int32:
      return f.template operator()<std::int32_t>();
    case dtype::uint32:
      return f.template operator()<std::uint32_t>();
    case dtype::int64:
      return f.template operator()<std::int64_t>();
    case dtype::uint64:
      return f.template operator()<std::uint64_t>();
    case dtype::boolean:
      return f.template operator()<bool>();
  }
  throw bad_value("visit_dtype", "unknown dtype");
}

/// The same for floating types only. \throws unsupported  naming \p place for any other type.
template <class Function>
constexpr decltype(auto) visit_floating(dtype type, std::string_view place, Function&& f) {
  switch (type) {
    case dtype::float32:
      return f.template operator()<float>();
    case dtype::float64:
      return f.template operator()<double>();
    case dtype::float16:
      return f.template operator()<float16>();
    case dtype::bfloat16:
      return f.template operator()<bfloat16>();
    default:
      throw unsupported(place, "needs a floating dtype, got " + std::string(name_of(type)));
  }
}

}  // namespace slimming::inline v0
