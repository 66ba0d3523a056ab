// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/surgery/apply.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <tuple>
#include <vector>

#include "tests/plan/support.hpp"
#include "tests/support/catch.hpp"
#include "tests/surgery/app.hpp"
#include "tests/surgery/support.hpp"

namespace sl = slimming;

namespace {

using test::app;
using test::layer;

const auto backwards = [](std::size_t n, auto&& body) {
  while (n-- > 0) body(n);
};

sl::parameter named(const std::string& name, sl::any_tensor& t) { return {name, t.ref()}; }

}  // namespace

TEST_CASE("every array of every net is cut as the naive gather cuts it") {
  for (std::uint64_t seed = 0; seed < 40; ++seed)
    for (const double ratio : {0.0, 0.3, 0.5, 0.9}) {
      test::net n = seed % 2 ? test::varied_net(seed) : test::selecting_net(seed);
      const auto p = sl::make_plan(n.graph, sl::random_choice{seed}, sl::global_ratio{ratio});
      std::vector<std::vector<std::byte>> expected;
      for (std::size_t k = 0; k < n.graph.parameters().size(); ++k)
        expected.push_back(
            test::naive_slice(n.graph.parameters()[k].value.array, p.record().parameters[k].axes));
      sl::apply_in_place(n.graph, p);
      for (std::size_t k = 0; k < expected.size(); ++k) {
        if (p.record().parameters[k].entries) continue;  // renumbered: see below
        const auto bytes = n.tensor(sl::parameter_id{static_cast<std::int32_t>(k)}).bytes();
        REQUIRE(std::equal(expected[k].begin(), expected[k].end(), bytes.begin()));
      }
    }
}

TEST_CASE("in place, into other memory, and any order of tasks give the same bytes") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    test::net a = seed % 2 ? test::varied_net(seed) : test::selecting_net(seed);
    test::net b = seed % 2 ? test::varied_net(seed) : test::selecting_net(seed);
    const auto p = sl::make_plan(a.graph, sl::random_choice{seed}, sl::global_ratio{0.5});
    const auto before = a.bytes();
    const auto copies = sl::sliced(a.graph, p);
    CHECK(a.bytes() == before);
    sl::apply_in_place(a.graph, p);
    sl::apply_in_place(b.graph, p, backwards);
    CHECK(a.bytes() == b.bytes());
    for (std::size_t k = 0; k < copies.size(); ++k) {
      CHECK(copies[k].extents() == p.record().parameters[k].after());
      REQUIRE(std::equal(copies[k].bytes().begin(), copies[k].bytes().end(),
                         a.tensor(sl::parameter_id{static_cast<std::int32_t>(k)}).bytes().begin()));
    }
  }
}

TEST_CASE("a selection's list is cut and renumbered by what stays of the wide side") {
  test::net n = test::selecting_net();
  const auto p = sl::make_plan(n.graph, sl::random_choice{3}, sl::global_ratio{0.6});
  const auto& select = n.graph.selects()[1];
  const auto wide = p.keep(select.wide).indices(), narrow = p.keep(select.narrow).indices();
  REQUIRE(wide.size() < 16);
  REQUIRE(narrow.size() < wide.size());
  sl::apply_in_place(n.graph, p);
  const auto entries = n.tensor("select_b.indices").values<sl::index_t>();
  for (std::size_t j = 0; j < narrow.size(); ++j)
    CHECK(wide[static_cast<std::size_t>(entries[j])] == narrow[j]);  // it was the identity
}

