# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
#
# slimming::slimming  headers; Eigen and oneTBB for the parts that compute
# slimming::json      plan files, safetensors, logs            (nlohmann-json)
# slimming::data      MNIST .gz, SVHN .mat, image folders      (zlib, matio, libjpeg, libpng)
# slimming::zip       PyTorch checkpoints, npz                 (libzip)
# slimming::onnx      ONNX models                              (libonnx, protobuf)
# slimming::cuda      device kernels and executor              (CUDA Toolkit, cuDNN)
#
# A component whose dependency is missing is not created; SLIMMING_MISSING_<component> says why.

set(SLIMMING_TARGETS slimming)
add_library(slimming INTERFACE)
add_library(slimming::slimming ALIAS slimming)
target_compile_features(slimming INTERFACE cxx_std_20)
target_include_directories(slimming INTERFACE
  "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(TBB REQUIRED)
find_package(Threads REQUIRED)
target_link_libraries(slimming INTERFACE Eigen3::Eigen TBB::tbb Threads::Threads)

# slimming_component(NAME LIBRARIES... ): an interface target on top of slimming::slimming.
function(slimming_component name)
  add_library(slimming_${name} INTERFACE)
  add_library(slimming::${name} ALIAS slimming_${name})
  set_target_properties(slimming_${name} PROPERTIES EXPORT_NAME ${name})
  target_link_libraries(slimming_${name} INTERFACE slimming ${ARGN})
  set(SLIMMING_TARGETS ${SLIMMING_TARGETS} slimming_${name} PARENT_SCOPE)
endfunction()

find_package(nlohmann_json 3.10 QUIET)
if(nlohmann_json_FOUND)
  slimming_component(json nlohmann_json::nlohmann_json)
else()
  set(SLIMMING_MISSING_json "nlohmann-json was not found")
endif()

find_package(PkgConfig QUIET)
find_package(ZLIB QUIET)
find_package(JPEG QUIET)
find_package(PNG QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(matio QUIET IMPORTED_TARGET matio)
  pkg_check_modules(libzip QUIET IMPORTED_TARGET libzip)
endif()
if(ZLIB_FOUND AND JPEG_FOUND AND PNG_FOUND AND matio_FOUND)
  slimming_component(data ZLIB::ZLIB JPEG::JPEG PNG::PNG PkgConfig::matio)
else()
  set(SLIMMING_MISSING_data "zlib, libjpeg, libpng or matio was not found")
endif()
if(libzip_FOUND)
  slimming_component(zip PkgConfig::libzip)
else()
  set(SLIMMING_MISSING_zip "libzip was not found")
endif()

find_package(Protobuf QUIET)
find_path(SLIMMING_ONNX_INCLUDE onnx/onnx_pb.h)
find_library(SLIMMING_ONNX_PROTO onnx_proto)
if(Protobuf_FOUND AND SLIMMING_ONNX_INCLUDE AND SLIMMING_ONNX_PROTO)
  slimming_component(onnx "${SLIMMING_ONNX_PROTO}" protobuf::libprotobuf)
  target_include_directories(slimming_onnx SYSTEM INTERFACE "${SLIMMING_ONNX_INCLUDE}")
  target_compile_definitions(slimming_onnx INTERFACE ONNX_ML=1 ONNX_NAMESPACE=onnx)
else()
  set(SLIMMING_MISSING_onnx "libonnx or protobuf was not found")
endif()

include(SlimmingCuda OPTIONAL)
