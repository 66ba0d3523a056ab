# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
slimming_add_example(host_structs FILES host_structs/main.cpp)
if(SLIMMING_BUILD_TESTS)
  add_test(NAME slimming.examples.host_structs COMMAND host_structs)
endif()