TEST_CASE("owners hear of their new extents once, after every array has moved") {
  app a;
  app reference = a;
  const auto g = a.graph();
  const auto p = sl::make_plan(g, sl::l2_norm{}, sl::per_layer_ratio{0.5});
  std::vector<std::vector<std::byte>> expected;
  for (const auto& record : g.parameters())
    expected.push_back(test::naive_slice(record.value.array, {}));
  sl::apply_in_place(g, p);
  for (std::size_t k = 0; k < 3; ++k) {
    const layer &l = a.layers[k], &r = reference.layers[k];
    const auto out = p.end_mask(l.name + ".weight").indices();
    const auto in = p.start_mask(l.name + ".weight").indices();
    CHECK(l.heard == 1);
    REQUIRE(l.extents == sl::shape{sl::index_t(out.size()), sl::index_t(in.size())});
    for (std::size_t o = 0; o < out.size(); ++o) {
      CHECK(l.bias[o] == r.bias[static_cast<std::size_t>(out[o])]);
      for (std::size_t i = 0; i < in.size(); ++i)
        CHECK(l.weight[o * in.size() + i] ==
              r.weight[static_cast<std::size_t>(out[o] * r.extents[1] + in[i])]);
    }
  }
}

TEST_CASE("an owner whose arrays keep their shape hears nothing") {
  app a;
  const auto g = a.graph();
  sl::apply_in_place(g, sl::make_plan(g, sl::l2_norm{}, sl::global_ratio{0.0}));
  for (const layer& l : a.layers) CHECK(l.heard == 0);
}

TEST_CASE("an owner that refuses leaves everything as it was") {
  for (std::size_t who = 0; who < 3; ++who) {
    app a;
    const app before = a;
    a.layers[who].refuse_at = 1;
    const auto g = a.graph();
    const auto p = sl::make_plan(g, sl::l2_norm{}, sl::per_layer_ratio{0.5});
    const auto text = test::message_of([&] { sl::apply_in_place(g, p); });
    CHECK(test::contains(text, "owner_refused: " + a.layers[who].name + ".weight"));
    CHECK(a.layers == before.layers);
    for (const layer& l : a.layers) CHECK(l.heard == 0);
  }
}

TEST_CASE("an owner that throws leaves everything as it was, whoever heard before") {
  for (std::size_t who = 0; who < 3; ++who) {
    app a;
    const app before = a;
    a.layers[who].throw_at = 1;
    const auto g = a.graph();
    const auto p = sl::make_plan(g, sl::l2_norm{}, sl::per_layer_ratio{0.5});
    CHECK_THROWS_AS(sl::apply_in_place(g, p), std::runtime_error);
    CHECK(a.layers == before.layers);
    a.layers[who].throw_at = 0;
    sl::apply_in_place(g, p);  // and the second try works
    CHECK(a.layers[1].extents == p.cut(p.find("b.weight")).after());
  }
}

TEST_CASE("undoing gives back every byte and every extent") {
  app a;
  const app before = a;
  const auto g = a.graph();
  const auto p = sl::make_plan(g, sl::l2_norm{}, sl::per_layer_ratio{0.5});
  auto log = sl::apply_undoable(g, p);
  CHECK_FALSE(a.layers == before.layers);
  log.restore();
  CHECK(a.layers == before.layers);
  CHECK(log.is_empty());

  test::net n = test::selecting_net(5);
  const auto bytes = n.bytes();
  auto net_log = sl::apply_undoable(
      n.graph, sl::make_plan(n.graph, sl::random_choice{3}, sl::global_ratio{0.6}));
  CHECK(n.bytes() != bytes);
  net_log.restore();
  CHECK(n.bytes() == bytes);
}

TEST_CASE("a plan for another shape, name or set of parameters is declined by name and number") {
  app a;
  const app before = a;
  const auto p = sl::make_plan(a.graph(), sl::l2_norm{}, sl::per_layer_ratio{0.5});
  app other;
  other.layers[1] = layer("b", sl::shape{10, 12}, 4);
  other.layers[2] = layer("c", sl::shape{4, 10}, 4);
  CHECK(test::message_of([&] { sl::apply_in_place(other.graph(), p); }) ==
        "slimming: plan_mismatch: b.weight axis 0: planned for 9, got 10");
  other = a;
  other.layers[1].name = "x";
  CHECK(test::contains(test::message_of([&] { sl::apply_in_place(other.graph(), p); }),
                       "plan_mismatch: x.weight: the plan has no parameter of this name"));
  sl::any_tensor w(sl::dtype::float32, {12, 5});
  const sl::parameter only[] = {named("a.weight", w)};
  CHECK(test::contains(test::message_of([&] { sl::apply_in_place(only, p.record()); }),
                       "the plan cuts it, and the network has no such parameter"));
  const sl::parameter twice[] = {named("a.weight", w), named("a.weight", w)};
  CHECK(test::contains(test::message_of([&] { sl::apply_in_place(twice, p.record()); }),
                       "two parameters of the network have this name"));
  CHECK(a.layers == before.layers);
}

