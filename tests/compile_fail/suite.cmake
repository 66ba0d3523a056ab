# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
#
# Each tests/compile_fail/*.cpp must compile as it stands and must not with SLIMMING_EXPECT_FAIL; the
# compiler must then print every `// expected-error:` line of the file. One CTest entry per file and
# compiler: the project's own, and the other family where it is installed.
find_program(SLIMMING_GXX NAMES g++)
find_program(SLIMMING_CLANGXX NAMES clang++ clang++-14 clang++-15 clang++-16)
set(compilers "${CMAKE_CXX_COMPILER}")
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND SLIMMING_CLANGXX)
  list(APPEND compilers "${SLIMMING_CLANGXX}")
elseif(CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND SLIMMING_GXX)
  list(APPEND compilers "${SLIMMING_GXX}")
endif()
file(GLOB files CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/*.cpp")
foreach(file IN LISTS files)
  cmake_path(GET file STEM stem)
  foreach(compiler IN LISTS compilers)
    cmake_path(GET compiler FILENAME compiler_name)
    add_test(NAME "slimming.compile_fail.${stem}.${compiler_name}"
      COMMAND "${CMAKE_COMMAND}" "-DCOMPILER=${compiler}" "-DFILE=${file}"
              "-DINCLUDE=${PROJECT_SOURCE_DIR}/include" -P "${CMAKE_CURRENT_LIST_DIR}/check.cmake")
  endforeach()
endforeach()
