// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

/// \file
/// Commands that read and write model files: info, prune, verify, explain, convert.

#include "tests/slim/program.hpp"
#include "tests/support/catch.hpp"

using test::json_of;
using test::outcome;
using test::slim;

namespace {

/// A small network with weights, as a file of ours.
std::string make_model(const test::scratch& folder, const std::string& architecture = "vgg11") {
  const std::string file = folder / (architecture + ".safetensors");
  const outcome o =
      slim({"prune", "--arch", architecture, "--width", "0.125", "--percent", "0", "--out", file});
  INFO(o.err);
  REQUIRE(o.code == 0);
  return file;
}

}  // namespace

TEST_CASE("info reports layers that add up to the total") {
  const test::scratch folder;
  const outcome o = slim({"info", "--arch", "vgg19", "--json", folder / "info.json"});
  INFO(o.err);
  REQUIRE(o.code == 0);
  const auto report = json_of(folder / "info.json");
  CHECK(report["command"] == "info");
  CHECK(report["total"]["parameters"] == 20035018);
  long parameters = 0, macs = 0;
  for (const auto& layer : report["layers"]) {
    parameters += layer["parameters"].get<long>();
    macs += layer["macs"].get<long>();
  }
  CHECK(parameters == report["total"]["parameters"].get<long>());
  CHECK(macs == report["total"]["macs"].get<long>());
}

TEST_CASE("the report may go to standard output; the text makes way") {
  const outcome o = slim({"info", "--arch", "mlp", "--json", "-"});
  CHECK(o.code == 0);
  CHECK(nlohmann::json::parse(o.out)["command"] == "info");
  CHECK(!o.err.empty());
}

TEST_CASE("a pruned model computes what the masked one computes, and verify notices when not") {
  const test::scratch folder;
  for (const std::string architecture : {"vgg11", "resnet20", "preresnet20", "densenet40"}) {
    INFO(architecture);
    const std::string model = make_model(folder, architecture);
    const std::string small = folder / (architecture + ".small.safetensors");
    const std::string plan = folder / (architecture + ".plan.json");
    const outcome cut = slim({"prune", model, "--percent", "0.5", "--criterion", "random", "--out",
                              small, "--plan", plan, "--json", folder / "prune.json"});
    INFO(cut.err);
    REQUIRE(cut.code == 0);
    const auto report = json_of(folder / "prune.json");
    CHECK(report["after"]["parameters"].get<long>() < report["before"]["parameters"].get<long>());
    CHECK(json_of(plan)["format"] == "slimming-plan/1");

    const outcome good = slim({"verify", model, small, "--plan", plan});
    INFO(good.out << good.err);
    CHECK(good.code == 0);
    const outcome bad = slim({"verify", model, model, "--plan", plan});
    CHECK(bad.code == 1);
  }
}

TEST_CASE("a budget of parameters or multiply-accumulates is kept") {
  const test::scratch folder;
  const std::string model = make_model(folder);
  for (const std::string budget : {"params", "macs"}) {
    const outcome o = slim({"prune", model, "--" + budget, "0.3", "--criterion", "l2", "--json",
                            folder / "report.json"});
    INFO(o.err);
    REQUIRE(o.code == 0);
    const auto report = json_of(folder / "report.json");
    const std::string key = budget == "params" ? "parameters" : "macs";
    CHECK(report["after"][key].get<double>() <= 0.3 * report["before"][key].get<double>());
  }
}

TEST_CASE("prune refuses what cannot be, and says what to do") {
  const test::scratch folder;
  const std::string model = make_model(folder);
  const auto refused = [&](std::vector<std::string> arguments, const std::string& names) {
    arguments.insert(arguments.begin(), {"prune", model});
    const outcome o = slim(arguments);
    INFO(o.err);
    CHECK(o.code == 2);
    CHECK(o.err.find(names) != std::string::npos);
  };
  refused({}, "percent");
  refused({"--percent", "50"}, "0.5");
  refused({"--percent", "1"}, "--percent");
  refused({"--percent", "0.5", "--macs", "0.5"}, "macs");
  refused({"--macs", "0.5", "--compat", "network_slimming"}, "--percent");
  refused({"--percent", "0.5", "--criterion", "taylor"}, "taylor");
  refused({"--percent", "0.5", "--out", folder / "small.tflite"}, "tflite");
  refused({"--percent", "0.5", "--out", folder / "no/such/folder.onnx"}, "no/such");
}

