// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

/// \file
/// The main job on real images: train, prune, verify, fine-tune, evaluate; stop and resume.

#include "tests/slim/program.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <cmath>

using test::json_of;
using test::outcome;
using test::slim;

namespace {

std::vector<std::string> train_arguments(const std::string& run) {
  return {"train",    "--arch", "vgg11", "--width", "0.125", "--data", test::sample_images(),
          "--epochs", "2",      "--out", run,       "--lr",  "0.05",   "--save-every",
          "5"};
}

}  // namespace

TEST_CASE("train, prune, verify, fine-tune and evaluate on real images") {
  const test::scratch folder;
  auto arguments = train_arguments(folder / "run");
  arguments.insert(arguments.end(), {"--json", folder / "train.json"});
  const outcome trained = slim(arguments);
  INFO(trained.err);
  REQUIRE(trained.code == 0);
  const auto report = json_of(folder / "train.json");
  REQUIRE(report["epochs"].size() == 2);
  CHECK(report["epochs"][1]["loss"].get<double>() < report["epochs"][0]["loss"].get<double>());
  CHECK(test::lines(test::text_of(folder / "run/log.jsonl")) == 2);

  const std::string model = folder / "run/model.safetensors", small = folder / "small.safetensors";
  const outcome pruned =
      slim({"prune", model, "--percent", "0.5", "--out", small, "--plan", folder / "plan.json",
            "--data", test::sample_images(), "--json", folder / "prune.json"});
  INFO(pruned.err);
  REQUIRE(pruned.code == 0);
  CHECK(slim({"verify", model, small, "--plan", folder / "plan.json"}).code == 0);

  // Masked and pruned network classify alike.
  const outcome masked = slim({"eval", small, "--data", test::sample_images(), "--json", "-"});
  REQUIRE(masked.code == 0);
  const auto accuracy = nlohmann::json::parse(masked.out)["models"][0]["accuracy"].get<double>();
  CHECK(std::abs(accuracy - json_of(folder / "prune.json")["masked_accuracy"].get<double>()) <
        0.005);

  const outcome fine = slim({"finetune", small, "--data", test::sample_images(), "--epochs", "1",
                             "--lr", "0.05", "--out", folder / "fine"});
  INFO(fine.err);
  REQUIRE(fine.code == 0);
  const outcome both = slim({"eval", model, folder / "fine/model.safetensors", "--latency",
                             "--data", test::sample_images()});
  CHECK(both.code == 0);
  CHECK(both.out.find("latency") != std::string::npos);
}

TEST_CASE("a run that was asked to stop goes on to the same bits") {
  const test::scratch folder;
  REQUIRE(slim(train_arguments(folder / "whole")).code == 0);

  test::running run(train_arguments(folder / "parts"));
  run.wait_for("\n    1");  // the first epoch has been reported
  run.signal(SIGTERM);
  const outcome stopped = run.finish();
  INFO(stopped.out << stopped.err);
  auto again = train_arguments(folder / "parts");
  if (stopped.code != 0) {  // it may have been quicker than the signal
    CHECK(stopped.code == 1);
    CHECK(stopped.out.find("--resume") != std::string::npos);
    CHECK(!test::fs::exists(folder / "parts/model.safetensors"));
    CHECK(slim(again).code == 2);  // not without --resume
    again.push_back("--resume");
    const outcome resumed = slim(again);
    INFO(resumed.err);
    REQUIRE(resumed.code == 0);
  }
  CHECK(test::text_of(folder / "parts/model.safetensors") ==
        test::text_of(folder / "whole/model.safetensors"));
}

TEST_CASE("every pass of multipass starts from the narrower network of the one before") {
  const test::scratch folder;
  const outcome o = slim({"multipass", "--arch", "vgg11", "--width", "0.125", "--data",
                          test::sample_images(), "--epochs", "1", "--passes", "2", "--percent",
                          "0.3", "--out", folder / "run", "--json", folder / "report.json"});
  INFO(o.err);
  REQUIRE(o.code == 0);
  const auto passes = json_of(folder / "report.json")["passes"];
  REQUIRE(passes.size() == 2);
  CHECK(passes[1]["before"] == passes[0]["after"]);
  CHECK(passes[1]["after"]["parameters"].get<long>() <
        passes[0]["after"]["parameters"].get<long>());
  CHECK(slim({"verify", folder / "run/pass-1/model.safetensors", folder / "run/model.safetensors",
              "--plan", folder / "run/pass-2/plan.json"})
            .code == 1);  // trained on: another function
}

