# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
#
# Real little projects that use the library: from an installation, as a subdirectory, fetched, from a .cu
# where there is an nvcc. Each is configured, built with its own strict warnings and run.
set(consumers find_package add_subdirectory fetch_content)
if(CMAKE_CUDA_COMPILER)
  list(APPEND consumers cuda_unit)
endif()
foreach(consumer IN LISTS consumers)
  add_test(NAME slimming.consume.${consumer}
    COMMAND "${CMAKE_COMMAND}" "-DCONSUMER=${consumer}" "-DSOURCE=${PROJECT_SOURCE_DIR}"
            "-DBUILD=${PROJECT_BINARY_DIR}" "-DGENERATOR=${CMAKE_GENERATOR}"
            "-DCOMPILER=${CMAKE_CXX_COMPILER}" "-DNVCC=${CMAKE_CUDA_COMPILER}"
            "-DNVCC_FLAGS=${CMAKE_CUDA_FLAGS}" "-DLAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER}"
            -P "${CMAKE_CURRENT_LIST_DIR}/run.cmake")
  set_tests_properties(slimming.consume.${consumer} PROPERTIES TIMEOUT 600)
endforeach()
add_test(NAME slimming.consume.readme COMMAND "${CMAKE_COMMAND}" "-DSOURCE=${PROJECT_SOURCE_DIR}"
  -P "${CMAKE_CURRENT_LIST_DIR}/snippets.cmake")
