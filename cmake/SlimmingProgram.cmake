# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
#
# slimming_program(target): what every program of ours is built with. Nothing here reaches consumers.
# Warnings are errors where CMAKE_COMPILE_WARNING_AS_ERROR says so, as .ci/run does: a compiler newer than
# those that we know of may warn of what they do not.
function(slimming_program target)
  set(cxx "$<COMPILE_LANGUAGE:CXX>")
  target_compile_options(${target} PRIVATE "$<${cxx}:-Wall;-Wextra;-Wpedantic;-Wconversion>")
  if(SLIMMING_ARCH)
    target_compile_options(${target} PRIVATE "$<${cxx}:-march=${SLIMMING_ARCH}>")
  endif()
  if(SLIMMING_SANITIZE MATCHES "thread")  # see tests/support/tsan/tbb/threads.h
    target_include_directories(${target} BEFORE PRIVATE "${PROJECT_SOURCE_DIR}/tests/support/tsan")
  endif()
  if(SLIMMING_SANITIZE)
    target_compile_options(${target} PRIVATE
      "$<${cxx}:-fsanitize=${SLIMMING_SANITIZE};-fno-omit-frame-pointer;-fno-sanitize-recover=all>"
      "$<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-maybe-uninitialized>")  # g++ sees phantoms in instrumented code
    target_link_options(${target} PRIVATE "-fsanitize=${SLIMMING_SANITIZE}")
  endif()
endfunction()

# slimming_require(target component...): links components, or returns OFF in the caller's
# `SLIMMING_BUILDABLE` with a message where one was not found.
macro(slimming_require what)
  set(SLIMMING_BUILDABLE ON)
  foreach(component ${ARGN})
    if(NOT TARGET slimming::${component})
      message(STATUS "slimming: ${what} is left out: ${SLIMMING_MISSING_${component}}")
      set(SLIMMING_BUILDABLE OFF)
    endif()
  endforeach()
endmacro()
