// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/train/checkpoint.hpp>  // write_checkpoint, read_checkpoint

#include "tests/support/catch.hpp"                // TEST_CASE
#include "tests/support/cpu_executor.hpp"         // cpu_executor
#include "tests/support/temporary_directory.hpp"  // temporary_directory
#include "tests/train/tiny_run.hpp"               // tiny_classifier

#include <fstream>  // std::ofstream
#include <string>   // std::string

namespace sl = slimming;
using namespace test_support;

namespace {

sl::training_state some_state() {
  sl::training_state s;
  s.position = {3, 17};
  s.iteration = 1234567890123ull;
  s.progress = {0.1 + 0.2, 17, 99, 1.0 / 3.0};
  s.history.resize(2);
  s.history[1].epoch = 1;
  s.history[1].loss = 1.0 / 7.0;
  s.settings = "lr 0.1";
  s.extra["plan"] = "{\"a\": 1}";
  return s;
}

}  // namespace

TEST_CASE("a checkpoint comes back as it was written, to the last bit") {
  const temporary_directory folder;
  const auto net = tiny_classifier(4);
  const sl::velocity_map velocities{{"a", {1.5f, -0.1f}}, {"b", {3e-30f}}};
  sl::write_checkpoint(folder / "x.safetensors", net, velocities, some_state());
  const auto c = sl::read_checkpoint(folder / "x.safetensors");
  CHECK(c.state == some_state());
  CHECK(c.velocities == velocities);
  auto other = net;
  for (std::size_t v = 0; v < other.values().size(); ++v)
    if (auto* t = other.initializer(static_cast<sl::value_id>(v)))
      for (float& f : t->values<float>()) f = -7.0f;
  sl::restore(c, other);
  for (std::size_t v = 0; v < net.values().size(); ++v)
    if (const auto* t = net.initializer(static_cast<sl::value_id>(v)))
      CHECK(other.initializer(static_cast<sl::value_id>(v))->converted<float>() ==
            t->converted<float>());
}

TEST_CASE(
    "a run that ends between log and checkpoint has an epoch too many in the log, not too few") {
  const temporary_directory folder;
  std::filesystem::create_directory(folder / "x.safetensors");  // so that it cannot be written
  CHECK_THROWS_AS(sl::save_run(folder / "x.safetensors", tiny_classifier(4), {}, some_state()),
                  sl::bad_file);
  std::ifstream log(folder / "log.jsonl");
  std::string line;
  CHECK((std::getline(log, line) && std::getline(log, line)));
}

TEST_CASE("a checkpoint of another network is refused and changes nothing") {
  const temporary_directory folder;
  auto net = tiny_classifier(4);
  sl::write_checkpoint(folder / "x.safetensors", net, {}, {});
  auto c = sl::read_checkpoint(folder / "x.safetensors");
  c.parameters.begin()->second = sl::any_tensor(sl::dtype::float32, {3, 3, 3});
  auto other = net;
  CHECK_THROWS_AS(sl::restore(c, other), sl::shape_mismatch);
  c.parameters.erase(c.parameters.begin());
  CHECK_THROWS_AS(sl::restore(c, other), sl::bad_value);
}

TEST_CASE("files that are no checkpoints are refused") {
  const temporary_directory folder;
  CHECK_THROWS_AS(sl::read_checkpoint(folder / "missing"), sl::bad_file);
  sl::io::write_safetensors(folder / "plain.safetensors", {});
  CHECK_THROWS_WITH(sl::read_checkpoint(folder / "plain.safetensors"),
                    sl::testing::containing("training state"));
  sl::io::safetensors file;
  file.metadata["slimming.training"] = "{\"epoch\": \"soon\"}";
  sl::io::write_safetensors(folder / "odd.safetensors", file);
  CHECK_THROWS_AS(sl::read_checkpoint(folder / "odd.safetensors"), sl::bad_file);
  auto state = sl::detail::state_to_json(some_state());
  state["version"] = 2;
  file.metadata["slimming.training"] = state.dump();
  sl::io::write_safetensors(folder / "new.safetensors", file);
  CHECK(message_of([&] { (void)sl::read_checkpoint(folder / "new.safetensors"); }) ==
        "slimming: bad_file: " + (folder / "new.safetensors").string() +
            ": metadata 'slimming.training': is of version 2, this reads version 1");
}