TEST_CASE("the same plan cuts averaged weights and optimiser moments, found by name") {
  test::net n = test::varied_net(1), moments = test::varied_net(2);
  const auto p = sl::make_plan(n.graph, sl::l2_norm{}, sl::global_ratio{0.5});
  std::vector<sl::parameter> loose;
  for (const auto& record : moments.graph.parameters()) loose.push_back(record.value);
  std::reverse(loose.begin(), loose.end());
  test::net expected = test::varied_net(2);
  sl::apply_in_place(expected.graph, p);
  sl::apply_in_place(loose, p.record());
  CHECK(moments.bytes() == expected.bytes());
}

TEST_CASE("an array without elements is cut for its owner's ears; by name, nobody misses it") {
  sl::channel_graph g;
  const auto c = g.add(4, "c");
  std::vector<float> w{1, 2, 3, 4}, copy = w;
  g.bind(g.add({"w", sl::view(w.data(), 4)}), 0, c, sl::role::weight);
  std::vector<sl::index_t> told;
  const sl::parameter_owner owner{&told, nullptr, [](void* o, std::span<const sl::index_t> e) {
                                    static_cast<std::vector<sl::index_t>*>(o)->assign(e.begin(),
                                                                                      e.end());
                                  }};
  const sl::array_ref extents(nullptr, sl::dtype::float32, std::vector<sl::index_t>{4, 0});
  g.bind(g.add({"extents", extents, owner}), 0, c, sl::role::statistic);
  const auto p = sl::make_plan(g, sl::l1_norm{}, sl::global_ratio{0.5});
  CHECK(p.before().parameters == 4);
  auto log = sl::apply_undoable(g, p);
  CHECK(told == std::vector<sl::index_t>{2, 0});
  log.restore();
  CHECK(told == std::vector<sl::index_t>{4, 0});
  CHECK(w == copy);

  const sl::parameter loose{"w", sl::view(copy.data(), 4)};
  sl::apply_in_place(std::span(&loose, 1), p.record());
  CHECK(copy[0] == 3);
  CHECK(copy[1] == 4);
}

TEST_CASE("memory that is gone, strided, read-only or shared is declined before the first write") {
  sl::any_tensor t(sl::dtype::float32, {4, 6});
  test::fill_bytes(t, 1);
  const auto bytes = test::naive_slice(t.ref(), {});
  const auto try_with = [&](const std::function<void(std::vector<sl::parameter>&)>& edit) {
    std::vector<sl::parameter> all = {named("w", t)};
    sl::plan_record plan{{{"w", {4, 6}, {{1, {0, 2}}}}}, {}, {}, {}};
    edit(all);
    for (std::size_t k = 1; k < all.size(); ++k)
      plan.parameters.push_back(
          {all[k].name, {all[k].array.extents().begin(), all[k].array.extents().end()}});
    return test::message_of([&] { sl::apply_in_place(all, plan); });
  };
  using list = std::vector<sl::parameter>;
  CHECK(test::contains(try_with([](list& l) { l[0].array.data = nullptr; }), "no memory"));
  CHECK(test::contains(try_with([](list& l) { l[0].array.read_only = true; }), "read-only"));
  CHECK(test::contains(try_with([](list& l) { l[0].array.stride[0] = 7; }), "not contiguous"));
  CHECK(test::contains(try_with([&](list& l) {
                         const sl::index_t n[] = {3};
                         l.push_back({"b", sl::array_ref(t.ref().data + 8, sl::dtype::float32, n)});
                       }),
                       "shares memory with"));
  CHECK(test::naive_slice(t.ref(), {}) == bytes);
  CHECK(try_with([](list&) {}).empty());
}

