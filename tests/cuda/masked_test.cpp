// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/cuda/batches.cuh>     // batch_feed
#include <slimming/cuda/masked.cuh>      // masked_transfer
#include <slimming/models/by_name.hpp>   // by_name
#include <slimming/plan/plan.hpp>        // make_plan
#include <slimming/train/masked.hpp>     // compact_network
#include <slimming/train/optimiser.hpp>  // sgd_rule

#include <string>  // std::string
#include <vector>  // std::vector

#include "tests/cuda/device_under_test.hpp"
#include "tests/exec/small_net.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/oracle.hpp"

using namespace slimming;
namespace gpu = slimming::cuda;  // CCCL has a ::cuda of its own
using testing::device_under_test;
using testing::platform_under_test;

namespace {

constexpr index_t images_per_step = 2, size = 8;

model network(const std::string& name) {
  models::recipe r;
  r.multiplier = 0.125;
  r.height = r.width = name == "vgg11" ? 16 : size;
  return models::by_name(name, r);
}

executor_options training(const model& net) {
  executor_options o;
  o.mode = execution_mode::training;
  o.inputs = {*net.at(net.inputs().at(0)).extents};
  o.inputs[0][0] = images_per_step;
  o.loss = cross_entropy{};
  return o;
}

template <class Device>
void train(executor<Device>& e, std::uint64_t seed) {
  e.set_input(0, test_support::random_values(e.input_layout(0).elements(), seed));
  e.set_labels(std::vector<index_t>{1, 2});
  e.step(sgd_rule({.learning_rate = 0.02, .l1 = 1e-3}));
}

// The wide network, its compact version and both on one device, a step into training.
template <class T>
struct pair_of_networks {
  using device_type = device_under_test<T>;

  explicit pair_of_networks(const std::string& name)
      : full(network(name)),
        plan(make_plan(connect(full, testing::ops()).graph, bn_gamma{}, global_ratio{0.5})),
        compact(full, testing::ops(), plan),
        wide(full, testing::ops(), training(full), device_type(options)),
        narrow(compact.net(), testing::ops(), training(full), device_type(options)),
        transfer(wide, narrow, plan.record().parameters) {
    train(wide, 1);
  }

  decltype(testing::one_device()) options = testing::one_device();
  model full;
  prune_plan plan;
  compact_network compact;
  executor<device_type> wide, narrow;
  gpu::masked_transfer<T, platform_under_test> transfer;
};

template <class Device>
void require_parameters(executor<Device>& e, const model& expected) {
  for (const exec::parameter& p : e.parameters()) {
    INFO(p.name);
    REQUIRE(e.value(p) == expected.initializer(expected.find(p.name))->converted<float>());
  }
}

}  // namespace

TEST_CASE("what the device gathers and scatters is what the host does", "[cuda.masked]") {
  for (const std::string name : {"vgg11", "preresnet11", "densenet13"}) {
    INFO(name);
    pair_of_networks<float> two(name);
    two.wide.store(two.full);
    velocity_map velocities = velocities_of(two.wide);
    two.compact.gather(two.full);
    two.transfer.gather();
    require_parameters(two.narrow, two.compact.net());
    REQUIRE(velocities_of(two.narrow) == two.compact.gather(velocities));

    train(two.narrow, 2);
    two.narrow.store(two.compact.net());
    two.compact.scatter(two.full);
    two.compact.scatter(velocities_of(two.narrow), velocities);
    two.transfer.scatter();
    require_parameters(two.wide, two.full);
    REQUIRE(velocities_of(two.wide) == velocities);
  }
}

TEST_CASE("copies in half precision follow", "[cuda.masked]") {
  pair_of_networks<bfloat16> two("preresnet11");
  train(two.narrow, 5);  // it has copies of its own, of other values
  two.transfer.gather();
  two.wide.store(two.full);
  two.compact.gather(two.full);
  executor<device_under_test<bfloat16>> fresh(two.compact.net(), testing::ops(), training(two.full),
                                              device_under_test<bfloat16>(two.options));
  const auto there = two.narrow.parameters();
  const auto here = fresh.parameters();
  REQUIRE(there.size() == here.size());
  for (std::size_t i = 0; i < here.size(); ++i)
    if (here[i].velocity) fresh.set_velocity(here[i], two.narrow.velocity(there[i]));
  train(two.narrow, 3);
  train(fresh, 3);
  REQUIRE(two.narrow.result().loss == fresh.result().loss);
  for (std::size_t i = 0; i < here.size(); ++i)
    REQUIRE(fresh.value(here[i]) == two.narrow.value(there[i]));
}

TEST_CASE("networks that do not belong together are refused", "[cuda.masked]") {
  pair_of_networks<float> two("preresnet11");
  using transfer = gpu::masked_transfer<float, platform_under_test>;
  CHECK_THROWS_AS(transfer(two.wide, two.narrow, {}), shape_mismatch);
  pair_of_networks<float> others("vgg11");  // other names
  CHECK_THROWS_AS(transfer(others.wide, two.narrow, two.plan.record().parameters), bad_value);
}
