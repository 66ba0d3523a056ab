# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
#
# The umbrellas hold what they promise: slimming.hpp every public header that needs no optional
# dependency and none that does; prune.hpp nothing from elsewhere but the standard library.
add_test(NAME slimming.umbrellas
  COMMAND "${CMAKE_COMMAND}" "-DINCLUDE=${PROJECT_SOURCE_DIR}/include/slimming" -P "${CMAKE_CURRENT_LIST_DIR}/check.cmake")
