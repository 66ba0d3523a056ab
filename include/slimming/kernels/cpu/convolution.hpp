// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Two-dimensional convolution on padded NHWC activations: forward and both gradients.
/// Area: kernels/cpu.

#include <slimming/core/config.hpp>                           // index_t
#include <slimming/core/error.hpp>                            // unsupported
#include <slimming/kernels/cpu/conv_choice.hpp>               // conv_pass, conv_algorithm
#include <slimming/kernels/cpu/detail/conv_output.hpp>        // conv_output
#include <slimming/kernels/cpu/detail/depthwise.hpp>          // depthwise_multiply
#include <slimming/kernels/cpu/detail/gather.hpp>             // forward_gather, backward_gather
#include <slimming/kernels/cpu/detail/implicit_gemm.hpp>      // gather_product
#include <slimming/kernels/cpu/detail/tap_gemm.hpp>           // multiply_by_taps
#include <slimming/kernels/cpu/detail/weight_layout.hpp>      // weight_layout
#include <slimming/kernels/cpu/detail/winograd.hpp>           // winograd_pass
#include <slimming/kernels/cpu/detail/winograd_gradient.hpp>  // winograd_gradient
#include <slimming/kernels/cpu/moments.hpp>                   // channel_moments
#include <slimming/kernels/cpu/vector.hpp>                    // padded_channels
#include <slimming/kernels/cpu/workspace.hpp>                 // workspace
#include <slimming/kernels/geometry.hpp>                      // conv_geometry

#include <algorithm>  // std::fill_n
#include <array>      // std::array
#include <span>       // std::span
#include <string>     // std::string

namespace slimming::inline v0::kernels::cpu {

/// What the forward pass does on the way out: y = relu(conv(x, w) + bias + add).
struct conv_epilogue {
  const float* bias = nullptr;  ///< one per padded output channel, zeros in the padding
  const float* add = nullptr;   ///< shaped like y, which it may be
  bool relu = false;
  channel_moments moments = {};     ///< if not null: statistics of y
  const float* prepared = nullptr;  ///< what prepare() made of the weights, else made on the way
};

/// A convolution of fixed shape: algorithms, weight layout and scratch are decided once. Immutable.
///
/// Activations are NHWC with padded_channels(c) channels per pixel, pad channels zero. Weights have
/// this class's own packed layout, (group, kernel_h, kernel_w, in_per_group, padded out_per_group)
/// with zeros in the padding; gradients have the same one, so an optimiser works on flat arrays.
class convolution {
 public:
  /// \throws bad_value, shape_mismatch  if \p g is not a convolution.
  /// \throws unsupported  if \p options ask for an algorithm that cannot compute it.
  explicit convolution(const conv_geometry& g, const conv_options& options = {});

  [[nodiscard]] const conv_geometry& geometry() const noexcept { return geometry_; }
  [[nodiscard]] conv_algorithm algorithm(conv_pass pass) const noexcept {
    return algorithms_[static_cast<std::size_t>(pass)];
  }

  /// Floats of x and dx, of y and dy, of packed weights.
  [[nodiscard]] index_t input_size() const noexcept {
    return geometry_.in_pixels() * padded_channels(geometry_.in_channels);
  }
  [[nodiscard]] index_t output_size() const noexcept {
    return geometry_.out_pixels() * padded_channels(geometry_.out_channels);
  }
  [[nodiscard]] index_t weight_size() const noexcept {
    return is_depthwise(geometry_) ? geometry_.taps() * padded_channels(geometry_.out_channels)
                                   : detail::weight_layout(geometry_).size();
  }

  /// OIHW row-major, as models and files hold it, to the packed layout and back.
  void pack_weights(const float* oihw, float* packed) const;
  void unpack_weights(const float* packed, float* oihw) const;

  /// Floats that prepare() writes; 0 where the forward pass reads the packed weights directly.
  [[nodiscard]] index_t prepared_size() const noexcept;
  /// Weights as the forward pass wants them, for inference where they do not change.
  void prepare(const float* weights, float* prepared) const;

  /// Floats of scratch that a pass needs when called from the present task arena.
  [[nodiscard]] index_t workspace_size(conv_pass pass) const {
    return need(pass).floats(thread_slots());
  }
  [[nodiscard]] workspace_need need(conv_pass pass) const noexcept;

  /// y = epilogue(conv(x, weights)); with prepared weights it reads only these.
  void forward(const float* x, const float* weights, float* y, std::span<float> memory,
               const conv_epilogue& epilogue = {}) const;
  /// dx = gradient with respect to x (+ \p add, which is shaped like dx and may be dx).
  void backward_data(const float* dy, const float* weights, float* dx, std::span<float> memory,
                     const float* add = nullptr) const;
  /// dweights = gradient with respect to the weights, in the packed layout.
  void backward_weights(const float* x, const float* dy, float* dweights,
                        std::span<float> memory) const;

