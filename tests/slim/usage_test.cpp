// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

/// \file
/// How the program answers to wrong command lines and to questions.

#include "tests/slim/program.hpp"
#include "tests/support/catch.hpp"

using test::outcome;
using test::slim;

namespace {

bool contains(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

/// Exit code 2 and one line that names what is wrong.
void check_usage(const std::vector<std::string>& arguments, const std::string& names) {
  const outcome o = slim(arguments);
  INFO(o.err);
  CHECK(o.code == 2);
  CHECK(o.out.empty());
  CHECK(test::lines(o.err) == 1);
  CHECK(o.err.starts_with("slim: "));
  CHECK(contains(o.err, names));
}

}  // namespace

TEST_CASE("every command explains itself with an example") {
  for (const std::string command : {"train", "prune", "finetune", "multipass", "iterate", "eval",
                                    "verify", "info", "explain", "convert"}) {
    const outcome o = slim({command, "--help"});
    INFO(command);
    CHECK(o.code == 0);
    CHECK(contains(o.out, "slim " + command));
    CHECK(contains(o.out, "Example"));
    CHECK(o.err.empty());
  }
  CHECK(slim({"--help"}).code == 0);
}

TEST_CASE("a wrong command line is answered in one line with exit code 2") {
  check_usage({}, "subcommand is required");
  check_usage({"frobnicate"}, "frobnicate");
  check_usage({"info"}, "--arch");
  check_usage({"info", "/no/such/model.onnx"}, "/no/such/model.onnx");
  check_usage({"info", "--arch", "vgg12"}, "vgg");
  check_usage({"info", "--arch", "lenet"}, "lenet");
  check_usage({"info", "--arch", "vgg11", "--cfg", "64 X"}, "'X'");
  check_usage({"info", "--cfg", "64"}, "--arch");
  check_usage({"train", "--arch", "vgg11", "--out", "run"}, "--data");
  check_usage({"train", "--arch", "vgg11", "--data", "/no/such/folder", "--out", "run"},
              "/no/such/folder");
  check_usage({"train", "--arch", "vgg11", "--data", test::sample_images(), "--image-size", "64,64",
               "--out", "run"},
              "--image-size: is for --dataset folder");
  check_usage({"finetune", "--data", test::sample_images(), "--out", "run"}, "MODEL");
  check_usage({"iterate", "/no/such.safetensors", "--data", test::sample_images(), "--out", "run"},
              "/no/such.safetensors");
  check_usage({"multipass", "--data", test::sample_images(), "--out", "run"}, "--arch");
  check_usage({"eval", "--data", test::sample_images()}, "MODEL");
  check_usage({"verify", "/no/such.onnx", "/no/such.onnx"}, "/no/such.onnx");
  check_usage({"convert", "/no/such.onnx", "x.onnx"}, "/no/such.onnx");
  check_usage({"explain", "/no/such.onnx", "--tensor", "x", "--channel", "0"}, "/no/such.onnx");
  check_usage({"info", "--arch", "vgg11", "--colour"}, "--colour");
  check_usage({"train", "--data", test::sample_images(), "--out", "run"}, "--arch");
  check_usage({"train", "--arch", "vgg11", "--data", test::sample_images()}, "--out");
}

TEST_CASE("numbers outside their range are refused by the name of their option") {
  const test::scratch folder;
  const std::vector<std::string> train{
      "train", "--arch", "vgg11", "--data", test::sample_images(), "--out", folder / "run"};
  const auto with = [&](const std::string& option, const std::string& value) {
    std::vector<std::string> all = train;
    all.insert(all.end(), {option, value});
    return all;
  };
  for (const auto& [option, value] : {std::pair{"--epochs", "0"},
                                      {"--epochs", "many"},
                                      {"--batch", "-3"},
                                      {"--lr", "-0.1"},
                                      {"--momentum", "1"},
                                      {"--schedule", "often"},
                                      {"--threads", "-1"},
                                      {"--dataset", "imagenet"},
                                      {"--mean", "1,2,x"},
                                      {"--lr", "nan"},
                                      {"--weight-decay", "inf"},
                                      {"--sparsity", "-1"}})
    check_usage(with(option, value), option);
  check_usage(with("--batch", "100000"), "--batch");
  check_usage(with("--epochs", "-1"), "'-1' is no number above 0");
  check_usage(with("--mean", "0.5,0.5,0.5"), "--std");
  std::vector<std::string> flat = with("--mean", "0.5,0.5,0.5");
  flat.insert(flat.end(), {"--std", "0,1,1"});
  check_usage(flat, "--std: 0");
  CHECK(!test::fs::exists(folder / "run/checkpoint.safetensors"));
}

TEST_CASE("a file that cannot be written is named, in one line, with exit code 1 or 2") {
  const test::scratch folder;
  std::ofstream(folder / "file") << "no directory";
  const std::string below = folder / "file/x";
  const auto check = [&](const std::vector<std::string>& arguments) {
    const outcome o = slim(arguments);
    INFO(o.err);
    CHECK((o.code == 1 || o.code == 2));
    CHECK(test::lines(o.err) == 1);
    CHECK(contains(o.err, folder / "file"));
  };
  const std::vector<std::string> prune{"prune", "--arch",    "vgg11", "--width",
                                       "0.125", "--percent", "0.2"};
  const auto with = [](std::vector<std::string> all, const std::vector<std::string>& more) {
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  check({"info", "--arch", "mlp", "--json", below});
  check(with(prune, {"--json", below}));
  check(with(prune, {"--plan", below}));
  check(with(prune, {"--report", below}));
  check(with(prune, {"--out", below + ".safetensors"}));
  const std::vector<std::string> train{"train",   "--arch", "vgg11",
                                       "--width", "0.125",  "--epochs",
                                       "1",       "--data", test::sample_images(),
                                       "--out"};
  check(with(train, {below}));
  check(with(train, {folder / "file"}));
}

TEST_CASE("no command writes over what it reads, nor twice to one file") {
  const test::scratch folder;
  const std::string model = folder / "model.onnx", plan = folder / "plan.json";
  REQUIRE(slim({"prune", "--arch", "vgg11", "--width", "0.125", "--percent", "0.2", "--criterion",
                "l2", "--out", model, "--plan", plan})
              .code == 0);
  test::fs::create_symlink(model, folder / "link.onnx");
  const std::string roundabout = folder / "no/../model.onnx", fresh = folder / "new.onnx";
  const std::string before = test::text_of(model), plan_before = test::text_of(plan);
  const auto refused = [&](const std::vector<std::string>& arguments, const std::string& names) {
    check_usage(arguments, names);
    CHECK(test::text_of(model) == before);
    CHECK(test::text_of(plan) == plan_before);
    CHECK(!test::fs::exists(fresh));
  };
  const std::string images = test::sample_images();
  refused({"prune", model, "--percent", "0.5", "--out", model}, "--out: '" + model + "'");
  refused({"prune", model, "--percent", "0.5", "--out", folder / "link.onnx"}, "the model itself");
  refused({"prune", model, "--percent", "0.5", "--out", fresh, "--plan", model}, "--plan");
  refused({"prune", model, "--percent", "0.5", "--out", fresh, "--plan", fresh}, "--out writes");
  refused(
      {"prune", model, "--percent", "0.5", "--report", folder / "r", "--json", folder / "no/../r"},
      "--json");
  refused({"convert", model, model}, "OUT");
  refused({"convert", folder / "link.onnx", model}, "the model itself");
  refused({"info", model, "--dot", model}, "--dot");
  refused({"info", model, "--json", model}, "--json");
  refused({"explain", model, "--tensor", "feature.0", "--channel", "0", "--json", model}, "--json");
  refused({"verify", model, model, "--plan", plan, "--json", plan}, "the plan");
  refused({"eval", model, "--data", images, "--json", model}, "--json");
  refused({"finetune", model, "--data", images, "--out", folder / "f", "--json", model}, "--json");
  refused({"iterate", model, "--data", images, "--out", folder / "i", "--json", model}, "--json");
  refused({"train", "--arch", "vgg11", "--data", images, "--out", folder / "run", "--json",
           folder / "run/model.safetensors"},
          "the run writes");
  for (const std::string name : {"plan.json", "masked.safetensors"})
    refused({"iterate", model, "--data", images, "--out", folder / "i", "--json",
             folder / ("i/" + name)},
            "the run writes");
  CHECK(slim({"convert", model, folder / "no.onnx"}).code == 0);
}

TEST_CASE("a disc that is full costs neither the old file nor leaves half of a new one") {
  const test::scratch folder;
  const std::string model = folder / "model.safetensors";
  REQUIRE(slim({"prune", "--arch", "vgg11", "--width", "0.125", "--percent", "0", "--out", model})
              .code == 0);
  for (const std::string suffix : {"onnx", "safetensors", "pth"}) {
    const std::string out = folder / ("out." + suffix);
    std::ofstream(out) << "old";
    const outcome o = test::slim_with_file_limit(4096, {"convert", model, out});
    INFO(o.err);
    CHECK(o.code == 1);
    CHECK(contains(o.err, out));
    CHECK(test::lines(o.err) == 1);
    CHECK(test::text_of(out) == "old");
    CHECK(!test::fs::exists(out + ".part"));
  }
}

TEST_CASE("a model cut anywhere is refused by every command that reads one") {
  const test::scratch folder;
  for (const std::string suffix : {"safetensors", "onnx", "pth"}) {
    const std::string whole = folder / ("whole." + suffix), cut = folder / ("cut." + suffix);
    REQUIRE(slim({"prune", "--arch", "vgg11", "--width", "0.125", "--percent", "0.2", "--criterion",
                  "l2", "--out", whole, "--plan", folder / "plan.json"})
                .code == 0);
    const std::string bytes = test::text_of(whole);
    for (const std::size_t part : {0, 1, 3, 4}) {
      const std::size_t length = part == 4 ? bytes.size() - 1 : bytes.size() * part / 4;
      std::ofstream(cut, std::ios::binary) << bytes.substr(0, length);
      for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
               {"info", cut},
               {"prune", cut, "--percent", "0.1"},
               {"convert", cut, folder / "x.onnx"},
               {"verify", cut, whole, "--plan", folder / "plan.json"},
               {"eval", cut, "--data", test::sample_images()},
               {"finetune", cut, "--data", test::sample_images(), "--out", folder / "f"},
               {"iterate", cut, "--data", test::sample_images(), "--out", folder / "i"}}) {
        const outcome o = slim(command);
        INFO(command[0] << " " << suffix << " " << length << " of " << bytes.size() << ": "
                        << o.err);
        CHECK(o.code == 1);
        CHECK(test::lines(o.err) == 1);
        CHECK(contains(o.err, "cut." + suffix));
      }
    }
  }
}