TEST_CASE("the published report holds configuration, parameters and accuracy") {
  const test::scratch folder;
  const std::string model = make_model(folder);
  const outcome o =
      slim({"prune", model, "--percent", "0.5", "--criterion", "random", "--report",
            folder / "prune.txt", "--dataset", "cifar10", "--data", test::sample_images()});
  INFO(o.err);
  REQUIRE(o.code == 0);
  const std::string text = test::text_of(folder / "prune.txt");
  CHECK(text.starts_with("Configuration: \n["));
  CHECK(text.find("'M'") != std::string::npos);
  CHECK(text.find("\nNumber of parameters: \n") != std::string::npos);
  CHECK(text.find("\nTest accuracy: \n0.") != std::string::npos);
}

TEST_CASE("models survive the way through every format") {
  const test::scratch folder;
  const std::string model = make_model(folder, "preresnet20");
  REQUIRE(slim({"convert", model, folder / "m.onnx"}).code == 0);
  REQUIRE(slim({"convert", folder / "m.onnx", folder / "again.safetensors"}).code == 0);
  REQUIRE(slim({"convert", model, folder / "m.pth"}).code == 0);
  const outcome back = slim({"convert", folder / "m.pth", folder / "back.safetensors"});
  INFO(back.err);
  REQUIRE(back.code == 0);

  REQUIRE(slim({"prune", model, "--percent", "0", "--plan", folder / "nothing.json"}).code == 0);
  for (const std::string other : {"m.onnx", "again.safetensors", "m.pth", "back.safetensors"}) {
    const outcome o = slim({"verify", model, folder / other, "--plan", folder / "nothing.json"});
    INFO(other << ": " << o.out << o.err);
    CHECK(o.code == 0);
  }
}

TEST_CASE("explain says why a channel stays and what goes with another") {
  const test::scratch folder;
  const std::string model = make_model(folder);
  const outcome fixed = slim({"explain", model, "--tensor", "classifier.weight", "--channel", "0"});
  CHECK(fixed.code == 0);
  CHECK(fixed.out.find("stays") != std::string::npos);
  const outcome open = slim({"explain", model, "--tensor", "feature.0", "--channel", "3"});
  CHECK(open.code == 0);
  CHECK(open.out.find("may be removed") != std::string::npos);
  CHECK(open.out.find("feature.1.weight") != std::string::npos);
  const outcome unknown =
      slim({"explain", model, "--tensor", "feature.0.wieght", "--channel", "0"});
  CHECK(unknown.code == 2);
  CHECK(unknown.err.find("feature.0.weight") != std::string::npos);
  CHECK(slim({"explain", model, "--tensor", "feature.0", "--channel", "999"}).code == 2);
}

TEST_CASE(
    "an operator that nobody knows stops pruning, and verify proves what lies on both sides") {
  const test::scratch folder;
  const std::string model = SLIMMING_TEST_DIR "/io/fixtures/onnx_unknown.onnx";
  const std::string small = folder / "small.onnx", plan = folder / "plan.json";
  const outcome cut = slim({"prune", model, "--percent", "0.5", "--criterion", "l2", "--out", small,
                            "--plan", plan, "--verify"});
  INFO(cut.out << cut.err);
  REQUIRE(cut.code == 0);
  CHECK(cut.out.find("operator 'Mystery' is unknown") != std::string::npos);
  const auto keeps = [&](const std::string& parameter) {
    return json_of(plan)["parameters"][parameter]["keep"]["0"].size();
  };
  CHECK(keeps("before.weight") == 4);
  CHECK(keeps("behind.weight") == 4);
  CHECK(json_of(plan)["parameters"]["into.bias"]["keep"].empty());

  const outcome good = slim({"verify", model, small, "--plan", plan});
  INFO(good.out << good.err);
  CHECK(good.code == 0);
  CHECK(good.out.find("not computed: mystery (Mystery)") != std::string::npos);
  CHECK(slim({"verify", model, model, "--plan", plan}).code == 1);
  const outcome strict = slim({"prune", model, "--percent", "0.5", "--strict"});
  CHECK(strict.code == 1);
  CHECK(strict.err.find("mystery") != std::string::npos);
  const outcome why = slim({"explain", model, "--tensor", "into", "--channel", "1"});
  CHECK(why.out.find("stays: operator 'Mystery' is unknown at 'mystery'") != std::string::npos);
}

TEST_CASE("damaged files fail with exit code 1 and one line") {
  const test::scratch folder;
  for (const std::string name : {"bad.safetensors", "bad.onnx", "bad.pth"}) {
    std::ofstream(folder / name) << "this is no model";
    const outcome o = slim({"info", folder / name, "--arch", "vgg11"});
    INFO(o.err);
    CHECK(o.code == 1);
    CHECK(test::lines(o.err) == 1);
    CHECK(o.err.find(name) != std::string::npos);
  }
}
