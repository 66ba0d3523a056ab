# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
#
# slimming::cuda   kernels and everything else that needs the CUDA Toolkit only
# slimming::cudnn  convolution and the device executor: slimming::cuda and cuDNN's headers. cuDNN itself
#                  is opened when the first convolution is built, so that a program starts without it.
#
# Included by SlimmingTargets.cmake, in whose scope it leaves targets and SLIMMING_MISSING_<component>.
set(SLIMMING_CUDA_MINIMUM 12.4)

# Where nvcc lies: what the user says, the path, then the usual places. An nvcc that we found counts
# only if it works with the host compiler; one that the user named must.
if(NOT SLIMMING_ENABLE_CUDA STREQUAL "OFF" AND NOT CMAKE_CUDA_COMPILER)
  file(GLOB SLIMMING_TOOLKITS "/usr/local/cuda-*")
  list(SORT SLIMMING_TOOLKITS COMPARE NATURAL ORDER DESCENDING)
  find_program(SLIMMING_NVCC nvcc
    HINTS ENV CUDACXX ENV CUDA_PATH ENV CUDA_HOME "${CUDAToolkit_ROOT}" /usr/local/cuda ${SLIMMING_TOOLKITS} /opt/cuda
    PATH_SUFFIXES bin)
  if(SLIMMING_NVCC)
    set(ENV{CUDACXX} "${SLIMMING_NVCC}")
    include(CheckLanguage)
    check_language(CUDA)
  endif()
endif()

set(SLIMMING_MISSING_cuda "")
if(SLIMMING_ENABLE_CUDA STREQUAL "OFF")
  set(SLIMMING_MISSING_cuda "SLIMMING_ENABLE_CUDA is OFF")
elseif(NOT CMAKE_CUDA_COMPILER AND SLIMMING_NVCC)
  set(SLIMMING_MISSING_cuda "${SLIMMING_NVCC} does not work with this host compiler")
elseif(NOT CMAKE_CUDA_COMPILER)
  set(SLIMMING_MISSING_cuda "nvcc was not found (set CMAKE_CUDA_COMPILER or CUDACXX)")
else()
  # A toolkit whose libraries lie in lib only: nvcc's own profile may name lib64.
  cmake_path(GET CMAKE_CUDA_COMPILER PARENT_PATH SLIMMING_CUDA_ROOT)
  cmake_path(GET SLIMMING_CUDA_ROOT PARENT_PATH SLIMMING_CUDA_ROOT)
  if(NOT EXISTS "${SLIMMING_CUDA_ROOT}/lib64" AND EXISTS "${SLIMMING_CUDA_ROOT}/lib/libcudart_static.a"
     AND NOT CMAKE_CUDA_FLAGS MATCHES "-L${SLIMMING_CUDA_ROOT}/lib")
    set(CMAKE_CUDA_FLAGS "${CMAKE_CUDA_FLAGS} -L${SLIMMING_CUDA_ROOT}/lib" CACHE STRING "Flags of nvcc" FORCE)
  endif()
  if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES "80-real;90" CACHE STRING "Device code: sm_80, sm_90, and PTX for what comes after")
  endif()
  enable_language(CUDA)
  if(CMAKE_CUDA_COMPILER_VERSION VERSION_LESS SLIMMING_CUDA_MINIMUM)
    set(SLIMMING_MISSING_cuda "nvcc is ${CMAKE_CUDA_COMPILER_VERSION}, ${SLIMMING_CUDA_MINIMUM} is needed")
  endif()
