// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

/// \file
/// kill -9 at random moments: whatever a run is doing then, it goes on to the bits of one that was
/// left alone.

#include "tests/slim/program.hpp"
#include "tests/support/catch.hpp"

using test::outcome;
using test::slim;

namespace {

/// The first images of the sample, so many for training and so many for the test.
void write_images(const std::string& folder, std::size_t n_train, std::size_t n_test) {
  constexpr std::size_t record = 3073;
  test::fs::create_directories(folder);
  for (const auto& [name, count] :
       {std::pair{"/data_batch_1.bin", n_train}, {"/test_batch.bin", n_test}})
    std::ofstream(folder + name, std::ios::binary)
        << test::text_of(test::sample_images() + name).substr(0, count * record);
}

/// Runs \p arguments, killed \p kills times at random moments and resumed each time; over again where
/// it was through before. Ends with a whole run.
void check_killed(std::vector<std::string> arguments, const test::scratch& folder, int kills) {
  const auto run_in = [&](const std::string& directory) {
    auto all = arguments;
    all.insert(all.end(), {"--out", folder / directory});
    return all;
  };
  const auto start = std::chrono::steady_clock::now();
  const outcome whole = slim(run_in("whole"));
  const std::chrono::duration<double> length = std::chrono::steady_clock::now() - start;
  INFO(whole.err);
  REQUIRE(whole.code == 0);
  const std::string expected = test::text_of(folder / "whole/model.safetensors");

  const unsigned seed = std::random_device{}();
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> moment(0, length.count());
  INFO("seed " << seed);
  int resumed = 0, in_writing = 0, round = 0;
  const auto directory = [&] { return "killed" + std::to_string(round); };
  const auto next = [&] {  // the run as it is to be started now
    auto all = run_in(directory());
    if (test::fs::exists(folder / directory())) all.push_back("--resume");
    return all;
  };
  while (kills > 0) {
    resumed += test::fs::exists(folder / (directory() + "/checkpoint.safetensors"));
    test::running run(next());
    std::this_thread::sleep_for(std::chrono::duration<double>(moment(random)));
    run.signal(SIGKILL);
    const outcome o = run.finish();
    INFO(o.err);
    if (o.code == 128 + SIGKILL) {
      --kills;
      in_writing += test::fs::exists(folder / (directory() + "/checkpoint.safetensors.part"));
      continue;
    }
    REQUIRE(o.code == 0);
    CHECK((test::text_of(folder / (directory() + "/model.safetensors")) == expected));
    ++round;
  }
  const outcome last = slim(next());
  INFO(last.err);
  REQUIRE(last.code == 0);
  CHECK((test::text_of(folder / (directory() + "/model.safetensors")) == expected));
  std::cout << "seed " << seed << ": " << resumed << " times resumed, " << in_writing
            << " times killed while a checkpoint was written, " << round + 1 << " runs\n";
}

}  // namespace

TEST_CASE("training that is killed at 20 random moments ends with the same bits") {
  const test::scratch folder;
  write_images(folder / "data", 192, 40);
  check_killed({"train", "--arch", "vgg11", "--width", "0.125", "--data", folder / "data",
                "--epochs", "4", "--batch", "32", "--save-every", "1"},
               folder, 20);
}

TEST_CASE("iterative slimming that is killed at 6 random moments ends with the same bits") {
  const test::scratch folder;
  write_images(folder / "data", 192, 40);
  const std::string model = folder / "model.safetensors";
  REQUIRE(
      slim({"prune", "--arch", "preresnet11", "--width", "0.5", "--percent", "0", "--out", model})
          .code == 0);
  check_killed({"iterate", model, "--data", folder / "data", "--epochs", "4", "--batch", "32",
                "--save-every", "1", "--lr", "0.05"},
               folder, 6);
}