TEST_CASE("plans that are damaged or of another network are refused") {
  const test::scratch folder;
  const std::string model = folder / "m.safetensors", other = folder / "o.safetensors";
  const std::string plan = folder / "plan.json";
  REQUIRE(slim({"prune", "--arch", "vgg11", "--width", "0.125", "--percent", "0.2", "--criterion",
                "l2", "--out", model, "--plan", plan})
              .code == 0);
  REQUIRE(slim({"prune", "--arch", "resnet8", "--percent", "0", "--out", other}).code == 0);
  const auto check = [&] {
    const outcome o = slim({"verify", other, model, "--plan", plan});
    INFO(o.err);
    CHECK(o.code == 1);
    CHECK(test::lines(o.err) == 1);
    return o.err;
  };
  check();
  std::ofstream(plan) << "{\"format\": \"slimming-plan/1\"";
  CHECK(contains(check(), plan));
}

TEST_CASE("where there is no terminal there is no progress bar") {
  const test::scratch folder;
  const outcome o = slim({"train", "--arch", "vgg11", "--width", "0.03", "--epochs", "1", "--data",
                          test::sample_images(), "--out", folder / "run", "--json", "-"});
  INFO(o.err);
  REQUIRE(o.code == 0);
  CHECK(!contains(o.err, "\r"));
  CHECK(!contains(o.err, "\x1b"));
  CHECK(nlohmann::json::parse(o.out)["command"] == "train");
}

TEST_CASE("a device that is not there is named in one line") {
  const test::scratch folder;
  const std::vector<std::string> train{
      "train",    "--arch", "vgg11",   "--width", "0.125", "--data",      test::sample_images(),
      "--epochs", "1",      "--batch", "500",     "--out", folder / "run"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), train.begin(), train.end());
    return more;
  };
  check_usage(with({"--precision", "bf16"}), "--device cuda");
  check_usage(with({"--nondeterministic"}), "--device cuda");
  check_usage(with({"--device", "cuda", "--precision", "fp8"}), "fp8");
  const outcome o = slim(with({"--device", "cuda", "--precision", "bf16"}));
  INFO(o.err);
  if (o.code == 0) return;  // there is one
  CHECK((contains(o.err, "no_driver") || contains(o.err, "no_device") ||
         contains(o.err, "no_cudnn") || contains(o.err, "was built without")));
  CHECK(test::lines(o.err) == 1);
}
