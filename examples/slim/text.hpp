// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Numbers as people read them.

#include <slimming/core/config.hpp>  // index_t

#include <string>       // std::string
#include <string_view>  // std::string_view

namespace slim {

/// `1234567` -> "1,234,567".
[[nodiscard]] std::string grouped(slimming::index_t n);
/// `0.9339` -> "93.39 %".
[[nodiscard]] std::string percent(double share, int decimals = 2);
/// What is left of \p before, as a change: "-71.3 %"; "" where there was nothing.
[[nodiscard]] std::string change(double before, double after);
/// `153_293_312` -> "153.3 M".
[[nodiscard]] std::string counted(double n);
/// `1'234'567` -> "1.23 MB", in powers of ten.
[[nodiscard]] std::string bytes(double n);
/// Up to the unit that the size asks for: "0.41 ms", "12.3 s", "3 min 05 s", "2 h 07 min".
[[nodiscard]] std::string duration(double seconds);
/// With \p digits significant ones, without needless zeros.
[[nodiscard]] std::string number(double value, int digits = 4);
/// As few digits as read back to the same number.
[[nodiscard]] std::string shortest(double value);
/// With exactly \p decimals behind the point.
[[nodiscard]] std::string decimal(double value, int decimals);

}  // namespace slim