endif()
if(NOT SLIMMING_MISSING_cuda)
  find_package(CUDAToolkit ${SLIMMING_CUDA_MINIMUM} QUIET)
  if(CUDAToolkit_FOUND AND NOT TARGET CUDA::cudart_static)  # FindCUDAToolkit looks into lib64 only
    find_library(SLIMMING_CUDART cudart_static PATHS "${SLIMMING_CUDA_ROOT}" PATH_SUFFIXES lib lib64 NO_DEFAULT_PATH)
    if(SLIMMING_CUDART)
      add_library(CUDA::cudart_static STATIC IMPORTED)
      set_target_properties(CUDA::cudart_static PROPERTIES IMPORTED_LOCATION "${SLIMMING_CUDART}"
        INTERFACE_INCLUDE_DIRECTORIES "${CUDAToolkit_INCLUDE_DIRS}"
        INTERFACE_LINK_LIBRARIES "Threads::Threads;${CMAKE_DL_LIBS};rt")
    endif()
  endif()
  if(NOT TARGET CUDA::cudart_static)
    set(SLIMMING_MISSING_cuda "the toolkit of ${CMAKE_CUDA_COMPILER} has no libcudart_static")
  endif()
endif()

if(SLIMMING_MISSING_cuda)
  if(SLIMMING_ENABLE_CUDA STREQUAL "ON")
    message(FATAL_ERROR "slimming: SLIMMING_ENABLE_CUDA is ON, but ${SLIMMING_MISSING_cuda}")
  endif()
  message(STATUS "slimming: no CUDA: ${SLIMMING_MISSING_cuda}")
  set(SLIMMING_MISSING_cudnn "${SLIMMING_MISSING_cuda}")
  return()
endif()

# The runtime is linked statically: a program runs wherever there is a driver.
slimming_component(cuda CUDA::cudart_static)
if("cuda_std_20" IN_LIST CMAKE_CUDA_COMPILE_FEATURES)
  target_compile_features(slimming_cuda INTERFACE cuda_std_20)
else()  # CMake up to 3.25.1 does not know C++20 for nvcc; the compiler does
  target_compile_options(slimming_cuda INTERFACE "$<$<COMPILE_LANGUAGE:CUDA>:-std=c++20>")
endif()

# CUDNN_ROOT may name an installation or the folder nvidia/cudnn of Python's wheel nvidia-cudnn-cu13.
find_path(SLIMMING_CUDNN_INCLUDE cudnn_graph.h
  HINTS "${CUDNN_ROOT}" ENV CUDNN_ROOT ENV CUDNN_PATH ${CUDAToolkit_INCLUDE_DIRS} PATH_SUFFIXES include)
if(SLIMMING_CUDNN_INCLUDE)
  cmake_path(GET SLIMMING_CUDNN_INCLUDE PARENT_PATH SLIMMING_CUDNN_ROOT)
  find_path(SLIMMING_CUDNN_LIBRARY_DIR libcudnn.so.9
    HINTS "${SLIMMING_CUDNN_ROOT}" PATH_SUFFIXES lib lib64 lib/${CMAKE_LIBRARY_ARCHITECTURE})
  slimming_component(cudnn slimming_cuda ${CMAKE_DL_LIBS})
  target_include_directories(slimming_cudnn SYSTEM INTERFACE "$<BUILD_INTERFACE:${SLIMMING_CUDNN_INCLUDE}>")
else()
  set(SLIMMING_MISSING_cudnn "cudnn_graph.h (cuDNN 9) was not found (set CUDNN_ROOT)")
  message(STATUS "slimming: ${SLIMMING_MISSING_cudnn}: no convolution and so no training on the device; "
    "the kernels of slimming::cuda do not need it")
endif()

# slimming_cuda_program(target): slimming_program() for a target with CUDA sources.
function(slimming_cuda_program target)
  slimming_program(${target})
  target_compile_options(${target} PRIVATE
    "$<$<COMPILE_LANGUAGE:CUDA>:-lineinfo;-Xcompiler=-Wall,-Wextra>")
  if(CMAKE_COMPILE_WARNING_AS_ERROR)  # nvcc hands none of CMake's own option to the host's compiler
    target_compile_options(${target} PRIVATE "$<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-Werror>")
  endif()
  set_target_properties(${target} PROPERTIES CUDA_RUNTIME_LIBRARY Static CUDA_EXTENSIONS OFF)
  if(SLIMMING_CUDNN_LIBRARY_DIR)  # where our own programs look for cuDNN besides the loader's path
    set_target_properties(${target} PROPERTIES BUILD_RPATH "${SLIMMING_CUDNN_LIBRARY_DIR}")
  endif()
endfunction()
