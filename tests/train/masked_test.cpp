// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/models/by_name.hpp>   // by_name
#include <slimming/plan/plan.hpp>        // make_plan
#include <slimming/train/masked.hpp>     // compact_network
#include <slimming/train/optimiser.hpp>  // sgd_rule

#include "tests/exec/small_net.hpp"        // random_values
#include "tests/support/catch.hpp"         // TEST_CASE
#include "tests/support/cpu_executor.hpp"  // cpu_executor
#include "tests/support/oracle.hpp"        // ops

#include <algorithm>  // std::max
#include <cmath>      // std::abs
#include <string>     // std::string
#include <vector>     // std::vector

namespace sl = slimming;
using test_support::random_values;

namespace {

constexpr sl::index_t batch = 4, size = 16;

sl::model network(const std::string& name) {
  sl::models::recipe r;
  r.multiplier = 0.25;
  r.height = r.width = size;
  sl::model net = sl::models::by_name(name, r);
  sl::random_stream random{3, 1, 0};
  for (const auto& node : net.nodes())
    if (node.op == "BatchNormalization")
      for (const std::size_t i : {1u, 2u})
        for (float& v : net.initializer(node.inputs[i])->values<float>())
          v += static_cast<float>(random.uniform(-0.3, 0.3));
  return net;
}

sl::prune_plan plan_for(sl::model& net, double ratio) {
  return sl::make_plan(sl::connect(net, sl::testing::ops()).graph, sl::bn_gamma{},
                       sl::global_ratio{ratio});
}

sl::executor_options training() {
  sl::executor_options o;
  o.mode = sl::execution_mode::training;
  o.inputs = {{batch, 3, size, size}};
  o.loss = sl::cross_entropy{};
  o.exact = true;  // the algorithms may differ between wide and narrow layers
  return o;
}

// Runs steps on the same few batches. `after` is called behind every update.
template <class After>
std::vector<double> run_steps(sl::cpu_executor& e, const After& after) {
  sl::sgd_options sgd;
  sgd.learning_rate = 0.02;
  sgd.l1 = 1e-3;
  std::vector<double> losses;
  for (std::uint64_t step = 0; step < 4; ++step) {
    e.set_input(0, random_values(batch * 3 * size * size, step));
    e.set_labels(std::vector<sl::index_t>{1, 2, 3, 4});
    e.step(sl::sgd_rule(sgd));
    losses.push_back(e.result().loss);
    after();
  }
  return losses;
}

void check_close(const std::vector<float>& got, const std::vector<float>& want, double tolerance) {
  REQUIRE(got.size() == want.size());
  double largest = 1e-6;
  for (const float v : want) largest = std::max(largest, std::abs(static_cast<double>(v)));
  for (std::size_t i = 0; i < got.size(); ++i)
    CHECK(static_cast<double>(got[i]) ==
          Approx(static_cast<double>(want[i])).epsilon(0).margin(tolerance * largest));
}

}  // namespace

