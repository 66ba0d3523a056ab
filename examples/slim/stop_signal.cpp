// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

#include "stop_signal.hpp"

#include <unistd.h>  // write

#include <csignal>  // sigaction

namespace slim {

namespace {

volatile std::sig_atomic_t raised = 0;  // what a handler may touch

extern "C" void remember(int) {
  constexpr char text[] = "\nslim: stopping after this step; once more to stop at once\n";
  raised = 1;
  [[maybe_unused]] const auto n = ::write(STDERR_FILENO, text, sizeof text - 1);
}

void handle(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = handler == SIG_DFL ? 0 : static_cast<int>(SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

stop_signal::stop_signal() {
  raised = 0;
  handle(remember);
}

stop_signal::~stop_signal() { handle(SIG_DFL); }

bool stop_signal::is_raised() const noexcept { return raised != 0; }

}  // namespace slim
