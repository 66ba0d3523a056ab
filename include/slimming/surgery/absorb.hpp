// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A channel whose scale is 0 answers act(beta) everywhere: a constant. Before it goes, what the
/// next layer makes of the constant moves into that layer's bias, or into the running mean of its
/// batch norm.
/// Area: surgery. Plain facts in, no graph: call it on the weights as they are before surgery.
///
/// Exact where the consumer does not pad. Where it pads with zeros, outputs near the border see
/// fewer of the constants; the correction for every border position is computed exactly, and its
/// largest magnitude is the bound of the error for whoever leaves the correction out.

#include <slimming/core/array_ref.hpp>        // array_ref
#include <slimming/core/config.hpp>           // index_t
#include <slimming/core/detail/math.hpp>      // is_finite, magnitude
#include <slimming/core/detail/ordering.hpp>  // larger
#include <slimming/core/dtype.hpp>            // visit_floating, name_of
#include <slimming/core/error.hpp>            // bad_value, shape_mismatch, to_text
#include <slimming/core/mask.hpp>             // mask
#include <slimming/plan/detail/memory.hpp>    // require_memory

#include <array>        // std::array
#include <concepts>     // std::invocable
#include <cstddef>      // std::byte
#include <span>         // std::span
#include <string>       // std::string, std::to_string
#include <string_view>  // std::string_view
#include <vector>       // std::vector

namespace slimming::inline v0 {

/// One spatial axis of a convolution.
struct window_axis {
  index_t input = 0;  ///< extent of what it reads, without padding
  index_t pad_begin = 0, pad_end = 0;
  index_t stride = 1, dilation = 1;
};

/// A convolution or linear layer that reads constants.
struct constant_consumer {
  array_ref weight;
  std::size_t out_axis = 0, in_axis = 1;  ///< the others are the window, in order
  index_t groups = 1;
  /// One per axis of the window; empty: nothing is padded.
  std::vector<window_axis> window = {};
};

/// What a consumer makes of constant channels.
struct constant_response {
  std::vector<double> shift;  ///< per output channel, where the whole window lies inside the input

  /// Output positions of one axis fall into classes that see the same part of the window.
  std::vector<std::vector<index_t>> class_of = {};  ///< per axis, per output position
  std::vector<index_t> classes = {};                ///< per axis, how many
  std::vector<double> border = {};                  ///< (out, classes...): what to add to `shift`
  double bound = 0;                                 ///< largest |border|: 0 if nothing is padded

  /// What the constants add to output channel \p out at \p position (one index per window axis).
  [[nodiscard]] double at(index_t out, std::span<const index_t> position) const {
    index_t k = out;
    for (std::size_t a = 0; a < classes.size(); ++a)
      k = k * classes[a] + class_of[a][static_cast<std::size_t>(position[a])];
    return shift[static_cast<std::size_t>(out)] +
           (classes.empty() ? 0 : border[static_cast<std::size_t>(k)]);
  }
};

namespace detail {

/// Taps [first, last) of one axis.
struct tap_range {
  index_t first, last;

