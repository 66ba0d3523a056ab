// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

#include "tests/support/session.hpp"

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_session.hpp>
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#endif

namespace slimming::testing {

int run_session(int argc, char** argv) {
  Catch::Session session;
#if defined(CATCH_CONFIG_RUNNER)  // Catch2 v3 fails by itself
  auto settings = session.configData();
  settings.warnings = Catch::WarnAbout::NoTests;
  session.useConfigData(settings);
#endif
  return session.run(argc, argv);
}

}  // namespace slimming::testing
