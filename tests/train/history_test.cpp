// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/train/history.hpp>  // epoch_record, scale_sparsity

#include "tests/exec/small_net.hpp"        // small_net
#include "tests/support/catch.hpp"         // TEST_CASE
#include "tests/support/cpu_executor.hpp"  // cpu_executor

#include <vector>  // std::vector

namespace sl = slimming;

TEST_CASE("a record survives its JSON line") {
  sl::epoch_record r;
  r.epoch = 7;
  r.loss = 0.1 + 0.2;
  r.accuracy = 1.0 / 3.0;
  r.learning_rate = 0.05;
  r.seconds = 12.5;
  r.images_per_second = 640.25;
  r.scales = {0.25, 0.125};
  for (const bool complete : {false, true}) {
    if (complete) {
      r.test_accuracy = 0.87;
      r.phase = "pass 2";
    }
    const auto line = nlohmann::json(r).dump();
    CHECK(line.find('\n') == std::string::npos);
    CHECK(nlohmann::json::parse(line).get<sl::epoch_record>() == r);
  }
  CHECK(sl::to_json_lines({r, r}).size() == 2 * (nlohmann::json(r).dump().size() + 1));
}

TEST_CASE("the shares count the scale factors of all normalisations and nothing else") {
  test_support::small_net b;
  const auto net_out = b.norm(b.norm(b.conv(b.input({1, 3, 4, 4}), 4, 3)));
  auto net = b.finish({net_out});
  sl::executor_options o;
  o.mode = sl::execution_mode::training;
  const float gammas[2][4] = {{1.0f, -0.005f, 0.0005f, 0.5f}, {0.0f, 0.02f, -0.3f, 0.0099f}};
  std::size_t k = 0;
  for (std::size_t v = 0; v < net.values().size(); ++v) {
    auto& value = net.at(static_cast<sl::value_id>(v));
    if (value.data && value.name.starts_with("norm") && value.name.ends_with(".weight"))
      std::copy_n(gammas[k++], 4, value.data->values<float>().begin());
  }
  sl::cpu_executor e(net, {}, o, sl::cpu_device(1));
  CHECK(sl::scale_sparsity(e) == sl::sparsity_shares{0.5, 0.25});
}