  friend bool operator==(const tap_range&, const tap_range&) = default;
};

/// Where the window of the first output position of \p a begins, and how far it reaches.
/// \throws bad_value, shape_mismatch  if \p a makes no sense, or no window fits.
inline index_t require_window(const window_axis& a, index_t taps) {
  if (a.input < 1 || a.stride < 1 || a.dilation < 1 || a.pad_begin < 0 || a.pad_end < 0)
    throw bad_value("constant_consumer::window",
                    "input, stride and dilation are positive, padding is not negative");
  const index_t span = (taps - 1) * a.dilation + 1;
  const index_t padded = a.pad_begin + a.input + a.pad_end;
  if (padded < span)
    throw shape_mismatch("constant_consumer::window: the window is larger than the input", padded,
                         span);
  return span;
}

/// The taps inside the input of a window that begins at \p at.
[[nodiscard]] inline tap_range taps_inside(const window_axis& a, index_t taps, index_t at) {
  tap_range inside{0, taps};
  while (inside.first < taps && at + inside.first * a.dilation < 0) ++inside.first;
  while (inside.last > inside.first && at + (inside.last - 1) * a.dilation >= a.input)
    --inside.last;
  return inside;
}

}  // namespace detail

/// act(beta) of the channels that \p keep removes, 0 for the others.
/// \throws shape_mismatch, bad_value  if the lengths differ, \p beta has no memory, or a constant
///                                    is NaN or infinite.
template <std::invocable<double> Activation>
[[nodiscard]] std::vector<double> dead_constants(const array_ref& beta, const mask& keep,
                                                 Activation act) {
  if (beta.rank != 1 || beta.extent[0] != keep.size())
    throw shape_mismatch("dead_constants: beta", keep.size(), beta.size());
  detail::require_memory(beta, "dead_constants: beta");
  std::vector<double> constants(static_cast<std::size_t>(keep.size()), 0.0);
  visit_floating(beta.type, "dead_constants: beta", [&]<class T>() {
    const auto* b = reinterpret_cast<const T*>(beta.data);
    for (index_t c = 0; c < keep.size(); ++c) {
      if (keep[c]) continue;
      const double k = act(static_cast<double>(b[c * beta.stride[0]]));
      if (!detail::is_finite(k)) throw bad_value("dead_constants: channel " + std::to_string(c), k);
      constants[static_cast<std::size_t>(c)] = k;
    }
  });
  return constants;
}

/// What \p consumer makes of inputs that are constant: \p constants has one number per input
/// channel, 0 for channels that are not.
/// \throws shape_mismatch, bad_value, unsupported  if the facts do not fit together.
/// \complexity O(weights of the constant channels * classes of positions)
[[nodiscard]] inline constant_response respond(const constant_consumer& consumer,
                                               std::span<const double> constants) {
  const array_ref& w = consumer.weight;
  if (consumer.out_axis >= w.rank || consumer.in_axis >= w.rank ||
      consumer.out_axis == consumer.in_axis)
    throw bad_value("constant_consumer", "out_axis and in_axis are two axes of the weight");
  const index_t outs = w.extent[consumer.out_axis], ins_per_group = w.extent[consumer.in_axis];
  if (consumer.groups < 1 || outs % consumer.groups != 0)
    throw bad_value("constant_consumer::groups", consumer.groups);
  if (static_cast<index_t>(constants.size()) != ins_per_group * consumer.groups)
    throw shape_mismatch("respond: constants", ins_per_group * consumer.groups,
                         static_cast<index_t>(constants.size()));
  std::array<std::size_t, array_ref::max_rank> axes{};  // of the window
  const std::size_t axis_count = w.rank - 2;
  for (std::size_t a = 0, k = 0; a < w.rank; ++a)
    if (a != consumer.out_axis && a != consumer.in_axis) axes[k++] = a;
  if (!consumer.window.empty() && consumer.window.size() != axis_count)
    throw shape_mismatch("constant_consumer::window", static_cast<index_t>(axis_count),
                         static_cast<index_t>(consumer.window.size()));

  detail::require_memory(w, "constant_consumer::weight");

  constant_response response;
  std::vector<std::vector<index_t>> begins(consumer.window.size());  // of one window per class
  response.class_of.resize(consumer.window.size());
  index_t combinations = consumer.window.empty() ? 0 : 1;
  for (std::size_t a = 0; a < consumer.window.size(); ++a) {
    const window_axis& axis = consumer.window[a];
    const index_t length = w.extent[axes[a]], reach = detail::require_window(axis, length);
    for (index_t at = -axis.pad_begin; at + reach <= axis.input + axis.pad_end; at += axis.stride) {
      const auto inside = detail::taps_inside(axis, length, at);
      std::size_t k = 0;
      while (k < begins[a].size() && detail::taps_inside(axis, length, begins[a][k]) != inside) ++k;
      response.class_of[a].push_back(static_cast<index_t>(k));
      if (k == begins[a].size()) begins[a].push_back(at);
    }
    response.classes.push_back(static_cast<index_t>(begins[a].size()));
    combinations *= response.classes.back();
  }
  response.shift.assign(static_cast<std::size_t>(outs), 0.0);
  response.border.assign(static_cast<std::size_t>(outs * combinations), 0.0);

  index_t taps = 1;
  for (std::size_t a = 0; a < axis_count; ++a) taps *= w.extent[axes[a]];
  visit_floating(w.type, "constant_consumer::weight", [&]<class T>() {
    const auto* data = reinterpret_cast<const T*>(w.data);
    std::array<index_t, array_ref::max_rank> tap{};
    for (index_t o = 0; o < outs; ++o)
      for (index_t i = 0; i < ins_per_group; ++i) {
        const index_t c = o / (outs / consumer.groups) * ins_per_group + i;
        const double constant = constants[static_cast<std::size_t>(c)];
        if (constant == 0) continue;
        for (index_t t = 0; t < taps; ++t) {
          index_t rest = t,
                  offset = o * w.stride[consumer.out_axis] + i * w.stride[consumer.in_axis];
          for (std::size_t a = axis_count; a-- > 0;) {
            tap[a] = rest % w.extent[axes[a]];
            rest /= w.extent[axes[a]];
            offset += tap[a] * w.stride[axes[a]];
          }
          const double product = constant * static_cast<double>(data[offset]);
          response.shift[static_cast<std::size_t>(o)] += product;
          for (index_t k = 0; k < combinations; ++k) {  // classes that do not see this tap
            index_t code = k;
            bool is_seen = true;
            for (std::size_t a = axis_count; a-- > 0;) {
              const window_axis& axis = consumer.window[a];
              const index_t at = begins[a][static_cast<std::size_t>(code % response.classes[a])] +
                                 tap[a] * axis.dilation;
              code /= response.classes[a];
              is_seen = is_seen && 0 <= at && at < axis.input;
            }
            if (!is_seen)
              response.border[static_cast<std::size_t>(o * combinations + k)] -= product;
          }
        }
      }
  });
  for (const double b : response.border)
    response.bound = detail::larger(response.bound, detail::magnitude(b));
  for (std::size_t o = 0; o < response.shift.size(); ++o)
    if (!detail::is_finite(response.shift[o]))
      throw bad_value("respond: output channel " + std::to_string(o), response.shift[o]);
  return response;
}

/// What to do about zero padding.
enum class border_policy {
  refuse,   ///< absorb only what is exact everywhere
  interior  ///< exact where the window lies inside; elsewhere off by at most the response's bound
};

namespace detail {

inline bool shift_vector(const constant_response& r, const array_ref& target, double sign,
                         border_policy borders, std::string_view place) {
  if (target.rank != 1 || target.extent[0] != static_cast<index_t>(r.shift.size()))
    throw shape_mismatch(place, static_cast<index_t>(r.shift.size()), target.size());
  if (target.read_only) throw bad_value(place, "is read-only");
  require_memory(target, place);
  if (r.bound > 0 && borders == border_policy::refuse) return false;
  visit_floating(target.type, place, [&]<class T>() {
    auto* x = reinterpret_cast<T*>(target.data);
    std::vector<T> shifted;
    shifted.reserve(r.shift.size());
    for (index_t o = 0; o < target.extent[0]; ++o) {
      const double sum = static_cast<double>(x[o * target.stride[0]]) +
                         sign * r.shift[static_cast<std::size_t>(o)];
      if constexpr (std::is_same_v<T, double> || std::is_same_v<T, float>)
        shifted.push_back(static_cast<T>(sum));
      else
        shifted.push_back(T(static_cast<float>(sum)));
      if (!is_finite(static_cast<double>(shifted.back())))
        throw bad_value(std::string(place) + ": channel " + std::to_string(o),
                        "the shifted value " + to_text(sum) + " is no finite " +
                            std::string(name_of(target.type)) +
                            "; let its constant channels stay, or hold the array in a wider type");
    }
    for (index_t o = 0; o < target.extent[0]; ++o)
      x[o * target.stride[0]] = shifted[static_cast<std::size_t>(o)];
  });
  return true;
}

}  // namespace detail

/// Adds the response to the consumer's bias. False, and nothing written, if the policy refuses.
/// \throws shape_mismatch, bad_value, unsupported  if \p bias does not fit; nothing was written.
[[nodiscard]] inline bool absorb_into_bias(const constant_response& response, const array_ref& bias,
                                           border_policy borders = border_policy::refuse) {
  return detail::shift_vector(response, bias, 1, borders, "absorb_into_bias");
}
/// Takes the response from the running mean of the batch norm behind the consumer.
[[nodiscard]] inline bool absorb_into_mean(const constant_response& response, const array_ref& mean,
                                           border_policy borders = border_policy::refuse) {
  return detail::shift_vector(response, mean, -1, borders, "absorb_into_mean");
}

}  // namespace slimming::inline v0