TEST_CASE("weights that two layers share move once") {
  sl::channel_graph g;
  sl::any_tensor w(sl::dtype::float32, {6, 6});
  test::fill_bytes(w, 3);
  const auto x = g.add(6, "x"), y = g.add(6, "y"), z = g.add(6, "z");
  for (const auto& [in, out] : {std::pair{x, y}, std::pair{y, z}}) {
    const auto p = g.add({"shared", w.ref()});
    g.bind(p, 0, out, sl::role::weight);
    g.bind(p, 1, in, sl::role::weight_in);
  }
  const sl::channel_groups groups(g);
  sl::mask keep(groups.count());
  keep.set(groups.group_of(x, 1), false);
  keep.set(groups.group_of(y, 4), false);
  const sl::prune_plan p(g, groups, keep);
  CHECK(p.keep(z) == p.keep(y));  // bound twice: tied
  const auto expected = test::naive_slice(w.ref(), p.record().parameters[0].axes);
  sl::apply_in_place(g, p);
  CHECK(std::equal(expected.begin(), expected.end(), w.bytes().begin()));
}

TEST_CASE("every layer over shared weights is asked and told once, and each may refuse") {
  const auto graph_of = [](layer& a, layer& b) {
    sl::channel_graph g;
    const auto x = g.add(6, "x"), y = g.add(6, "y"), z = g.add(6, "z");
    for (const auto& [in, out, l] :
         {std::tuple{x, y, &a}, std::tuple{y, z, &b}, std::tuple{z, z, &a}}) {
      const auto p = g.add(
          {l->name, sl::array_ref(a.weight.data(), sl::dtype::float32, a.extents), l->owner()});
      g.bind(p, 0, out, sl::role::weight);
      g.bind(p, 1, in, sl::role::weight_in);
    }
    return g;
  };
  layer a("a", {6, 6}, 1), b("b", {6, 6}, 2);
  const auto before = a.weight;
  const auto g = graph_of(a, b);
  const auto p = sl::make_plan(g, sl::l2_norm{}, sl::global_ratio{0.5});
  REQUIRE(p.keep(sl::channels{0}).count() == 3);
  b.refuse_at = 1;
  CHECK(test::contains(test::message_of([&] { sl::apply_in_place(g, p); }), "owner_refused: a"));
  CHECK(a.weight == before);
  b.refuse_at = 0;
  auto log = sl::apply_undoable(g, p);
  for (const layer* l : {&a, &b}) {
    CHECK(l->heard == 1);
    CHECK(l->extents == sl::shape{3, 3});
  }
  log.restore();
  for (const layer* l : {&a, &b}) {
    CHECK(l->heard == 2);
    CHECK(l->extents == sl::shape{6, 6});
  }
  CHECK(a.weight == before);
}

TEST_CASE("a plan that would empty a parameter is declined by name and axis") {
  for (const sl::index_t width : {2, 100}) {  // rows of short and of long blocks
    sl::any_tensor t(sl::dtype::float32, {4, width});
    test::fill_bytes(t, 1);
    const auto bytes = test::naive_slice(t.ref(), {});
    const sl::parameter all[] = {named("w", t)};
    const sl::plan_record plan{{{"w", {4, width}, {{0, {}}}}}, {}, {}, {}};
    const std::string complaint =
        "slimming: bad_value: w axis 0: nothing of 4 would stay; keep at least one index";
    CHECK(test::message_of([&] { sl::apply_in_place(all, plan); }) == complaint);
    CHECK(test::message_of([&] { (void)sl::apply_undoable(all, plan); }) == complaint);
    CHECK(test::message_of([&] { (void)sl::sliced(all, plan); }) == complaint);
    CHECK(test::naive_slice(t.ref(), {}) == bytes);
  }
}

