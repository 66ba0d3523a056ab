// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include "tests/support/random_net.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/net_builder.hpp"

namespace slimming::testing {

namespace {

class net_maker {
 public:
  net_maker(std::uint64_t seed, const random_net_options& options) : b_(seed), options_(options) {
    b_.net.opsets[""] = 21;
  }

  model run() {
    const auto in = b_.input({1, 3, options_.extent, options_.extent});
    push(b_.conv(in, width(), {.bias = coin()}));
    if (below(4) == 0) push(b_.conv(in, width(), {.kernel = 1}));
    for (int step = 0; step < options_.steps; ++step) {
      const auto add =
          steps()[static_cast<std::size_t>(below(static_cast<index_t>(steps().size())))];
      (this->*add)();
    }
    return finish();
  }

 private:
  using step = void (net_maker::*)();
  struct feature {
    value_id v;
    index_t channels, extent;
  };

  // Most of a network is convolutions and their norms; they come first so that the rest has material.
  static const std::vector<step>& steps() {
    static const std::vector<step> all = {&net_maker::convolution,    &net_maker::convolution,
                                          &net_maker::normalised,     &net_maker::normalised,
                                          &net_maker::activation,     &net_maker::residual,
                                          &net_maker::residual,       &net_maker::residual,
                                          &net_maker::concat,         &net_maker::concat,
                                          &net_maker::dense_block,    &net_maker::split,
                                          &net_maker::slice,          &net_maker::shuffle,
                                          &net_maker::depthwise,      &net_maker::grouped,
                                          &net_maker::squeeze,        &net_maker::shared,
                                          &net_maker::channel_select, &net_maker::prelu,
                                          &net_maker::pool,           &net_maker::sum,
                                          &net_maker::gate,           &net_maker::resize,
                                          &net_maker::depth_to_space, &net_maker::permutation,
                                          &net_maker::affine,         &net_maker::transposed,
                                          &net_maker::channel_split,  &net_maker::group_norm};
    return all;
  }

  index_t below(index_t n) { return b_.random().below(n); }
  bool coin() { return below(2) == 0; }
  index_t width() { return 4 + below(options_.max_width - 3); }
  /// A divisor of n that is greater than 1, or 1 if n is prime.
  index_t divisor(index_t n) {
    std::vector<index_t> all;
    for (index_t d = 2; d < n; ++d)
      if (n % d == 0) all.push_back(d);
    return all.empty() ? 1 : all[static_cast<std::size_t>(below(static_cast<index_t>(all.size())))];
  }

  void push(value_id v) {
    const shape e = b_.extents(v);
    pool_.push_back({v, e.at(1), e.at(2)});
  }
  /// Mostly a recent value: networks are deep rather than wide.
  const feature& pick() {
    const auto n = static_cast<index_t>(pool_.size());
    const index_t back = below(3) == 0 ? below(n) : below(std::min<index_t>(n, 3));
    return pool_[static_cast<std::size_t>(n - 1 - back)];
  }
  /// Other values with the same map, and the same width if asked.
  std::vector<feature> mates(const feature& f, bool same_width) {
    std::vector<feature> all;
    for (const feature& o : pool_)
      if (o.extent == f.extent && (!same_width || o.channels == f.channels) && o.v != f.v)
        all.push_back(o);
    return all;
  }
  value_id conv(value_id x, index_t out) {
    return b_.conv(x, out,
                   {.kernel = coin() ? 3 : 1, .dilation = below(5) == 0 ? 2 : 1, .bias = coin()});
  }
  value_id activate(value_id x) {
    switch (below(7)) {
      case 0:
        return b_.op("Sigmoid", {x});
      case 1:
        return b_.op("LeakyRelu", {x});
      case 2:
        return b_.op("HardSwish", {x});
      case 3:
        return b_.op("Clip", {x, b_.scalar(-0.5f), b_.scalar(2.f)});
      case 4:
        return b_.op("Softplus", {x});
      default:
        return b_.relu(x);
    }
  }

