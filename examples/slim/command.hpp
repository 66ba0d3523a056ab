// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What a command of the program is: its options and what runs when it was chosen.

#include <CLI/CLI.hpp>  // CLI::App

#include <functional>  // std::function
#include <stdexcept>   // std::runtime_error
#include <string>      // std::string

namespace slim {

/// What the program answers to the shell.
enum class status : int {
  ok = 0,
  failed = 1,  ///< the data are at fault, or a check did not hold
  usage = 2    ///< the command line is
};

/// A command line that parses and still asks for what cannot be. One line that says what to do.
class usage_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct command {
  CLI::App* options = nullptr;  ///< owned by the program
  std::function<status()> run = {};
};

// One file each. \p invocation: the command line, for those who say how to go on.
command add_train(CLI::App& program, const std::string& invocation);
command add_prune(CLI::App& program);
command add_finetune(CLI::App& program, const std::string& invocation);
command add_multipass(CLI::App& program, const std::string& invocation);
command add_iterate(CLI::App& program, const std::string& invocation);
command add_eval(CLI::App& program);
command add_verify(CLI::App& program);
command add_info(CLI::App& program);
command add_explain(CLI::App& program);
command add_convert(CLI::App& program);

}  // namespace slim