TEST_CASE("an array without elements is cut like any other") {
  for (const sl::shape& extents : {sl::shape{0, 4}, sl::shape{4, 0}, sl::shape{0, 4, 100}}) {
    sl::any_tensor t(sl::dtype::float32, extents);
    const sl::parameter all[] = {named("w", t)};
    const std::size_t axis = extents[0] == 0 ? 1 : 0;
    const sl::plan_record plan{{{"w", extents, {{axis, {1, 2}}}}}, {}, {}, {}};
    auto log = sl::apply_undoable(all, plan);
    log.restore();
    CHECK(sl::sliced(all, plan)[0].extents() == plan.parameters[0].after());
  }
}

TEST_CASE("a list may name channels of a value of any width") {
  std::vector<std::int64_t> list = {7, sl::index_t{1} << 61, 7};
  const sl::parameter all[] = {{"list", sl::view(list.data(), 3)}};
  sl::plan_record plan{{{"list", {3}, {}, sl::entry_cut{sl::index_t{1} << 62, {7}}}}, {}, {}, {}};
  CHECK(test::contains(test::message_of([&] { sl::apply_in_place(all, plan); }),
                       "bad_value: list: entry 2305843009213693952 names no channel that stays"));
  plan.parameters[0].entries->kept = {3, 7, sl::index_t{1} << 61};
  sl::apply_in_place(all, plan);
  CHECK(list == std::vector<std::int64_t>{1, 2, 1});
}

TEST_CASE("a list that names a channel that goes is declined before the first write") {
  test::net n = test::selecting_net();
  const auto p = sl::make_plan(n.graph, sl::random_choice{3}, sl::global_ratio{0.6});
  const auto gone = p.keep(n.graph.selects()[0].wide).complement().indices().front();
  for (auto& e : n.tensor("select_a.indices").values<sl::index_t>()) e = gone;
  const auto bytes = n.bytes();
  CHECK(test::contains(test::message_of([&] { sl::apply_in_place(n.graph, p); }),
                       "select_a.indices: entry " + std::to_string(gone)));
  CHECK(n.bytes() == bytes);
}

TEST_CASE("a graph with a parameter whose owner was moved from is declined") {
  app a;
  const app moved_to = std::move(a);
  a.layers = moved_to.layers;
  std::vector<float> taken = std::move(a.layers[1].weight);
  const auto g = a.graph();
  CHECK(test::contains(
      test::message_of([&] { (void)sl::make_plan(g, sl::l2_norm{}, sl::per_layer_ratio{0.5}); }),
      "bad_value: b.weight: has 108 elements and no memory"));
  const auto p = sl::make_plan(g, sl::random_choice{1}, sl::global_ratio{0.5});
  CHECK(test::contains(test::message_of([&] { sl::apply_in_place(g, p); }), "b.weight"));
}

TEST_CASE("apply_into declines destinations that do not fit or overlap a source") {
  sl::any_tensor t(sl::dtype::float32, {4, 6}), right(sl::dtype::float32, {4, 2}),
      wrong(sl::dtype::float32, {2, 4});
  test::fill_bytes(t, 1);
  const sl::parameter all[] = {named("w", t)};
  const sl::plan_record plan{{{"w", {4, 6}, {{1, {0, 2}}}}}, {}, {}, {}};
  const auto into = [&](std::vector<sl::array_ref> destinations) {
    return test::message_of([&] { sl::apply_into(all, plan, destinations); });
  };
  CHECK(test::contains(into({}), "shape_mismatch: apply_into: destinations: expected 1, got 0"));
  CHECK(test::contains(into({wrong.ref()}), "expected (4, 2), got (2, 4)"));
  const sl::index_t extents[] = {4, 2};
  CHECK(test::contains(into({sl::array_ref(t.ref().data + 4, sl::dtype::float32, extents)}),
                       "shares memory"));
  CHECK(into({right.ref()}).empty());
  const auto expected = test::naive_slice(t.ref(), plan.parameters[0].axes);
  CHECK(std::equal(expected.begin(), expected.end(), right.bytes().begin()));
}
