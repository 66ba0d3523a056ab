// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The frame of every benchmark program: options by CLI11, mistakes on one line.
/// Area: benchmarks.

#include <CLI/CLI.hpp>  // CLI::App

#include <cstdio>     // std::fprintf
#include <exception>  // std::exception

namespace bench {

/// What an option that counts accepts.
inline CLI::Range count() { return {1, 1'000'000}; }

/// Parses the options of \p program, then returns what \p body returns: the exit status. --help gives
/// 0, a mistake 2, and so does an exception, whose message goes to standard error.
template <class Body>
int run_program(CLI::App& program, int argc, char** argv, const Body& body) {
  try {
    program.parse(argc, argv);
    return body();
  } catch (const CLI::ParseError& e) {
    return program.exit(e) == 0 ? 0 : 2;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s: %s\n", program.get_name().c_str(), e.what());
    return 2;
  }
}

}  // namespace bench
