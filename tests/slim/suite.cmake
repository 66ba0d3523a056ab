# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
#
# The tests of this folder run build/bin/slim, which the examples define later.
function(slimming_tests_need_slim)
  if(TARGET slim AND TARGET test_slim)
    add_dependencies(test_slim slim)
  endif()
endfunction()
cmake_language(DEFER DIRECTORY "${PROJECT_SOURCE_DIR}" CALL slimming_tests_need_slim)
