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
  for (const std::string command : {"train", "prune", "finetune", "multipass", "eval", "verify",
                                    "info", "explain", "convert"}) {
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
  check_usage({"train", "--data", test::sample_images(), "--out", "run"}, "--arch");
  check_usage({"train", "--arch", "vgg11", "--data", test::sample_images()}, "--out");
}

TEST_CASE("numbers outside their range are refused by the name of their option") {
  const test::scratch folder;
  const std::string model = folder / "m.safetensors";
  REQUIRE(slim({"info", "--arch", "vgg11", "--width", "0.125"}).code == 0);
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
                                      {"--sparsity", "-1"}})
    check_usage(with(option, value), option);
  check_usage(with("--batch", "100000"), "--batch");
  check_usage(with("--mean", "0.5,0.5,0.5"), "--std");
  CHECK(!test::fs::exists(folder / "run/checkpoint.safetensors"));
}
