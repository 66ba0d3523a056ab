// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
//
// What surgery promises when something goes wrong on the way: memory, owners, runners.
#include <slimming/surgery/apply.hpp>

#include <functional>
#include <new>
#include <stdexcept>
#include <vector>

#include "tests/plan/support.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/memory_meter.hpp"
#include "tests/surgery/app.hpp"
#include "tests/surgery/support.hpp"

namespace sl = slimming;

namespace {

using test::app;
using test::layer;
using test_support::memory_meter;

sl::prune_plan half_of(const sl::channel_graph& graph) {
  return sl::make_plan(graph, sl::l2_norm{}, sl::per_layer_ratio{0.5});
}

// Makes the first, second, ... allocation of \p surgery on an app fail until none does. Returns how
// many it makes.
std::size_t fail_every_allocation(
    const std::function<void(app&)>& prepare,
    const std::function<void(const sl::channel_graph&, const sl::prune_plan&)>& surgery) {
  for (std::size_t n = 1;; ++n) {
    app a;
    prepare(a);
    const app before = a;
    const auto graph = a.graph();
    const auto plan = half_of(graph);
    memory_meter::fails_in = n;
    bool has_failed = false;
    try {
      surgery(graph, plan);
    } catch (const std::bad_alloc&) {
      has_failed = true;
    }
    const bool is_over = memory_meter::fails_in != 0;
    memory_meter::fails_in = 0;
    if (is_over) {
      CHECK_FALSE(has_failed);
      return n - 1;
    }
    REQUIRE(has_failed);
    REQUIRE(a.layers == before.layers);
  }
}

// Runs tasks in order and throws in place of task number \p at of all that it is given.
struct failing_runner {
  int at;
  mutable int ran = 0;

  template <class Body>
  void operator()(std::size_t n, Body&& body) const {
    for (std::size_t k = 0; k < n; ++k) {
      if (ran++ == at) throw std::runtime_error("no thread");
      body(k);
    }
  }
};

}  // namespace

TEST_CASE("whichever allocation fails, the network is as it was") {
  const auto in_place = [](const auto& graph, const auto& plan) {
    sl::apply_in_place(graph, plan);
  };
  const auto undoable = [](const auto& graph, const auto& plan) {
    (void)sl::apply_undoable(graph, plan);
  };
  const auto with = [](bool is_noexcept) {
    return [=](app& a) {
      for (layer& l : a.layers) {
        l.is_noexcept = is_noexcept;
        l.allocates = !is_noexcept;
      }
    };
  };
  const std::size_t bare = fail_every_allocation(with(true), in_place);
  CHECK(bare > 0);
  CHECK(fail_every_allocation(with(true), undoable) > bare);
  CHECK(fail_every_allocation(with(false), in_place) > bare);
  CHECK(fail_every_allocation(with(false), undoable) > bare);
}

TEST_CASE("whichever allocation fails, undoing leaves the network pruned or as it was") {
  for (std::size_t n = 1;; ++n) {
    app a;
    for (layer& l : a.layers) l.allocates = true;
    const app before = a;
    const auto graph = a.graph();
    auto log = sl::apply_undoable(graph, half_of(graph));
    const app pruned = a;
    memory_meter::fails_in = n;
    bool has_failed = false;
    try {
      log.restore();
    } catch (const std::bad_alloc&) {
      has_failed = true;
    }
    const bool is_over = memory_meter::fails_in != 0;
    memory_meter::fails_in = 0;
    REQUIRE(a.layers == (has_failed ? pruned : before).layers);
    if (is_over) break;
    REQUIRE(has_failed);
    log.restore();
    REQUIRE(a.layers == before.layers);
  }
}

TEST_CASE("what a runner that throws leaves undone is done all the same") {
  app reference;
  const auto expected = half_of(reference.graph());
  sl::apply_in_place(reference.graph(), expected);
  for (const bool is_noexcept : {true, false}) {
    int at = 0;
    for (bool is_cut = false; at < 100; ++at) {
      app a;
      for (layer& l : a.layers) l.is_noexcept = is_noexcept;
      const app before = a;
      const auto graph = a.graph();
      const failing_runner run{at};
      bool has_thrown = false;
      try {
        sl::apply_in_place(graph, half_of(graph), run);
      } catch (const std::runtime_error&) {
        has_thrown = true;
      }
      REQUIRE(a.layers == (has_thrown ? before : reference).layers);
      CHECK_FALSE((is_cut && has_thrown));  // once begun it is carried through
      is_cut = !has_thrown;
      if (run.ran <= at) break;  // it had no task to throw at
    }
    CHECK(at > 3);
    CHECK(at < 100);
  }
}

TEST_CASE("owners that may throw hear first, so others may reallocate") {
  app a;
  a.layers[0].is_noexcept = a.layers[1].is_noexcept = true;
  a.layers[0].reallocates = a.layers[1].reallocates = true;
  a.layers[2].throw_at = 1;
  const app before = a;
  const auto graph = a.graph();
  const auto plan = half_of(graph);
  CHECK_THROWS_AS(sl::apply_in_place(graph, plan), std::runtime_error);
  CHECK(a.layers == before.layers);
  CHECK(a.layers[0].heard == 0);
  CHECK(a.layers[1].heard == 0);
  sl::apply_in_place(graph, plan);
  for (const layer& l : a.layers)
    CHECK(l.extents == plan.cut(plan.find(l.name + ".weight")).after());
}
