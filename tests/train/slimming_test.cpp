// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/models/by_name.hpp>  // by_name
#include <slimming/train/slimming.hpp>  // iterative_slimming

#include "tests/support/catch.hpp"                // TEST_CASE
#include "tests/support/cpu_executor.hpp"         // cpu_executor
#include "tests/support/oracle.hpp"               // testing::ops
#include "tests/support/temporary_directory.hpp"  // temporary_directory
#include "tests/train/tiny_run.hpp"               // coloured_noise, tiny_batches

#include <algorithm>  // std::sort
#include <cmath>      // std::abs
#include <string>     // std::string
#include <vector>     // std::vector

namespace sl = slimming;
using namespace test_support;

namespace {

// By its name, of an eighth of its width, on 8x8 images of three classes.
sl::model small_network(const std::string& name) {
  if (name == "chain") {  // no dropout: its masks depend on the width
    small_net b;
    const auto x = b.relu(b.norm(b.conv(b.input({tiny_batch, 3, 8, 8}), 12, 3)));
    const auto y = b.relu(b.norm(b.conv(b.max_pool(x), 16, 3)));
    return b.finish({b.linear(b.global_pool(y), 3)});
  }
  sl::models::recipe r;
  r.multiplier = 0.25;
  r.height = r.width = 8;
  r.classes = 3;
  sl::model net = sl::models::by_name(name, r);
  sl::random_stream random{3, 1, 0};
  for (const auto& node : net.nodes())
    if (node.op == "BatchNormalization")
      for (float& v : net.initializer(node.inputs[1])->values<float>())
        v += static_cast<float>(random.uniform(-0.3, 0.3));
  return net;
}

sl::trainer_options options_for(sl::index_t epochs) {
  sl::trainer_options o;
  o.epochs = epochs;
  o.sgd.learning_rate = 0.05;
  o.sgd.l1 = 1e-3;
  o.exact = true;  // the algorithms may differ between wide and narrow layers
  o.settings = "iterative";
  return o;
}

// Trains an epoch as iterative_slimming asks for.
struct epochs_on_cpu {
  sl::loader& images;
  bool operator()(sl::model& net, const sl::trainer_options& options,
                  const sl::training_checkpoint& from, const sl::trainer_callbacks& calls) const {
    sl::trainer<sl::cpu_device> t(net, sl::testing::ops(), images, options, sl::cpu_device(2));
    t.resume(from);
    return t.run(calls) == sl::trainer<sl::cpu_device>::outcome::finished;
  }
};

// Scale factors of all batch norms, as (magnitude, position) in order of the network.
struct scale {
  float magnitude;
  std::string name;
  std::size_t channel;
};
std::vector<scale> scales_of(const sl::model& net) {
  std::vector<scale> all;
  for (const auto& node : net.nodes())
    if (node.op == "BatchNormalization") {
      const auto values = net.initializer(node.inputs[1])->values<float>();
      for (std::size_t c = 0; c < values.size(); ++c)
        all.push_back({std::abs(values[c]), net.at(node.inputs[1]).name, c});
    }
  return all;
}

void zero(sl::model& net, sl::velocity_map& velocities, const std::string& name, std::size_t i) {
  net.initializer(net.find(name))->values<float>()[i] = 0;
  if (const auto found = velocities.find(name); found != velocities.end()) found->second[i] = 0;
}

// The published loop: masks from all |gamma|, every epoch scale and shift multiplied by the masks
// before every pass, on the whole network. Losses of all steps.
std::vector<double> plainly_masked(sl::model& net, const sl::trainer_options& options,
                                   const sl::iterative_schedule& shares, sl::loader& images) {
  sl::executor_options o;
  o.mode = sl::execution_mode::training;
  o.inputs = {{tiny_batch, 3, 8, 8}};
  o.loss = options.loss;
  o.exact = true;
  sl::cpu_executor wide(net, sl::testing::ops(), o, sl::cpu_device(2));
  std::vector<double> losses;
  std::vector<float> scratch;
  images.seek({0, 0});
  for (sl::index_t epoch = 0; epoch < options.epochs; ++epoch) {
    auto scales = scales_of(net);
    std::stable_sort(scales.begin(), scales.end(),
                     [](const scale& a, const scale& b) { return a.magnitude < b.magnitude; });
    const double share = shares.share(epoch, options.epochs);
    scales.resize(static_cast<std::size_t>(static_cast<double>(scales.size()) * share));
    const auto mask = [&] {
      auto velocities = sl::velocities_of(wide);
      for (const scale& dropped : scales) {
        zero(net, velocities, dropped.name, dropped.channel);
        std::string shift = dropped.name;
        shift.replace(shift.rfind("weight"), 6, "bias");
        zero(net, velocities, shift, dropped.channel);
      }
      wide.load(net);
      sl::set_velocities(wide, velocities);
    };
    mask();
    for (sl::index_t b = 0; b < images.batches_per_epoch(); ++b) {
      sl::sgd_options sgd = options.sgd;
      sgd.learning_rate *= options.rate({epoch, b, options.epochs, images.batches_per_epoch()});
      const sl::batch& present = images.next();
      sl::set_batch(wide, wide.input_layout(0), present, scratch);
      wide.set_labels(present.labels);
      wide.step(sl::sgd_rule(sgd));
      losses.push_back(wide.result().loss);
      wide.store(net);
      mask();
    }
  }
  return losses;
}

sl::index_t dropped_scales(const sl::model& net) {
  const auto all = scales_of(net);
  return std::count_if(all.begin(), all.end(), [](const scale& s) { return s.magnitude == 0; });
}

}  // namespace

