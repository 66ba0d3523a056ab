// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/surgery/undo.hpp>

#include <slimming/surgery/apply.hpp>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <vector>

#include "tests/plan/support.hpp"
#include "tests/support/catch.hpp"
#include "tests/surgery/support.hpp"

namespace sl = slimming;

namespace {

struct holder {
  std::vector<float> x = std::vector<float>(24);
  bool is_full = false;  // declines to grow

  static void resized(void* self, std::span<const sl::index_t> e) {
    auto& h = *static_cast<holder*>(self);
    const auto n = static_cast<std::size_t>(sl::element_count(e));
    if (h.is_full && n > h.x.size()) throw std::runtime_error("full");
    h.x.resize(n);
  }
  sl::parameter named(const std::string& name) {
    return {name, sl::view(x.data(), 4, 6), {this, nullptr, resized, false}};
  }
};

}  // namespace

TEST_CASE("an empty log has nothing to give back") {
  sl::undo_log log;
  CHECK(log.is_empty());
  CHECK_NOTHROW(log.restore());
}

TEST_CASE("weights trained since surgery stay among the restored ones") {
  holder h;
  for (std::size_t k = 0; k < 24; ++k) h.x[k] = static_cast<float>(k);
  const sl::parameter all[] = {h.named("w")};
  const sl::plan_record plan{{{"w", {4, 6}, {{0, {1, 2}}, {1, {0, 5}}}}}, {}, {}, {}};
  auto log = sl::apply_undoable(all, plan);
  REQUIRE(h.x == std::vector<float>{6, 11, 12, 17});
  h.x[1] = -1;
  log.restore();
  REQUIRE(h.x.size() == 24);
  for (std::size_t k = 0; k < 24; ++k) CHECK(h.x[k] == (k == 11 ? -1.0f : static_cast<float>(k)));
}

TEST_CASE("where memory has moved, the old shape is put together elsewhere") {
  test::net n = test::selecting_net(2);
  const auto before = n.bytes();
  const auto p = sl::make_plan(n.graph, sl::random_choice{3}, sl::global_ratio{0.6});
  const auto log = sl::apply_undoable(n.graph, p);
  std::vector<std::byte> restored;
  for (std::size_t k = 0; k < n.graph.parameters().size(); ++k) {
    const auto& cut = p.record().parameters[k];
    sl::any_tensor& t = n.tensor(sl::parameter_id{static_cast<std::int32_t>(k)});
    sl::any_tensor full(t.type(), cut.before);
    const sl::array_ref pruned(t.bytes().data(), t.type(), cut.after());
    log.restore_into(cut.name, pruned, full.ref());
    restored.insert(restored.end(), full.bytes().begin(), full.bytes().end());
  }
  CHECK(restored == before);
}

TEST_CASE("restoring into the wrong shape or an unknown name is declined") {
  holder h;
  const sl::parameter all[] = {h.named("w")};
  const sl::plan_record plan{{{"w", {4, 6}, {{0, {1, 2}}}}}, {}, {}, {}};
  const auto log = sl::apply_undoable(all, plan);
  sl::any_tensor full(sl::dtype::float32, {4, 6}), pruned(sl::dtype::float32, {2, 6});
  CHECK_THROWS_AS(log.restore_into("v", pruned.ref(), full.ref()), sl::bad_value);
  CHECK_THROWS_AS(log.restore_into("w", full.ref(), full.ref()), sl::shape_mismatch);
  CHECK_THROWS_AS(log.restore_into("w", pruned.ref(), pruned.ref()), sl::shape_mismatch);
}

TEST_CASE("an owner that cannot grow back leaves the pruned net as it was") {
  holder a, b;
  b.is_full = true;
  for (std::size_t k = 0; k < 24; ++k) a.x[k] = b.x[k] = static_cast<float>(k);
  const sl::parameter all[] = {a.named("a"), b.named("b")};
  const sl::plan_record plan{{{"a", {4, 6}, {{0, {1, 2}}}}, {"b", {4, 6}, {{1, {3}}}}}, {}, {}, {}};
  auto log = sl::apply_undoable(all, plan);
  const auto pruned_a = a.x, pruned_b = b.x;
  CHECK_THROWS_AS(log.restore(), std::runtime_error);
  CHECK(a.x == pruned_a);
  CHECK(b.x == pruned_b);
  b.is_full = false;
  log.restore();
  CHECK(a.x[23] == 23);
  CHECK(b.x[23] == 23);
}
