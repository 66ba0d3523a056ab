// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Layers of an application that compute: to see that a pruned network does what its masked one
/// does. Sizes come from the counts that the layers hold, so a layer that heard nothing shows.

#include <slimming/core/random.hpp>
#include <slimming/layer/compose.hpp>

#include <cmath>
#include <span>
#include <stdexcept>
#include <vector>

namespace forward {

using slimming::index_t;
using slimming::rules::group_policy;
using reals = std::vector<double>;

inline std::size_t number(index_t n) { return static_cast<std::size_t>(n); }

inline reals random(index_t n) {
  static slimming::random_stream stream{23};
  reals v(number(n));
  for (double& x : v) x = stream.uniform(-1, 1);
  return v;
}

struct image {
  index_t n, h, w;
  reals v = reals(number(n * h * w));
  double& at(index_t c, index_t y, index_t x) { return v[number((c * h + y) * w + x)]; }
  double at(index_t c, index_t y, index_t x) const { return v[number((c * h + y) * w + x)]; }
};

inline void require(bool fits) {
  if (!fits) throw std::logic_error("this layer does not fit its input");
}

/// 3x3, padded; the kernel is (out, in / groups, 3, 3).
struct conv {
  conv(index_t outputs, index_t inputs, bool has_bias, index_t number_of_groups = 1,
       group_policy what_goes = group_policy::same_positions)
      : out(outputs),
        in(inputs),
        groups(number_of_groups),
        policy(what_goes),
        w(random(out * in / groups * 9)),
        b(has_bias ? random(out) : reals{}) {}
  index_t out, in, groups;
  group_policy policy;
  reals w, b;

  image operator()(const image& x) const {
    require(x.n == in && w.size() == number(out * in / groups * 9));
    require(b.empty() || b.size() == number(out));
    image result{out, x.h, x.w};
    const index_t narrow = in / groups;
    for (index_t o = 0; o < out; ++o)
      for (index_t r = 0; r < x.h; ++r)
        for (index_t c = 0; c < x.w; ++c) {
          double sum = b.empty() ? 0 : b[number(o)];
          for (index_t k = 0; k < narrow * 9; ++k) {
            const index_t i = o / (out / groups) * narrow + k / 9;
            const index_t y = r + k % 9 / 3 - 1, z = c + k % 3 - 1;
            if (y >= 0 && y < x.h && z >= 0 && z < x.w)
              sum += w[number(o * narrow * 9 + k)] * x.at(i, y, z);
          }
          result.at(o, r, c) = sum;
        }
    return result;
  }
};
/// One filter per channel; `in` and `groups` follow `out`.
struct depthwise : conv {
  explicit depthwise(index_t n) : conv(n, n, true, n) {}
};

/// 2x2 with stride 2; the kernel is (in, out / groups, 2, 2).
struct upconv {
  upconv(index_t outputs, index_t inputs, index_t number_of_groups, group_policy what_goes)
      : out(outputs),
        in(inputs),
        groups(number_of_groups),
        policy(what_goes),
        w(random(in * out / groups * 4)) {}
  index_t out, in, groups;
  group_policy policy;
  reals w;

  image operator()(const image& x) const {
    require(x.n == in && w.size() == number(in * out / groups * 4));
    image result{out, 2 * x.h, 2 * x.w};
    const index_t narrow = out / groups;
    for (index_t i = 0; i < in; ++i)
      for (index_t k = 0; k < narrow * 4; ++k)
        for (index_t r = 0; r < x.h; ++r)
          for (index_t c = 0; c < x.w; ++c)
            result.at(i / (in / groups) * narrow + k / 4, 2 * r + k % 4 / 2, 2 * c + k % 2) +=
                w[number(i * narrow * 4 + k)] * x.at(i, r, c);
    return result;
  }
};

/// With or without affine terms, with or without statistics (then of the image at hand).
struct norm {
  norm(index_t channels, bool is_affine, bool has_statistics = true) : n(channels) {
    if (is_affine) gamma = random(n), beta = random(n);
    if (has_statistics) {
      mean = random(n);
      variance = random(n);
      for (double& v : variance) v = std::abs(v);
    }
  }
  index_t n;
  reals gamma, beta, mean, variance;