  void convolution() {
    const feature f = pick();
    push(b_.conv(f.v, width(),
                 {.kernel = coin() ? 3 : 1,
                  .stride = f.extent > 3 && below(4) == 0 ? 2 : 1,
                  .bias = coin()}));
  }
  void normalised() { push(b_.relu(b_.bn(conv(pick().v, width())))); }
  void activation() { push(activate(pick().v)); }
  void residual() {
    const feature f = pick();
    const value_id x = f.v;
    const index_t n = f.channels;
    switch (below(6)) {
      case 0:  // two convolutions
        return push(b_.relu(b_.add(x, b_.bn(conv(b_.relu(b_.bn(conv(x, width()))), n)))));
      case 1:  // preactivation
        return push(b_.add(x, conv(b_.relu(b_.bn(x)), n)));
      case 2:  // projection
      {
        const index_t m = width();
        return push(b_.add(b_.conv1(x, m), conv(b_.relu(conv(x, width())), m)));
      }
      case 3:  // inverted residual
        return push(b_.add(x, b_.conv1(b_.relu(b_.depthwise(b_.conv1(x, width()))), n)));
      case 4:  // new channels of zeros
      {
        const index_t before = below(3), after = 1 + below(3);
        const auto wide = b_.op("Pad", {x, b_.constant({0, before, 0, 0, 0, after, 0, 0})});
        return push(b_.add(wide, conv(x, n + before + after)));
      }
      default:  // something that is the same everywhere
        return push(b_.add(x, b_.conv1(b_.mean(x), n)));
    }
  }
  void concat() {
    const feature f = pick();
    std::vector<value_id> parts{f.v};
    for (const feature& o : mates(f, false))
      if (parts.size() < 4 && coin()) parts.push_back(o.v);
    if (parts.size() == 1) parts.push_back(conv(f.v, width()));
    if (below(3) == 0) parts.push_back(b_.concat(parts));  // nested
    const auto y = b_.concat(parts);
    push(b_.channels(y) > 4 * options_.max_width ? b_.conv1(y, width()) : y);
  }
  void dense_block() {
    value_id x = pick().v;
    for (int i = 0; i < 2; ++i) x = b_.concat({x, conv(b_.relu(b_.bn(x)), 4)});
    push(x);
  }
  void split() {
    const feature f = pick();
    if (f.channels < 4) return;
    const index_t first = 1 + below(f.channels - 2), rest = f.channels - first;
    const index_t second = 1 + below(rest - 1);
    const auto parts = second == rest ? b_.split(f.v, {first, rest})
                                      : b_.split(f.v, {first, second, rest - second});
    for (const auto part : parts)
      if (coin()) push(conv(part, width()));
    push(b_.concat({parts.back(), conv(parts.front(), width())}));
  }
  void channel_split() {  // two halves, one of them worked on, shuffled together
    const feature f = pick();
    if (f.channels % 2 != 0) return;
    const auto parts = b_.split(f.v, {f.channels / 2, f.channels / 2});
    push(b_.shuffle(b_.concat({parts[0], b_.relu(b_.bn(conv(parts[1], f.channels / 2)))}), 2));
  }
  void slice() {
    const feature f = pick();
    if (f.channels < 4) return;
    const index_t step = 1 + below(2), first = below(2);
    const auto y = b_.slice(f.v, first, f.channels - below(2), step);
    push(coin() ? y : b_.concat({y, f.v}));
  }
  void shuffle() {
    const feature f = pick();
    const index_t groups = divisor(f.channels);
    if (groups > 1) push(b_.shuffle(f.v, groups));
  }
  void depthwise() { push(b_.depthwise(pick().v, 1 + below(2))); }
  void grouped() {
    const feature f = pick();
    const index_t groups = divisor(f.channels);
    push(b_.conv(f.v, groups * (1 + below(3)), {.groups = groups}));
  }
  void transposed() {
    const feature f = pick();
    if (f.extent > options_.extent / 2) return;
    const index_t groups = coin() ? divisor(f.channels) : 1;
    push(b_.conv_transpose(f.v, groups * (1 + below(4)), groups));
  }
  void squeeze() { push(b_.squeeze_excite(pick().v, 4, coin() ? "Sigmoid" : "HardSigmoid")); }
  void shared() {
    const feature f = pick();
    const auto others = mates(f, true);
    const auto w = b_.weight({width(), f.channels, 1, 1});
    push(b_.op("Conv", {f.v, w}));
    if (!others.empty()) push(b_.op("Conv", {others.front().v, w}));
  }
  void channel_select() {
    const feature f = pick();
    ints kept;
    for (index_t i = 0; i < f.channels; ++i)
      if (below(3) != 0) kept.push_back(i);
    if (kept.empty()) return;
    const auto list = b_.constant(kept);
    const auto select = [&](const feature& from) {
      return b_.op("ChannelSelect", {b_.bn(from.v), list}, {}, "slimming");
    };
    push(conv(b_.relu(select(f)), width()));
    const auto others = mates(f, true);
    if (!others.empty() && coin()) push(conv(select(others.front()), width()));
    if (below(4) == 0)  // by an operator that is no selection
      push(conv(b_.op("Gather", {f.v, list}, {{"axis", index_t{1}}}), width()));
  }
  void prelu() {
    const feature f = pick();
    push(b_.op("PRelu", {f.v, b_.weight({f.channels, 1, 1}, 0, 0.5)}));
  }
  void pool() {
    const feature f = pick();
    if (f.extent < 4) return;
    push(b_.op(coin() ? "MaxPool" : "AveragePool", {f.v},
               {{"kernel_shape", ints{2, 2}}, {"strides", ints{2, 2}}}));
  }
  void sum() {
    const feature f = pick();
    std::vector<value_id> terms{f.v};
    for (const feature& o : mates(f, true))
      if (terms.size() < 3) terms.push_back(o.v);
    if (terms.size() > 1) push(b_.op(coin() ? "Sum" : "Max", terms));
  }
  void gate() {
    const feature f = pick();
    const auto others = mates(f, true);
    const auto g =
        others.empty() || coin() ? b_.conv1(f.v, coin() ? 1 : f.channels) : others.front().v;
    push(b_.mul(f.v, b_.op("Sigmoid", {g})));
  }
  void resize() {
    const feature f = pick();
    if (f.extent > options_.extent / 2) return;
    push(b_.op("Resize", {f.v, no_value, b_.vector({1, 1, 2, 2})},
               {{"mode", std::string(coin() ? "nearest" : "linear")}}));
  }
  void depth_to_space() {
    const feature f = pick();
    if (f.extent % 2 == 0 && f.channels <= options_.max_width)
      return push(b_.conv1(b_.op("SpaceToDepth", {f.v}, {{"blocksize", index_t{2}}}), width()));
    if (f.extent > options_.extent / 2) return;
    push(b_.op("DepthToSpace", {b_.conv1(f.v, 4 * (1 + below(3)))},
               {{"blocksize", index_t{2}}, {"mode", std::string(coin() ? "DCR" : "CRD")}}));
  }
  void permutation() {
    const feature f = pick();
    ints order;
    for (index_t i = 0; i < f.channels; ++i) order.push_back(i);
    slimming::shuffle(order, b_.random());
    push(b_.op("Gather", {f.v, b_.constant(order)}, {{"axis", index_t{1}}}));
  }
  void affine() {
    const feature f = pick();
    const auto scaled = b_.mul(f.v, b_.weight({1, f.channels, 1, 1}, 0.5, 1.5));
    push(b_.add(scaled, b_.weight({f.channels, 1, 1})));
  }
  void group_norm() {
    const feature f = pick();
    const auto scale = b_.weight({f.channels}), shift = b_.weight({f.channels});
    if (coin()) return push(b_.op("InstanceNormalization", {f.v, scale, shift}));
    push(b_.op("GroupNormalization", {f.v, scale, shift}, {{"num_groups", divisor(f.channels)}}));
  }

  /// Every value that nobody reads, and the last one, feed the classifier.
  model finish() {
    std::vector<value_id> vectors;
    for (const feature& f : pool_) {
      if (f.v != pool_.back().v && is_read(f.v)) continue;
      if (vectors.size() == 4 && f.v != pool_.back().v) continue;
      vectors.push_back(b_.flatten(f.extent <= 3 && coin() ? f.v : b_.mean(f.v)));
    }
    auto x = vectors.size() == 1 ? vectors[0] : b_.concat(vectors);
    if (coin()) x = b_.relu(b_.linear(x, width()));
    return b_.out(b_.linear(x, 5, coin()));
  }
  [[nodiscard]] bool is_read(value_id v) const {
    return std::any_of(b_.net.nodes().begin(), b_.net.nodes().end(), [v](const op_node& n) {
      return std::find(n.inputs.begin(), n.inputs.end(), v) != n.inputs.end();
    });
  }

  net_builder b_;
  random_net_options options_;
  std::vector<feature> pool_;
};

}  // namespace

model random_net(std::uint64_t seed, const random_net_options& options) {
  return net_maker(seed, options).run();
}

}  // namespace slimming::testing
