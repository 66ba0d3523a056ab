// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// All that the application tells slimming about its structs.

#include <slimming/prune.hpp>  // layer_traits, chain, join

#include <span>  // std::span

#include "nets.hpp"  // app::Conv, ...

template <>
struct slimming::layer_traits<app::Conv> {
  using kind = slimming::kinds::conv;
  static auto weight(app::Conv& l) { return view(l.weight.data(), l.out, l.in, l.size, l.size); }
  static auto stride(app::Conv& l) { return l.stride; }
  static auto padding(app::Conv& l) { return l.size / 2; }
  static void resized(app::Conv& l, std::span<const index_t> extents) {
    l.out = static_cast<int>(extents[0]);
    l.in = static_cast<int>(extents[1]);
    l.weight.resize(static_cast<std::size_t>(l.out * l.in * l.size * l.size));
  }
};

template <>
struct slimming::layer_traits<app::Norm> {
  using kind = slimming::kinds::batch_norm;
  static auto gamma(app::Norm& l) { return view(l.gamma.data(), l.gamma.size()); }
  static auto beta(app::Norm& l) { return view(l.beta.data(), l.beta.size()); }
  static auto running_mean(app::Norm& l) { return view(l.mean.data(), l.mean.size()); }
  static auto running_variance(app::Norm& l) { return view(l.variance.data(), l.variance.size()); }
  static void resized(app::Norm& l, std::span<const index_t> extents) {
    for (auto* v : {&l.gamma, &l.beta, &l.mean, &l.variance})
      v->resize(static_cast<std::size_t>(extents[0]));
  }
};

template <>
struct slimming::layer_traits<app::MaxPool> {
  using kind = slimming::kinds::pool;
  static auto kernel(app::MaxPool& l) { return l.size; }
  static auto stride(app::MaxPool& l) { return l.size; }
};

template <>
struct slimming::layer_traits<app::Dense> {
  using kind = slimming::kinds::linear;
  static auto weight(app::Dense& l) { return view(l.weight.data(), l.out, l.in); }
  static auto bias(app::Dense& l) { return view(l.bias.data(), l.out); }
  static void resized(app::Dense& l, std::span<const index_t> extents) {
    l.out = static_cast<int>(extents[0]);
    l.in = static_cast<int>(extents[1]);
    l.weight.resize(static_cast<std::size_t>(l.out * l.in));
    l.bias.resize(static_cast<std::size_t>(l.out));
  }
};

// Structs of structs say how their members follow each other. Activations move no channels and may
// stay unmentioned.
template <>
struct slimming::layer_traits<app::Unit> {
  static feature_map connect(layer_scope& at, app::Unit& l, const feature_map& x) {
    return chain(at, x, named("conv", l.conv), named("norm", l.norm));
  }
};

template <>
struct slimming::layer_traits<app::Projection> {
  static feature_map connect(layer_scope& at, app::Projection& l, const feature_map& x) {
    return chain(at, x, named("conv", l.conv), named("norm", l.norm));
  }
};

template <>
struct slimming::layer_traits<app::Residual> {
  static feature_map connect(layer_scope& at, app::Residual& l, const feature_map& x) {
    return join(at, {l.shortcut ? chain(at, x, named("shortcut", *l.shortcut)) : x,
                     chain(at, x, named("first", l.first), named("second", l.second),
                           named("norm", l.norm))});
  }
};

template <>
struct slimming::layer_traits<app::Vgg> {
  static feature_map connect(layer_scope& at, app::Vgg& net, const feature_map& x) {
    return chain(at, flatten(at, chain(at, x, named("features", net.features))),
                 named("classifier", net.classifier));
  }
};

template <>
struct slimming::layer_traits<app::ResNet> {
  static feature_map connect(layer_scope& at, app::ResNet& net, const feature_map& x) {
    const auto y = chain(at, x, named("stem", net.stem), named("blocks", net.blocks));
    return chain(at, global_pool(at, y), named("head", net.head));
  }
};
