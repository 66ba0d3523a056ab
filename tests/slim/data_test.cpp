// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

/// \file
/// What the program makes of images that do not fit: the network, the run, each other.

#include <slimming/data/image_folder.hpp>

#include "tests/slim/program.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/image_writer.hpp"

using test::outcome;
using test::slim;

namespace {

/// Two grey PNG files in a class of a split.
void write_class(const std::string& folder, const std::string& split, const std::string& name,
                 std::uint8_t grey) {
  const test::fs::path directory = test::fs::path(folder) / split / name;
  test::fs::create_directories(directory);
  const auto png = test_support::png_bytes(32, 32, PNG_FORMAT_GRAY,
                                           std::vector<std::uint8_t>(std::size_t{32} * 32, grey));
  for (const char* file : {"a.png", "b.png"})
    std::ofstream(directory / file, std::ios::binary)
        .write(reinterpret_cast<const char*>(png.data()), static_cast<std::streamsize>(png.size()));
}

}  // namespace

TEST_CASE("test images that lack a class are counted under the classes of the training images") {
  const test::scratch folder;
  const std::string model = folder / "model.safetensors";
  REQUIRE(slim({"prune", "--arch", "vgg11", "--width", "0.125", "--classes", "3", "--percent", "0",
                "--out", model})
              .code == 0);
  const std::vector<std::string> names{"ant", "bee", "cat"};
  const auto rightly = [&](const std::string& data, const std::vector<std::string>& tested) {
    for (const std::string& name : names) write_class(data, "train", name, 100);
    for (const std::string& name : tested) write_class(data, "test", name, 100);
    const outcome o = slim({"eval", model, "--dataset", "folder", "--data", data, "--mean",
                            "0.5,0.5,0.5", "--std", "0.5,0.5,0.5", "--json", "-"});
    INFO(o.err);
    REQUIRE(o.code == 0);
    const auto entry = nlohmann::json::parse(o.out)["models"][0];
    return entry["accuracy"].get<double>() * entry["images"].get<double>();
  };
  double sum = 0;
  for (const std::string& name : names) sum += rightly(folder / name, {name});
  CHECK(sum == Approx(2));  // all images are alike: one class has it right
  CHECK(rightly(folder / "all", names) == Approx(2));

  write_class(folder / "all", "test", "dog", 100);
  const outcome o = slim({"eval", model, "--dataset", "folder", "--data", folder / "all"});
  CHECK(o.code == 1);
  CHECK(o.err.find("test/dog: is none of the 3 classes") != std::string::npos);
}

TEST_CASE("a network that cannot take the images is refused before it is trained") {
  const test::scratch folder;
  for (const std::string command : {"train", "multipass"}) {
    const auto refused = [&](const std::string& option, const std::string& value) {
      const outcome o =
          slim({command, "--arch", "vgg11", "--width", "0.125", option, value, "--epochs", "1",
                "--data", test::sample_images(), "--out", folder / (command + option)});
      INFO(o.err);
      CHECK(o.code == 2);
      CHECK(test::lines(o.err) == 1);
      return o.err;
    };
    CHECK(refused("--classes", "5").find("the data set has 10 classes") != std::string::npos);
    CHECK(refused("--input", "3,64,64").find("takes images of 3 x 64 x 64") != std::string::npos);
    CHECK(refused("--input", "1,32,32").find("takes images of 1 x 32 x 32") != std::string::npos);
  }
}