  image operator()(image x) const {
    require(x.n == n);
    for (const reals* v : {&gamma, &beta, &mean, &variance})
      require(v->empty() || v->size() == number(n));
    const index_t positions = x.h * x.w;
    for (index_t c = 0; c < n; ++c) {
      const std::span<double> plane(x.v.data() + c * positions, number(positions));
      double m = 0, s = 0;
      for (const double e : plane) m += e / static_cast<double>(positions);
      for (const double e : plane) s += (e - m) * (e - m) / static_cast<double>(positions);
      if (!mean.empty()) m = mean[number(c)], s = variance[number(c)];
      for (double& e : plane) {
        e = (e - m) / std::sqrt(s + 1e-5);
        if (!gamma.empty()) e = e * gamma[number(c)] + beta[number(c)];
      }
    }
    return x;
  }
};

struct prelu {
  explicit prelu(index_t n) : slope(random(n)) {}
  reals slope;

  image operator()(image x) const {
    require(slope.size() == 1 || slope.size() == number(x.n));
    const std::size_t positions = number(x.h * x.w);
    for (std::size_t k = 0; k < x.v.size(); ++k)
      if (x.v[k] < 0) x.v[k] *= slope[slope.size() == 1 ? 0 : k / positions];
    return x;
  }
};

/// Zeros around the channels: the shortcut without parameters.
struct pad {
  index_t before, after;

  image operator()(const image& x) const {
    image result{before + x.n + after, x.h, x.w};
    for (std::size_t k = 0; k < x.v.size(); ++k) result.v[k + number(before * x.h * x.w)] = x.v[k];
    return result;
  }
};
/// The same, and nobody can tell it new amounts.
struct rigid_pad : pad {};

struct matrix {
  matrix(index_t outputs, index_t inputs, bool has_bias)
      : out(outputs), in(inputs), w(random(out * in)), b(has_bias ? random(out) : reals{}) {}
  index_t out, in;
  reals w, b;

  reals operator()(const reals& x) const {
    require(x.size() == number(in));
    reals y = b.empty() ? reals(number(out)) : b;
    for (std::size_t o = 0; o < y.size(); ++o)
      for (std::size_t i = 0; i < x.size(); ++i) y[o] += w[o * x.size() + i] * x[i];
    return y;
  }
};

inline image relu(image x) {
  for (double& v : x.v) v = v > 0 ? v : 0;
  return x;
}
inline image sum(image a, const image& b) {
  require(a.n == b.n);
  for (std::size_t k = 0; k < a.v.size(); ++k) a.v[k] += b.v[k];
  return a;
}
inline image average(const image& x) {
  image y{x.n, 1, 1};
  for (std::size_t k = 0; k < x.v.size(); ++k)
    y.v[k / number(x.h * x.w)] += x.v[k] / static_cast<double>(x.h * x.w);
  return y;
}

template <class... Arrays>
void resize(index_t n, Arrays&... arrays) {
  (void)std::initializer_list<int>{(arrays.empty() ? 0 : (arrays.resize(number(n)), 0))...};
}

}  // namespace forward

