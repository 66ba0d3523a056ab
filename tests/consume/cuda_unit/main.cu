// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
//
// nvcc compiles what any host compiler does; device code beside it is left alone.
#include "../main.cpp"

__global__ void scale(float* x, int n, float by) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n) x[i] *= by;
}
