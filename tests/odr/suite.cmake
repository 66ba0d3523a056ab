# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
#
# Two translation units that include the umbrella link into one program and see one library.
add_executable(test_odr "${CMAKE_CURRENT_LIST_DIR}/main.cpp" "${CMAKE_CURRENT_LIST_DIR}/other.cpp")
target_link_libraries(test_odr PRIVATE slimming::slimming)
slimming_program(test_odr)
set_target_properties(test_odr PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests/bin")
add_test(NAME slimming.odr COMMAND test_odr)
