# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
cmake_minimum_required(VERSION 3.25)
function(step what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE out ERROR_VARIABLE err)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${CONSUMER}: ${what} failed:\n${out}${err}")
  endif()
endfunction()

set(work "${BUILD}/tests/consume/${CONSUMER}")
file(REMOVE_RECURSE "${work}")
set(configure "${CMAKE_COMMAND}" -S "${SOURCE}/tests/consume/${CONSUMER}" -G "${GENERATOR}"
  "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}"
  "-DCMAKE_BUILD_TYPE=Debug" "-DSLIMMING_ENABLE_CUDA=OFF" "-DSLIMMING_SOURCE=${SOURCE}" "-DCMAKE_PREFIX_PATH=${work}/prefix")
if(CONSUMER STREQUAL "cuda_unit")
  list(APPEND configure "-DCMAKE_CUDA_COMPILER=${NVCC}" "-DCMAKE_CUDA_FLAGS=${NVCC_FLAGS}"
    "-DCMAKE_CUDA_ARCHITECTURES=90-virtual")
endif()
if(CONSUMER STREQUAL "find_package")
  step("install" "${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${work}/prefix")
endif()
step("configure" ${configure} -B "${work}/build")
step("build" "${CMAKE_COMMAND}" --build "${work}/build")
step("run" "${work}/build/consumer")

if(CONSUMER STREQUAL "find_package")  # a component that does not exist is named
  execute_process(COMMAND ${configure} -B "${work}/wrong" -DCOMPONENTS=teleport
    RESULT_VARIABLE result OUTPUT_VARIABLE out ERROR_VARIABLE err)
  string(FIND "${out}${err}" "component 'teleport' was not built into this" at)
  if(result EQUAL 0 OR at EQUAL -1)
    message(FATAL_ERROR "an unknown component must fail by name, got ${result}:\n${out}${err}")
  endif()
endif()
