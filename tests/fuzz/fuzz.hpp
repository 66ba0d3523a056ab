// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What every fuzz target does: parse, and accept no ending but success or bad_file.

#include <slimming/core/error.hpp>  // bad_file

#include <cstddef>  // std::byte
#include <cstdint>  // std::uint8_t
#include <span>     // std::span

template <class Parse>
int fuzz(const std::uint8_t* data, std::size_t size, Parse&& parse) {
  try {
    parse(std::as_bytes(std::span(data, size)));
  } catch (const slimming::bad_file&) {
  }
  return 0;
}