TEST_CASE("iterate masks more with every epoch and ends with the pruned network, proved") {
  const test::scratch folder;
  auto arguments = train_arguments(folder / "run");
  REQUIRE(slim(arguments).code == 0);
  const std::string model = folder / "run/model.safetensors";
  const std::vector<std::string> iterate{"iterate",      model,
                                         "--data",       test::sample_images(),
                                         "--epochs",     "3",
                                         "--from",       "0.2",
                                         "--to",         "0.4",
                                         "--lr",         "0.02",
                                         "--save-every", "4",
                                         "--out",        folder / "iterated",
                                         "--json",       folder / "report.json"};
  const outcome o = slim(iterate);
  INFO(o.out << o.err);
  REQUIRE(o.code == 0);
  CHECK(o.out.find("30 % dropped") != std::string::npos);
  CHECK(o.out.find("multiply-accumulates") != std::string::npos);
  std::istringstream log(test::text_of(folder / "iterated/log.jsonl"));
  std::vector<std::string> phases;
  for (std::string line; std::getline(log, line);)
    phases.push_back(nlohmann::json::parse(line)["phase"]);
  CHECK(phases == std::vector<std::string>{"20 % dropped", "30 % dropped", "40 % dropped"});

  const auto report = json_of(folder / "report.json");
  long total = 0, remaining = 0;
  for (const auto& layer : report["layers"]) {
    if (layer["name"] == "classifier.weight") continue;
    total += layer["total"].get<long>();
    remaining += layer["remaining"].get<long>();
  }
  CHECK(remaining == total - total * 2 / 5);
  CHECK(slim({"verify", folder / "iterated/masked.safetensors",
              folder / "iterated/model.safetensors", "--plan", folder / "iterated/plan.json"})
            .code == 0);
  const outcome accuracy = slim({"eval", folder / "iterated/model.safetensors", "--data",
                                 test::sample_images(), "--json", "-"});
  REQUIRE(accuracy.code == 0);
  CHECK(nlohmann::json::parse(accuracy.out)["models"][0]["accuracy"] == report["accuracy"]);

  // Done is done: again with --resume it writes the same network.
  auto again = iterate;
  again.push_back("--resume");
  const std::string before = test::text_of(folder / "iterated/model.safetensors");
  test::fs::remove(folder / "iterated/model.safetensors");
  REQUIRE(slim(again).code == 0);
  CHECK(test::text_of(folder / "iterated/model.safetensors") == before);
}

TEST_CASE("fine-tuning goes on only with the network that it began with") {
  const test::scratch folder;
  const std::string model = folder / "m.safetensors";
  const auto make = [&](const std::string& share) {
    REQUIRE(slim({"prune", "--arch", "vgg11", "--width", "0.125", "--criterion", "random",
                  "--percent", share, "--out", model})
                .code == 0);
  };
  make("0.5");
  std::vector<std::string> arguments{"finetune", model, "--data", test::sample_images(),
                                     "--epochs", "1",   "--out",  folder / "fine"};
  REQUIRE(slim(arguments).code == 0);
  test::fs::copy_file(model, folder / "same.safetensors");
  arguments.push_back("--resume");
  arguments[1] = folder / "same.safetensors";  // the content counts, not the name
  CHECK(slim(arguments).code == 0);
  make("0.4");
  arguments[1] = model;
  const outcome o = slim(arguments);
  INFO(o.err);
  CHECK(o.code == 2);
  CHECK(o.err.find("digest of the model was") != std::string::npos);
  CHECK(test::lines(o.err) == 1);
}

TEST_CASE("a run is not resumed with other settings") {
  const test::scratch folder;
  auto arguments = train_arguments(folder / "run");
  REQUIRE(slim(arguments).code == 0);
  arguments.insert(arguments.end(), {"--resume", "--momentum", "0.8"});
  const outcome o = slim(arguments);
  CHECK(o.code == 2);
  CHECK(o.err.find("momentum was 0.9 and is 0.8") != std::string::npos);
}

TEST_CASE("the number of threads does not change the result") {
  const test::scratch folder;
  for (const std::string threads : {"1", "3"}) {
    auto arguments = train_arguments(folder / threads);
    arguments.insert(arguments.end(), {"--threads", threads});
    REQUIRE(slim(arguments).code == 0);
  }
  CHECK(test::text_of(folder / "1/model.safetensors") ==
        test::text_of(folder / "3/model.safetensors"));
}

TEST_CASE("training that leaves the finite numbers stops with an error") {
  const test::scratch folder;
  auto arguments = train_arguments(folder / "run");
  *std::next(std::find(arguments.begin(), arguments.end(), "--lr")) = "1e20";
  const outcome o = slim(arguments);
  INFO(o.err);
  CHECK(o.code == 1);
  CHECK(o.err.find("diverged") != std::string::npos);
  CHECK(test::lines(o.err) == 1);
  CHECK(!test::fs::exists(folder / "run/model.safetensors"));
}

TEST_CASE("Ctrl-C says what it does, saves and ends with exit code 1") {
  const test::scratch folder;
  auto arguments = train_arguments(folder / "run");
  *std::next(std::find(arguments.begin(), arguments.end(), "--epochs")) = "1000";
  test::running run(arguments);
  run.wait_for("\n    1");
  run.signal(SIGINT);
  const outcome o = run.finish();
  INFO(o.out << o.err);
  CHECK(o.code == 1);
  CHECK(o.err.find("stopping after this step") != std::string::npos);
  CHECK(o.out.find("everything is saved in") != std::string::npos);
  CHECK(o.out.find("go on with: ") != std::string::npos);
  CHECK(test::fs::exists(folder / "run/checkpoint.safetensors"));
}

TEST_CASE("a damaged checkpoint is refused, and what a killed writer left is not read") {
  const test::scratch folder;
  auto arguments = train_arguments(folder / "run");
  REQUIRE(slim(arguments).code == 0);
  const std::string checkpoint = folder / "run/checkpoint.safetensors";
  const std::string model = test::text_of(folder / "run/model.safetensors");
  arguments.push_back("--resume");
  std::ofstream(checkpoint + ".part") << test::text_of(checkpoint).substr(0, 1000);
  CHECK(slim(arguments).code == 0);
  CHECK(test::text_of(folder / "run/model.safetensors") == model);

  test::fs::resize_file(checkpoint, test::fs::file_size(checkpoint) - 1);
  const outcome o = slim(arguments);
  INFO(o.err);
  CHECK(o.code == 1);
  CHECK(test::lines(o.err) == 1);
  CHECK(o.err.find("checkpoint.safetensors") != std::string::npos);
}
