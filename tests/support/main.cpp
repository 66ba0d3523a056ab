// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

#include "tests/support/session.hpp"

int main(int argc, char** argv) { return slimming::testing::run_session(argc, argv); }
