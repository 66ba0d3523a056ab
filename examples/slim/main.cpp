// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

/// \file
/// slim: trains, prunes, proves and converts convolutional networks. One file per command.

#include "command.hpp"  // command, status, usage_error

#include <slimming/core/error.hpp>  // slimming::error

#include <CLI/CLI.hpp>  // CLI::App

#include <algorithm>  // std::replace
#include <exception>  // std::exception
#include <iostream>   // std::cerr
#include <new>        // std::bad_alloc
#include <string>     // std::string
#include <string_view>
#include <vector>  // std::vector

namespace {

using slim::status;

/// Whatever went wrong, on one line.
status complain(std::string what, status how) {
  std::replace(what.begin(), what.end(), '\n', ' ');
  // The library begins its messages with its own name.
  constexpr std::string_view prefix = "slimming: ";
  if (std::string_view(what).starts_with(prefix)) what.erase(0, prefix.size());
  std::cerr << "slim: " << what << std::endl;
  return how;
}

/// What the user typed, quoted for a shell where it needs to be.
std::string command_line(int argc, char** argv) {
  std::string line;
  for (int i = 0; i < argc; ++i) {
    const std::string_view word = argv[i];
    const bool plain = !word.empty() && word.find_first_not_of(
                                            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                            "0123456789-_=+./,:@%") == word.npos;
    line += i == 0 ? "" : " ";
    if (plain) {
      line += word;
      continue;
    }
    line += '\'';
    for (const char c : word) line += c == '\'' ? std::string("'\\''") : std::string(1, c);
    line += '\'';
  }
  return line;
}

status run(int argc, char** argv) {
  CLI::App program(
      "Channel surgery on convolutional networks: train with sparsity on the BatchNorm scale "
      "factors, cut the channels that matter least, prove that nothing else changed, train on.",
      "slim");
  program.require_subcommand(1);
  program.footer(
      "slim COMMAND --help explains a command, with examples.\n"
      "Exit codes: 0 done, 1 failed (damaged file, check that does not hold), 2 wrong usage.");
  const std::string line = command_line(argc, argv);
  const std::vector<slim::command> commands{
      slim::add_train(program, line),    slim::add_prune(program),
      slim::add_finetune(program, line), slim::add_multipass(program, line),
      slim::add_iterate(program, line),  slim::add_eval(program),
      slim::add_verify(program),         slim::add_info(program),
      slim::add_explain(program),        slim::add_convert(program)};

  const CLI::App* chosen = nullptr;
  try {
    program.parse(argc, argv);
    for (const slim::command& c : commands) {
      if (!c.options->parsed()) continue;
      chosen = c.options;
      return c.run();
    }
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return static_cast<status>(program.exit(e));  // --help
    const auto parsed = program.get_subcommands();
    if (parsed.empty() && argc > 1 && argv[1][0] != '-')
      return complain("'" + std::string(argv[1]) + "' is no command (slim --help lists them)",
                      status::usage);
    const std::string name = parsed.empty() ? "slim" : "slim " + parsed.front()->get_name();
    return complain(std::string(e.what()) + " (" + name + " --help shows the options)",
                    status::usage);
  } catch (const slim::usage_error& e) {
    return complain(
        std::string(e.what()) + " (slim " + chosen->get_name() + " --help shows the options)",
        status::usage);
  }
  return status::ok;
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  try {
    const status result = run(argc, argv);
    if (!std::cout.flush())
      return static_cast<int>(complain("standard output cannot be written", status::failed));
    return static_cast<int>(result);
  } catch (const std::bad_alloc&) {
    return static_cast<int>(complain("out of memory", status::failed));
  } catch (const std::exception& e) {
    return static_cast<int>(complain(e.what(), status::failed));
  }
}
