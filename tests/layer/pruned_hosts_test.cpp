// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
//
// Networks of an application's own structs, pruned in place, compute what they did with the removed
// channels silent, and fit together: every layer has heard of its new size.
#include <slimming/prune.hpp>
#include <slimming/surgery/undo.hpp>

#include <cstddef>
#include <string>
#include <vector>

#include "tests/layer/forward.hpp"
#include "tests/support/catch.hpp"

namespace sl = slimming;
using forward::image;
using forward::reals;
using sl::index_t;

namespace {

constexpr index_t side = 6;

// Two stages with the shortcuts of ResNet on CIFAR: zeros for the channels that the stream gains.
template <class Pad>
struct padded_residual {
  padded_residual(index_t before, index_t after)
      : widen{before, after}, second(4 + before + after, 4, false), norm(second.out, true) {}
  forward::conv stem{4, 3, true};
  Pad widen;
  forward::conv second;
  forward::norm norm;
  forward::conv third{5, second.out, false};
  forward::matrix head{3, 5, true};

  reals operator()(const image& input) const {
    const image x = forward::relu(stem(input));
    const image y = forward::relu(norm(forward::sum(widen(x), second(x))));
    return head(forward::average(forward::relu(third(y))).v);
  }
};

struct terms {
  forward::conv first{8, 3, true}, second{6, 8, false}, third{5, 6, true};
  forward::norm plain{8, false}, affine{6, true}, bare{6, false, false};
  forward::matrix hidden{7, 5, false}, head{3, 7, true};

  reals operator()(const image& input) const {
    const image x = forward::relu(plain(first(input)));
    const image y = forward::relu(bare(affine(second(x))));
    return head(hidden(forward::average(forward::relu(third(y))).v));
  }
};

struct odd {
  explicit odd(sl::rules::group_policy policy)
      : grouped(12, 8, true, 4, policy), up(8, 12, 4, policy) {}
  forward::conv stem{8, 3, true};
  forward::depthwise depthwise{8};
  forward::prelu each{8}, all{1};
  forward::conv grouped;
  forward::norm norm{12, true};
  forward::upconv up;
  forward::conv shared{8, 8, false};
  forward::matrix squeeze{3, 8, false}, excite{8, 3, true};
  forward::conv last{4, 8, false};
  forward::matrix head{3, 4 * 4 * side* side, true};

  reals operator()(const image& input) const {
    image x = each(depthwise(each(stem(input))));
    x = shared(all(shared(up(forward::relu(norm(grouped(x)))))));
    const reals gate = excite(squeeze(forward::average(x).v));
    for (std::size_t k = 0; k < x.v.size(); ++k) x.v[k] *= gate[k * gate.size() / x.v.size()];
    return head(forward::relu(last(x)).v);
  }
};

}  // namespace

template <>
struct slimming::layer_traits<terms> {
  static feature_map connect(layer_scope& at, terms& l, const feature_map& input) {
    const auto x =
        chain(at, input, named("first", l.first), named("plain", l.plain),
              named("second", l.second), named("affine", l.affine), named("bare", l.bare));
    return chain(at, global_pool(at, chain(at, x, named("third", l.third))),
                 named("hidden", l.hidden), named("head", l.head));
  }
};

template <>
struct slimming::layer_traits<odd> {
  static feature_map connect(layer_scope& at, odd& l, const feature_map& input) {
    const auto x = chain(at, input, named("stem", l.stem), named("each", l.each),
                         named("depthwise", l.depthwise), named("each", l.each),
                         named("grouped", l.grouped), named("norm", l.norm), named("up", l.up),
                         named("shared", l.shared), named("all", l.all), named("shared", l.shared));
    const auto gate =
        chain(at, global_pool(at, x), named("squeeze", l.squeeze), named("excite", l.excite));
    const auto y = chain(at, join(at, {x, gate}), named("last", l.last));
    return chain(at, flatten(at, y), named("head", l.head));
  }
};

template <class Pad>
struct slimming::layer_traits<padded_residual<Pad>> {
  static feature_map connect(layer_scope& at, padded_residual<Pad>& l, const feature_map& input) {
    const auto x = chain(at, input, named("stem", l.stem));
    const auto y =
        join(at, {chain(at, x, named("pad", l.widen)), chain(at, x, named("second", l.second))});
    const auto z = chain(at, y, named("norm", l.norm), named("third", l.third));
    return chain(at, global_pool(at, z), named("head", l.head));
  }
};

namespace {

template <class Net>
sl::channel_graph describe(Net& net) {
  sl::channel_graph graph;
  sl::output(graph, sl::connect(graph, net, sl::input(graph, 3, {side, side})));
  return graph;
}

// Zeroes what makes the removed channels, wherever they are made.
template <class Net>
void silence(Net& net, const sl::prune_plan& plan) {
  const sl::channel_graph graph = describe(net);
  for (const auto& b : graph.bindings()) {
    if (b.as == sl::role::weight_in || b.as == sl::role::slope) continue;
    const sl::array_ref& a = graph.at(b.parameter).value.array;
    const sl::mask& keep = plan.keep(b.at);
    for (index_t k = 0; k < a.size(); ++k)
      if (!keep[k / a.stride[b.axis] % a.extent[b.axis]]) reinterpret_cast<double*>(a.data)[k] = 0;
  }
}

template <class Net>
void check_same_outputs(const Net& wanted, const Net& got) {
  for (int k = 0; k < 3; ++k) {
    const image x{3, side, side, forward::random(3 * side * side)};
    const reals a = wanted(x), b = got(x);
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i] == Approx(b[i]).margin(1e-12));
  }
}

