# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
slimming_require("benchmark bench_cuda" cuda cudnn)
if(SLIMMING_BUILDABLE)
  add_executable(bench_cuda "${CMAKE_CURRENT_LIST_DIR}/cuda_bench.cu" "${CMAKE_CURRENT_LIST_DIR}/kernels.cu"
    "${CMAKE_CURRENT_LIST_DIR}/training.cu")
  target_include_directories(bench_cuda PRIVATE "${PROJECT_SOURCE_DIR}")
  target_link_libraries(bench_cuda PRIVATE slimming::cudnn)
  slimming_cuda_program(bench_cuda)
endif()