 private:
  conv_geometry geometry_;
  std::array<conv_algorithm, 3> algorithms_{};
};

inline convolution::convolution(const conv_geometry& g, const conv_options& options)
    : geometry_(g), algorithms_{options.forward, options.backward_data, options.backward_weights} {
  validate(g);
  for (const conv_pass pass :
       {conv_pass::forward, conv_pass::backward_data, conv_pass::backward_weights}) {
    conv_algorithm& a = algorithms_[static_cast<std::size_t>(pass)];
    if (!is_applicable(a, g))
      throw unsupported("convolution", std::string(name_of(a)) + " cannot compute this shape");
    if (a == conv_algorithm::automatic)
      a = choose_algorithm(g, pass, options.exact, options.prepared);
  }
}

inline void convolution::pack_weights(const float* oihw, float* packed) const {
  const conv_geometry& g = geometry_;
  const detail::weight_layout layout(g);
  const index_t taps = g.taps(), stride = padded_channels(g.out_channels);
  std::fill_n(packed, weight_size(), 0.0f);
  for (index_t k = 0; k < g.out_channels; ++k)
    for (index_t c = 0; c < layout.in; ++c)
      for (index_t tap = 0; tap < taps; ++tap)
        packed[is_depthwise(g) ? tap * stride + k
                               : layout.offset(k / layout.out, tap, c, k % layout.out)] =
            oihw[(k * layout.in + c) * taps + tap];
}

inline void convolution::unpack_weights(const float* packed, float* oihw) const {
  const conv_geometry& g = geometry_;
  const detail::weight_layout layout(g);
  const index_t taps = g.taps(), stride = padded_channels(g.out_channels);
  for (index_t k = 0; k < g.out_channels; ++k)
    for (index_t c = 0; c < layout.in; ++c)
      for (index_t tap = 0; tap < taps; ++tap)
        oihw[(k * layout.in + c) * taps + tap] =
            packed[is_depthwise(g) ? tap * stride + k
                                   : layout.offset(k / layout.out, tap, c, k % layout.out)];
}

namespace detail {

// Calls use(transform) if \p a is an algorithm of the Winograd family; says whether it is.
template <class Use>
bool visit_winograd(conv_algorithm a, const Use& use) {
  switch (a) {
    case conv_algorithm::winograd_4x4:
      use(winograd_4{});
      return true;
    case conv_algorithm::winograd_2x2:
      use(winograd_2{});
      return true;
    case conv_algorithm::toeplitz_2x2:
      use(toeplitz_2{});
      return true;
    default:
      return false;
  }
}

// Scratch of the passes of the other algorithms.
[[nodiscard]] inline workspace_need gemm_need(const conv_geometry& g, conv_pass pass) noexcept {
  const weight_layout layout(g);
  if (pass == conv_pass::backward_weights)
    return gradient_blocking(g.out_pixels(), layout).need(layout);
  if (pass == conv_pass::forward) {
    const gemm_blocking blocking(g.out_pixels(), layout);
    const index_t records =
        moment_records::floats(blocking.records(g.out_pixels()), padded_channels(g.out_channels));
    return both(blocking.need(), {records, 0});
  }
  workspace_need n{layout.transposed().size(), 0};
  for (index_t h = 0; h < g.stride_h; ++h)
    for (index_t w = 0; w < g.stride_w; ++w)
      n = both(n, gemm_blocking(backward_gather(g, h, w).pixels(), layout.transposed()).need());
  return n;
}

[[nodiscard]] inline workspace_need depthwise_need(const conv_geometry& g,
                                                   conv_pass pass) noexcept {
  const index_t stride = padded_channels(g.out_channels);
  const index_t blocks = (g.out_pixels() + depthwise_block - 1) / depthwise_block;
  if (pass == conv_pass::forward) return {moment_records::floats(blocks, stride), 0};
  if (pass == conv_pass::backward_data) return {};
  return {depthwise_splits(g.out_pixels()) * g.taps() * stride, 0};
}

}  // namespace detail

inline index_t convolution::prepared_size() const noexcept {
  index_t size = 0;
  detail::visit_winograd(algorithm(conv_pass::forward), [&]<class Transform>(Transform) {
    size = detail::transformed_size<Transform>(detail::weight_layout(geometry_));
  });
  return size;
}

inline void convolution::prepare(const float* weights, float* prepared) const {
  detail::visit_winograd(algorithm(conv_pass::forward), [&]<class Transform>(Transform) {
    detail::transform_all_weights<Transform>({detail::weight_layout(geometry_), weights}, prepared);
  });
}

inline workspace_need convolution::need(conv_pass pass) const noexcept {
  using namespace detail;
  const weight_layout layout(geometry_);
  workspace_need n;
  if (visit_winograd(algorithm(pass), [&]<class Transform>(Transform) {
        const auto forward = forward_tiles<Transform>(geometry_);
        const auto backward = backward_tiles<Transform>(geometry_);
        if (pass == conv_pass::forward)
          n = winograd_blocking<Transform>(forward.tiles(), layout).need();
        else if (pass == conv_pass::backward_data)
          n = winograd_blocking<Transform>(backward.tiles(), layout.transposed()).need();
        else
          n = winograd_gradient_blocking<Transform>(forward.tiles(), layout).need();
      }))
    return n;
  return is_depthwise(geometry_) ? depthwise_need(geometry_, pass) : gemm_need(geometry_, pass);
}

inline void convolution::forward(const float* x, const float* weights, float* y,
                                 std::span<float> memory, const conv_epilogue& epilogue) const {
  using namespace detail;
  const conv_geometry& g = geometry_;
  const workspace scratch("convolution::forward", memory, need(conv_pass::forward));
  const weight_layout layout(g);
  conv_output out;
  out.y = y;
  out.stride = padded_channels(g.out_channels);
  out.channels = g.out_channels;
  out.bias = epilogue.bias;
  out.add = epilogue.add;
  out.relu = epilogue.relu;
  if (epilogue.moments.mean) out.moments = moment_records(scratch.shared(), out.stride);
  index_t records = 0;
  if (visit_winograd(algorithm(conv_pass::forward), [&]<class Transform>(Transform) {
        const auto grid = forward_tiles<Transform>(g);
        const winograd_blocking<Transform> blocking(grid.tiles(), layout);
        records = blocking.blocks();
        winograd_pass<Transform>{grid, blocking, {layout, weights}, x, epilogue.prepared, out}.run(
            scratch);
      })) {
  } else if (is_depthwise(g)) {
    records = (g.out_pixels() + depthwise_block - 1) / depthwise_block;
    depthwise_multiply(forward_gather(g), g.kernel_w, x, weights, out);
  } else {
    const gemm_blocking blocking(g.out_pixels(), layout);
    records = blocking.records(g.out_pixels());
    gather_product{forward_gather(g), g.kernel_w, x,       padded_channels(g.in_channels), layout,
                   weights,           out,        blocking}
        .run(scratch);
  }
  if (out.moments) out.moments.merge(records, epilogue.moments);
}

inline void convolution::backward_data(const float* dy, const float* weights, float* dx,
                                       std::span<float> memory, const float* add) const {
  using namespace detail;
  const conv_geometry& g = geometry_;
  const workspace scratch("convolution::backward_data", memory, need(conv_pass::backward_data));
  const weight_layout layout(g);
  conv_output out;
  out.y = dx;
  out.stride = padded_channels(g.in_channels);
  out.channels = g.in_channels;
  out.add = add;
  if (visit_winograd(algorithm(conv_pass::backward_data), [&]<class Transform>(Transform) {
        const auto grid = backward_tiles<Transform>(g);
        const winograd_blocking<Transform> blocking(grid.tiles(), layout.transposed());
        winograd_pass<Transform>{grid, blocking, {layout, weights, true}, dy, nullptr, out}.run(
            scratch);
      }))
    return;
  const weight_layout transposed = layout.transposed();
  if (!is_depthwise(g)) transpose_weights(layout, weights, scratch.shared());
  for (index_t h = 0; h < g.stride_h; ++h)
    for (index_t w = 0; w < g.stride_w; ++w) {
      const gather source = backward_gather(g, h, w);
      if (source.pixels() == 0) continue;
      if (is_depthwise(g))
        depthwise_multiply(source, g.kernel_w, dy, weights, out);
      else
        gather_product{
            source,     g.kernel_w,       dy,  padded_channels(g.out_channels),
            transposed, scratch.shared(), out, gemm_blocking(source.pixels(), transposed)}
            .run(scratch);
    }
}

inline void convolution::backward_weights(const float* x, const float* dy, float* dweights,
                                          std::span<float> memory) const {
  using namespace detail;
  const conv_geometry& g = geometry_;
  const workspace scratch("convolution::backward_weights", memory,
                          need(conv_pass::backward_weights));
  const weight_layout layout(g);
  if (visit_winograd(algorithm(conv_pass::backward_weights), [&]<class Transform>(Transform) {
        const auto grid = forward_tiles<Transform>(g);
        winograd_gradient<Transform>{grid, {grid.tiles(), layout}, x, dy, dweights}.run(scratch);
      }))
    return;
  if (is_depthwise(g))
    depthwise_weight_gradient(forward_gather(g), x, dy, padded_channels(g.out_channels), dweights,
                              scratch.shared());
  else
    gather_weight_gradient(forward_gather(g), x, padded_channels(g.in_channels), dy,
                           padded_channels(g.out_channels), layout, dweights,
                           gradient_blocking(g.out_pixels(), layout), scratch);
}

}  // namespace slimming::inline v0::kernels::cpu
