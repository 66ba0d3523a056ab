# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
#
# slimming_zoo: the zoo's networks and their survey, for the test here and the program in benchmarks/zoo.
# Both define it where the components are there; whoever comes first.
include_guard(GLOBAL)
slimming_require("the zoo" zip onnx)
if(SLIMMING_BUILDABLE)
  set(zoo "${PROJECT_SOURCE_DIR}/tests/zoo")
  add_library(slimming_zoo STATIC EXCLUDE_FROM_ALL ${zoo}/graphs.cpp ${zoo}/operators.cpp ${zoo}/survey.cpp)
  target_link_libraries(slimming_zoo PUBLIC slimming::slimming PRIVATE slimming::zip slimming::onnx)
  target_include_directories(slimming_zoo PUBLIC "${PROJECT_SOURCE_DIR}")
  target_compile_definitions(slimming_zoo PRIVATE SLIMMING_ZOO_GRAPHS="${zoo}/graphs.zip")
  slimming_program(slimming_zoo)
endif()