namespace slimming {

template <>
struct layer_traits<forward::conv> {
  using kind = kinds::conv;
  static auto weight(forward::conv& l) { return view(l.w.data(), l.out, l.in / l.groups, 3, 3); }
  static auto bias(forward::conv& l) { return view(l.b.data(), l.b.size()); }
  static auto padding(forward::conv&) { return 1; }
  static auto groups(forward::conv& l) { return l.groups; }
  static auto grouping(forward::conv& l) { return l.policy; }
  static void resized(forward::conv& l, std::span<const index_t> e) {
    if (l.policy == rules::group_policy::whole_groups) l.groups = e[0] / (l.out / l.groups);
    l.out = e[0];
    l.in = e[1] * l.groups;
    l.w.resize(forward::number(e[0] * e[1] * 9));
    forward::resize(l.out, l.b);
  }
};
template <>
struct layer_traits<forward::depthwise> {
  using kind = kinds::depthwise_conv;
  static auto weight(forward::depthwise& l) { return view(l.w.data(), l.out, 1, 3, 3); }
  static auto bias(forward::depthwise& l) { return view(l.b.data(), l.b.size()); }
  static auto padding(forward::depthwise&) { return 1; }
  static void resized(forward::depthwise& l, std::span<const index_t> e) {
    l.out = l.in = l.groups = e[0];
    l.w.resize(forward::number(e[0] * 9));
    forward::resize(l.out, l.b);
  }
};
template <>
struct layer_traits<forward::upconv> {
  using kind = kinds::transposed_conv;
  static auto weight(forward::upconv& l) { return view(l.w.data(), l.in, l.out / l.groups, 2, 2); }
  static auto stride(forward::upconv&) { return 2; }
  static auto groups(forward::upconv& l) { return l.groups; }
  static auto grouping(forward::upconv& l) { return l.policy; }
  static void resized(forward::upconv& l, std::span<const index_t> e) {
    if (l.policy == rules::group_policy::whole_groups) l.groups = e[0] / (l.in / l.groups);
    l.in = e[0];
    l.out = e[1] * l.groups;
    l.w.resize(forward::number(e[0] * e[1] * 4));
  }
};
template <>
struct layer_traits<forward::norm> {
  using kind = kinds::batch_norm;
  static auto gamma(forward::norm& l) { return view(l.gamma.data(), l.gamma.size()); }
  static auto beta(forward::norm& l) { return view(l.beta.data(), l.beta.size()); }
  static auto running_mean(forward::norm& l) { return view(l.mean.data(), l.mean.size()); }
  static auto running_variance(forward::norm& l) {
    return view(l.variance.data(), l.variance.size());
  }
  static bool accepts(forward::norm& l, std::span<const index_t> e) {
    return e.size() == 1 && e[0] <= l.n;
  }
  static void resized(forward::norm& l, std::span<const index_t> e) {
    forward::require(e.size() == 1);
    l.n = e[0];
    forward::resize(l.n, l.gamma, l.beta, l.mean, l.variance);
  }
};
template <>
struct layer_traits<forward::prelu> {
  using kind = kinds::prelu;
  static auto slope(forward::prelu& l) { return view(l.slope.data(), l.slope.size()); }
  static void resized(forward::prelu& l, std::span<const index_t> e) {
    forward::resize(e[0], l.slope);
  }
};
template <>
struct layer_traits<forward::pad> {
  using kind = kinds::channel_pad;
  static auto before(forward::pad& l) { return l.before; }
  static auto after(forward::pad& l) { return l.after; }
  static void resized(forward::pad& l, std::span<const index_t> e) {
    forward::require(e.size() == 2);
    l.before = e[0];
    l.after = e[1];
  }
};
template <>
struct layer_traits<forward::rigid_pad> {
  using kind = kinds::channel_pad;
  static auto before(forward::rigid_pad& l) { return l.before; }
  static auto after(forward::rigid_pad& l) { return l.after; }
};
template <>
struct layer_traits<forward::matrix> {
  using kind = kinds::linear;
  static auto weight(forward::matrix& l) { return view(l.w.data(), l.out, l.in); }
  static auto bias(forward::matrix& l) { return view(l.b.data(), l.b.size()); }
  static void resized(forward::matrix& l, std::span<const index_t> e) {
    l.out = e[0];
    l.in = e[1];
    l.w.resize(forward::number(l.out * l.in));
    forward::resize(l.out, l.b);
  }
};

}  // namespace slimming