TEST_CASE("the published shares are whole percents, one per epoch") {
  const sl::iterative_schedule s;
  for (sl::index_t epoch = 0; epoch < 50; ++epoch)
    CHECK(s.share(epoch, 50) == static_cast<double>(10 + epoch) / 100);
  CHECK(s.share(0, 1) == 0.59);
  CHECK(sl::iterative_schedule{0.2, 0.4}.share(1, 3) == 0.3);
  const auto check = [](double first, double last) {
    sl::iterative_schedule{first, last}.validate();
  };
  CHECK_THROWS_AS(check(0.5, 0.4), sl::bad_value);
  CHECK_THROWS_AS(check(-0.1, 0.4), sl::bad_value);
  CHECK_THROWS_AS(check(0.1, 1.0), sl::bad_value);
}

TEST_CASE("every step of iterative slimming is that of plain masking on the whole network") {
  const auto images = coloured_noise(40);
  for (const std::string name : {"chain", "preresnet11"}) {
    INFO(name);
    const auto options = options_for(4);
    const sl::iterative_schedule shares{0.10, 0.45};  // empties no layer: that would not be masking
    sl::loader batches(images, tiny_batches(tiny_batch));
    sl::model reference = small_network(name);
    const auto expected = plainly_masked(reference, options, shares, batches);

    sl::model net = small_network(name);
    std::vector<double> losses, sums;
    sl::trainer_callbacks calls;
    calls.step = [&](const sl::training_progress& p) {
      const auto n = static_cast<double>(p.batch);
      sums.push_back(p.loss * n);
      losses.push_back(p.batch == 1 ? p.loss : sums.back() - sums[sums.size() - 2]);
    };
    sl::iterative_slimming run(net, sl::testing::ops(), {.shares = shares});
    REQUIRE(run.run(options, calls, epochs_on_cpu{batches}));
    REQUIRE(losses.size() == expected.size());
    for (std::size_t i = 0; i < losses.size(); ++i)
      CHECK(losses[i] == Approx(expected[i]).epsilon(1e-3));

    // The same channels are gone, and none of them is left after surgery.
    const auto mine = scales_of(net), theirs = scales_of(reference);
    CHECK(dropped_scales(net) ==
          static_cast<sl::index_t>(shares.last * static_cast<double>(mine.size())));
    for (std::size_t i = 0; i < mine.size(); ++i) {
      INFO(mine[i].name << " " << mine[i].channel);
      CHECK((mine[i].magnitude == 0) == (theirs[i].magnitude == 0));
    }
    if (name == "chain") CHECK(dropped_scales(run.pruned()) == 0);
  }
}