// Prunes a copy, compares it with the masked one, and undoes it.
template <class Net, class Criterion>
Net check_pruned(const Net& net, Criterion criterion, const sl::policy& policy) {
  Net pruned = net, masked = net;
  const sl::channel_graph graph = describe(pruned);
  CHECK(sl::verify(graph).empty());
  const sl::prune_plan plan = sl::make_plan(graph, criterion, policy);
  CHECK(plan.after().parameters < plan.before().parameters);
  sl::undo_log log = sl::apply_undoable(graph, plan);
  silence(masked, plan);
  check_same_outputs(masked, pruned);
  Net result = pruned;
  CHECK(sl::cost_of(describe(result)) == plan.after());
  log.restore();
  check_same_outputs(net, pruned);
  return result;
}

}  // namespace

TEST_CASE("padded channels of a shortcut go, and the pad hears of it") {
  for (const auto& [before, after] : {std::pair<index_t, index_t>{0, 4}, {3, 3}, {4, 0}, {2, 4}}) {
    INFO("pad of " << before << " and " << after);
    padded_residual<forward::pad> net(before, after);
    for (index_t c = 0; c < before + after + 4; ++c)  // padded channels go first
      if (c < before || c >= before + 4) net.norm.gamma[forward::number(c)] *= 1e-3;
    const auto pruned = check_pruned(net, sl::bn_gamma{}, sl::global_ratio{0.3});
    CHECK(pruned.widen.before + pruned.widen.after < before + after);
    CHECK(pruned.widen.before + pruned.stem.out + pruned.widen.after == pruned.norm.n);
    (void)check_pruned(net, sl::l2_norm{}, sl::per_layer_ratio{0.5});
    (void)check_pruned(net, sl::random_choice{5}, sl::global_ratio{0.4});
  }
}

TEST_CASE("a pad that cannot hear of it keeps its channels, and the plan says why") {
  padded_residual<forward::rigid_pad> net(1, 3);
  for (double& g : net.norm.gamma) g *= 1e-3;
  const auto pruned = check_pruned(net, sl::l2_norm{}, sl::global_ratio{0.5});
  CHECK(pruned.norm.n == pruned.stem.out + 4);
  CHECK(pruned.stem.out < 4);
  const auto plan = sl::make_plan(describe(net), sl::l2_norm{}, sl::global_ratio{0.5});
  index_t named = 0;
  for (const auto& s : plan.skipped())
    if (s.reason.find("no resized(L&") != std::string::npos) named += s.channels;
  CHECK(named == 4);
}

TEST_CASE("layers of one type with and without biases and affine terms") {
  const terms net;
  (void)check_pruned(net, sl::l2_norm{}, sl::global_ratio{0.4});
  (void)check_pruned(net, sl::l1_norm{}, sl::per_layer_ratio{0.5});
  // Only the norms with scale factors are ranked by them; the others hear of what goes.
  const auto pruned = check_pruned(net, sl::bn_gamma{}, sl::global_ratio{0.5});
  CHECK(pruned.plain.n == 8);
  CHECK(pruned.affine.n == 3);
  CHECK(pruned.bare.n == 3);
  CHECK(pruned.bare.gamma.empty());
}

TEST_CASE("a norm that is used twice has equal channels at both places, with arrays or without") {
  forward::norm bare(4, false, false), plain(4, false);
  for (forward::norm* shared : {&bare, &plain}) {
    sl::channel_graph graph;
    const sl::feature_map a{graph.add(4, "a"), {}, false}, b{graph.add(4, "b"), {}, false};
    (void)sl::chain(graph, a, sl::named("norm", *shared));
    (void)sl::chain(graph, b, sl::named("norm", *shared));
    CHECK(graph.representative(a.c, 2) == graph.representative(b.c, 2));
    const sl::feature_map c{graph.add(5, "c"), {}, false};
    CHECK_THROWS_AS(sl::chain(graph, c, sl::named("other", *shared)), sl::shape_mismatch);
  }
}

TEST_CASE("grouped, depthwise and transposed convolutions, PReLU, shared layers and gates") {
  for (const auto policy :
       {sl::rules::group_policy::same_positions, sl::rules::group_policy::whole_groups}) {
    const odd net(policy);
    (void)check_pruned(net, sl::l2_norm{}, sl::global_ratio{0.4});
    (void)check_pruned(net, sl::bn_gamma{}, sl::global_ratio{0.5});
    (void)check_pruned(net, sl::random_choice{3}, sl::per_layer_ratio{0.6});
  }
}
