// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The passes of a convolution in the device's layouts, by plain loops in double: what the emulation
/// runs and what the device is compared with.
/// Area: tests.

#include <slimming/cuda/convolution.cuh>  // conv_request

#include <algorithm>  // std::fill
#include <vector>     // std::vector

namespace slimming::testing {

/// Fills the array that the pass writes from the other two. \p x is (n, h, w, in_stride), \p w is
/// (out, kh, kw, in per group), \p y is (n, oh, ow, out_stride).
inline void convolve(const cuda::conv_request& request, std::vector<double>& x,
                     std::vector<double>& w, std::vector<double>& y) {
  const kernels::conv_geometry& g = request.geometry;
  const index_t in = g.in_per_group();
  const index_t out = g.out_per_group();
  std::vector<double>& result = request.pass == cuda::conv_pass::forward         ? y
                                : request.pass == cuda::conv_pass::backward_data ? x
                                                                                 : w;
  std::fill(result.begin(), result.end(), 0.0);
  for (index_t n = 0; n < g.batch; ++n)
    for (index_t i = 0; i < g.out_h; ++i)
      for (index_t j = 0; j < g.out_w; ++j)
        for (index_t r = 0; r < g.kernel_h; ++r)
          for (index_t s = 0; s < g.kernel_w; ++s) {
            const index_t row = i * g.stride_h - g.pad_top + r * g.dilation_h;
            const index_t column = j * g.stride_w - g.pad_left + s * g.dilation_w;
            if (row < 0 || row >= g.in_h || column < 0 || column >= g.in_w) continue;
            const index_t x_at = ((n * g.in_h + row) * g.in_w + column) * request.in_stride;
            const index_t y_at = ((n * g.out_h + i) * g.out_w + j) * request.out_stride;
            for (index_t k = 0; k < g.out_channels; ++k)
              for (index_t c = 0; c < in; ++c) {
                double& xv = x[static_cast<std::size_t>(x_at + k / out * in + c)];
                double& wv =
                    w[static_cast<std::size_t>(((k * g.kernel_h + r) * g.kernel_w + s) * in + c)];
                double& yv = y[static_cast<std::size_t>(y_at + k)];
                switch (request.pass) {
                  case cuda::conv_pass::forward:
                    yv += xv * wv;
                    break;
                  case cuda::conv_pass::backward_data:
                    xv += yv * wv;
                    break;
                  case cuda::conv_pass::backward_weights:
                    wv += xv * yv;
                    break;
                }
              }
          }
}

}  // namespace slimming::testing