TEST_CASE("compact training is plainly masked training on the live channels") {
  for (const std::string name : {"vgg11", "preresnet11", "densenet13", "resnet8"}) {
    INFO(name);
    sl::model full = network(name);
    const auto plan = plan_for(full, 0.5);
    sl::compact_network compact(full, sl::testing::ops(), plan);
    sl::velocity_map velocities;
    compact.silence_dead(full, velocities);
    compact.gather(full);

    // The reference: the whole network, scale and shift of dead channels masked before every pass,
    // their velocities too.
    sl::model reference = full;
    sl::cpu_executor wide(reference, sl::testing::ops(), training(), sl::cpu_device(2));
    const auto wide_losses = run_steps(wide, [&] {
      wide.store(reference);
      auto all = sl::velocities_of(wide);
      compact.silence_dead(reference, all);
      wide.load(reference);
      sl::set_velocities(wide, all);
    });

    sl::cpu_executor narrow(compact.net(), sl::testing::ops(), training(), sl::cpu_device(2));
    const auto narrow_losses = run_steps(narrow, [] {});
    for (std::size_t i = 0; i < wide_losses.size(); ++i)
      CHECK(narrow_losses[i] == Approx(wide_losses[i]).epsilon(1e-4));

    // Live parameters and velocities agree, whichever way they are compared.
    narrow.store(compact.net());
    const auto wide_velocities = compact.gather(sl::velocities_of(wide));
    for (const auto& [part, values] : sl::velocities_of(narrow)) {
      INFO(part);
      check_close(values, wide_velocities.at(part), 2e-3);
    }
    sl::compact_network expected(reference, sl::testing::ops(), plan);
    for (const auto& p : narrow.parameters()) {
      if (p.name.ends_with("running_mean") || p.name.ends_with("running_var")) continue;
      INFO(p.name);
      check_close(narrow.value(p), expected.net().initializer(p.source)->converted<float>(), 1e-3);
    }

    // And scattered back, dead channels are as they were.
    sl::model after = full;
    compact.scatter(after);
    for (const auto& [dead, entries] : compact.dead())
      for (const auto i : entries)
        CHECK(after.initializer(after.find(dead))->values<float>()[static_cast<std::size_t>(i)] ==
              0.0f);
  }
}

TEST_CASE("gathering and scattering are inverse on the live part and leave the rest") {
  sl::model full = network("preresnet11");
  const sl::model before = full;
  const auto plan = plan_for(full, 0.4);
  sl::compact_network compact(full, sl::testing::ops(), plan);
  const auto total = [](const sl::model& net) {
    double sum = 0;
    for (const auto& v : net.values())
      if (v.data && v.data->type() == sl::dtype::float32)
        for (const float f : v.data->values<float>()) sum += std::abs(static_cast<double>(f));
    return sum;
  };
  for (std::size_t v = 0; v < compact.net().values().size(); ++v)
    if (auto* t = compact.net().initializer(static_cast<sl::value_id>(v)))
      if (t->type() == sl::dtype::float32)
        for (float& f : t->values<float>()) f = -f;
  compact.scatter(full);
  CHECK(total(full) == Approx(total(before)));
  sl::compact_network again(full, sl::testing::ops(), plan);
  again.gather(full);
  CHECK(total(again.net()) == Approx(total(compact.net())));
  sl::velocity_map whole{{"fc.bias", std::vector<float>(10, 1.0f)}};
  const std::string cut = compact.dead().begin()->first;
  whole[cut] = random_values(before.initializer(before.find(cut))->size(), 1);
  const auto kept = whole;
  const auto parts = compact.gather(whole);
  compact.scatter(parts, whole);
  CHECK(whole == kept);
}

TEST_CASE("behind a selection the dead scale factors are those that it leaves out") {
  sl::model full = network("preresnet11");
  const auto plan = plan_for(full, 0.5);
  sl::compact_network compact(full, sl::testing::ops(), plan);
  bool found = false;
  for (const auto& node : compact.net().nodes()) {
    if (node.op != "ChannelSelect") continue;
    const auto& norm =
        compact.net().nodes()[static_cast<std::size_t>(compact.net().at(node.inputs[0]).producer)];
    const std::string& gamma = compact.net().at(norm.inputs[1]).name;
    const auto live = compact.net().initializer(node.inputs[1])->size();
    const auto all = full.initializer(full.find(gamma))->size();
    const auto dead = compact.dead().find(gamma);
    CHECK((dead == compact.dead().end() ? 0 : static_cast<sl::index_t>(dead->second.size())) ==
          all - live);
    found = found || live < all;
  }
  CHECK(found);
}

TEST_CASE("a network of other extents is refused") {
  sl::model full = network("vgg11");
  sl::compact_network compact(full, sl::testing::ops(), plan_for(full, 0.5));
  sl::models::recipe r;
  r.multiplier = 0.5;
  sl::model other = sl::models::by_name("vgg11", r);
  CHECK_THROWS_AS(compact.scatter(other), sl::shape_mismatch);
  CHECK_THROWS_AS(compact.gather(other), sl::shape_mismatch);
}
