// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

/// \file
/// Whose a directory of a run is: one process, one command, one data set.

#include "tests/slim/program.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>

using test::outcome;
using test::slim;

namespace {

std::vector<std::string> command_line(const std::string& command, const std::string& run,
                                      const std::string& data) {
  return {command, "--arch",   "vgg11", "--width", "0.0625", "--data",
          data,    "--epochs", "1",     "--out",   run};
}

std::vector<std::string> with(std::vector<std::string> all, const std::vector<std::string>& more) {
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

void check_refused(const outcome& o, const std::string& names) {
  INFO(o.err);
  CHECK(o.code == 2);
  CHECK(test::lines(o.err) == 1);
  CHECK(o.err.find(names) != std::string::npos);
}

}  // namespace

TEST_CASE("only one process trains in a directory at a time") {
  const test::scratch folder;
  auto arguments = command_line("train", folder / "run", test::sample_images());
  *std::next(std::find(arguments.begin(), arguments.end(), "--epochs")) = "1000";
  test::running first(arguments);
  first.wait_for("epoch");  // nothing is saved yet
  check_refused(slim(arguments), "another process trains in '" + folder / "run" + "'");
  first.wait_for("\n    1");
  check_refused(slim(with(arguments, {"--resume"})), "another process trains");
  first.signal(SIGKILL);
  (void)first.finish();
  test::running again(with(arguments, {"--resume"}));  // the lock went with its owner
  again.wait_for("goes on");
  again.signal(SIGKILL);
  CHECK(again.finish().out.find("goes on in epoch") != std::string::npos);
}

TEST_CASE("a run does not go on with other images") {
  const test::scratch folder;
  const std::string data = folder / "data", batch = folder / "data/data_batch_1.bin";
  test::fs::copy(test::sample_images(), data, test::fs::copy_options::recursive);
  const auto arguments = command_line("train", folder / "run", data);
  REQUIRE(slim(arguments).code == 0);
  test::fs::rename(data, folder / "moved");
  CHECK(slim(with(command_line("train", folder / "run", folder / "moved"), {"--resume"})).code ==
        0);

  test::fs::rename(folder / "moved", data);
  std::string bytes = test::text_of(batch);
  bytes[1000] = static_cast<char>(bytes[1000] ^ 1);
  std::ofstream(batch, std::ios::binary) << bytes;
  check_refused(slim(with(arguments, {"--resume"})), "digest of the images was");
}

TEST_CASE("a run does not go on in the directory of another command's model") {
  const test::scratch folder;
  const auto arguments = command_line("train", folder / "run", test::sample_images());
  REQUIRE(slim(arguments).code == 0);
  const std::string model = test::text_of(folder / "run/model.safetensors");
  const auto multipass = command_line("multipass", folder / "run", test::sample_images());
  check_refused(slim(with(multipass, {"--resume"})), "holds a model.safetensors but no pass-1");
  test::fs::remove(folder / "run/checkpoint.safetensors");
  check_refused(slim(with(arguments, {"--resume"})), "but no checkpoint.safetensors");
  CHECK(test::text_of(folder / "run/model.safetensors") == model);
}

TEST_CASE("a directory that cannot be written is refused before anything is trained") {
  if (::geteuid() == 0) {
    WARN("skipped: root may write everywhere");
    return;
  }
  const test::scratch folder;
  test::fs::create_directories(folder / "run");
  test::fs::permissions(folder / "run", test::fs::perms::owner_read | test::fs::perms::owner_exec);
  check_refused(slim(command_line("train", folder / "run", test::sample_images())),
                "cannot be written: Permission denied");
}

TEST_CASE("what multipass cannot prune as asked it does not train either") {
  const test::scratch folder;
  const std::string nothing = "\xff";  // no UTF-8, as only names in foreign files are
  const auto multipass = command_line("multipass", folder / "run", test::sample_images());
  const outcome o = slim(with(multipass, {"--passes", "1", "--ignore", nothing}));
  INFO(o.err);
  CHECK(o.code == 1);
  CHECK(o.err.find("'" + nothing + "' matches no operator") != std::string::npos);
  CHECK(!test::fs::exists(folder / "run/pass-1"));
}
