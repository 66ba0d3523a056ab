# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
find_package(CLI11 QUIET)
if(NOT CLI11_FOUND)
  message(STATUS "slimming: example slim is left out: CLI11 was not found")
  return()
endif()
if(TARGET slimming::cudnn)
  set(slim_cuda slim/engine_cuda.cu)
else()
  set(slim_cuda slim/engine_no_cuda.cpp)
endif()
slimming_add_example(slim
  FILES slim/main.cpp slim/agreement.cpp slim/checks.cpp slim/convert.cpp slim/dataset.cpp slim/engine.cpp slim/engine_cpu.cpp ${slim_cuda}
        slim/eval.cpp slim/explain.cpp slim/finetune.cpp slim/info.cpp slim/iterate.cpp slim/model_facts.cpp slim/model_file.cpp
        slim/multipass.cpp slim/operators.cpp slim/output.cpp slim/progress.cpp slim/prune.cpp slim/pruning.cpp
        slim/run_directory.cpp slim/stop_signal.cpp slim/table.cpp slim/text.cpp slim/train.cpp slim/training.cpp slim/verify.cpp
  COMPONENTS json data zip onnx)
if(TARGET slim)
  # The program computes in two files; the others are options and tables, compiled in a few lots.
  target_compile_options(slim PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:-O1>")
  set_source_files_properties(slim/engine_cpu.cpp slim/operators.cpp PROPERTIES
    COMPILE_OPTIONS -O3 SKIP_UNITY_BUILD_INCLUSION ON)
  set_target_properties(slim PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 6)
  target_link_libraries(slim PRIVATE CLI11::CLI11)
  if(TARGET slimming::cudnn)
    target_link_libraries(slim PRIVATE slimming::cudnn)
    slimming_cuda_program(slim)
  endif()
endif()