TEST_CASE("channels that were dropped stay dropped, whatever the constraints and the criterion") {
  const auto images = coloured_noise(16);
  sl::loader batches(images, tiny_batches(tiny_batch));
  sl::model net = small_network("chain");
  sl::iterative_options how;
  how.shares = {0.2, 0.7};
  how.limits.round_to = 4;
  how.score = [](const sl::model_channels& known, const sl::channel_groups& groups) {
    return sl::importance(known.graph, groups, sl::l2_norm{});
  };
  std::vector<sl::index_t> counts;
  std::vector<bool> gone(28, false);
  sl::iterative_slimming run(net, sl::testing::ops(), how);
  sl::trainer_callbacks calls;
  calls.should_stop = [&] { return false; };
  calls.epoch = [&](const sl::epoch_record&) {
    const auto all = scales_of(net);
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (gone[i]) CHECK(all[i].magnitude == 0);
      gone[i] = all[i].magnitude == 0;
    }
    counts.push_back(dropped_scales(net));
  };
  REQUIRE(run.run(options_for(6), calls, epochs_on_cpu{batches}));
  CHECK(counts.back() > counts.front());
}

TEST_CASE("iterative slimming stopped anywhere and resumed ends with the same bits") {
  const auto images = coloured_noise(24);
  const auto whole = [&](const sl::trainer_options& options) {
    sl::model net = small_network("preresnet11");
    sl::loader batches(images, tiny_batches(tiny_batch));
    sl::iterative_slimming run(net, sl::testing::ops());
    CHECK(run.run(options, {}, epochs_on_cpu{batches}));
    return parameters_of(run.pruned());
  };
  const auto expected = whole(options_for(3));
  for (const int stop_after : {1, 3, 4, 8}) {
    INFO("stopped after " << stop_after);
    const temporary_directory folder;
    auto options = options_for(3);
    options.checkpoint = folder / "last.safetensors";
    {
      sl::model net = small_network("preresnet11");
      sl::loader batches(images, tiny_batches(tiny_batch));
      sl::iterative_slimming run(net, sl::testing::ops());
      int steps = 0;
      sl::trainer_callbacks calls;
      calls.should_stop = [&] { return ++steps == stop_after; };
      CHECK(!run.run(options, calls, epochs_on_cpu{batches}));
    }
    sl::model net = small_network("preresnet11");
    sl::loader batches(images, tiny_batches(tiny_batch));
    sl::iterative_slimming run(net, sl::testing::ops());
    run.resume(sl::read_checkpoint(options.checkpoint));
    CHECK(run.run(options, {}, epochs_on_cpu{batches}));
    CHECK(run.state().history.size() == 3);
    CHECK(parameters_of(run.pruned()) == expected);
  }
}

TEST_CASE("a checkpoint of another kind of run is refused") {
  const temporary_directory folder;
  sl::model net = small_network("chain");
  const auto before = parameters_of(net);
  sl::write_checkpoint(folder / "plain.safetensors", net, {}, {});
  sl::iterative_slimming run(net, sl::testing::ops());
  auto from = sl::read_checkpoint(folder / "plain.safetensors");
  CHECK_THROWS_WITH(run.resume(from), sl::testing::containing("no masks"));
  from.state.extra["plan"] = "{}";
  CHECK_THROWS_AS(run.resume(from), sl::bad_file);
  sl::model other = small_network("preresnet11");
  from.state.extra["plan"] = sl::to_json(sl::make_plan(sl::connect(other, sl::testing::ops()).graph,
                                                       sl::bn_gamma{}, sl::global_ratio{0.5}));
  CHECK_THROWS_AS(run.resume(from), sl::plan_mismatch);
  from.state.extra["plan"] = sl::to_json(sl::make_plan(sl::connect(net, sl::testing::ops()).graph,
                                                       sl::bn_gamma{}, sl::global_ratio{0.5}));
  from.velocities[scales_of(net).front().name] = {1, 2, 3};
  CHECK_THROWS_AS(run.resume(from), sl::shape_mismatch);
  CHECK(parameters_of(net) == before);
}
