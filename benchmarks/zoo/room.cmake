# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
include("${PROJECT_SOURCE_DIR}/tests/zoo/library.cmake")
if(TARGET slimming_zoo)
  slimming_add_benchmark(zoo zoo/zoo_bench.cpp COMPONENTS json)
  if(TARGET zoo)
    target_link_libraries(zoo PRIVATE slimming_zoo)
  endif()
endif()
