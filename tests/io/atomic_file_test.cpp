// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/io/atomic_file.hpp>

#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

namespace sl = slimming;
namespace fs = std::filesystem;
using test_support::message_of;
using test_support::temporary_directory;

namespace {

std::string content(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("the name appears with the commit and the part disappears") {
  const temporary_directory folder;
  const fs::path path = folder / "weights.bin";
  sl::io::atomic_file file(path);
  file.write("one ");
  CHECK_FALSE(fs::exists(path));
  file.write("two");
  file.commit();
  CHECK(content(path) == "one two");
  CHECK_FALSE(fs::exists(folder / "weights.bin.part"));
}

TEST_CASE("without a commit the old file stays and nothing is left beside it") {
  const temporary_directory folder;
  const fs::path path = folder / "weights.bin";
  sl::io::write_atomically(path, std::as_bytes(std::span("old", 3)));
  {
    sl::io::atomic_file file(path);
    file.write("new but unfinished");
  }
  CHECK(content(path) == "old");
  CHECK_FALSE(fs::exists(folder / "weights.bin.part"));
}

TEST_CASE("a writer killed at any moment leaves the old file or a new one, never a mixture") {
  const temporary_directory folder;
  const fs::path path = folder / "weights.bin";
  const std::string a(200'000, 'a');
  const std::string b(100'000, 'b');
  sl::io::write_atomically(path, std::as_bytes(std::span(a)));
  for (int round = 0; round < 20; ++round) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      for (;;) {
        for (const std::string& text : {b, a}) {
          sl::io::atomic_file file(path);
          for (std::size_t at = 0; at < text.size(); at += 1000) file.write(text.substr(at, 1000));
          file.commit();
        }
      }
    }
    ::usleep(static_cast<unsigned>(500 + 700 * round));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    const std::string now = content(path);
    const bool whole = now == a || now == b;
    CHECK(whole);
  }
  sl::io::atomic_file next(path);  // a dead writer's part is no obstacle
  next.commit();
  CHECK(content(path).empty());
}

TEST_CASE("a second writer of the same file is refused while the first one lives") {
  const temporary_directory folder;
  const fs::path path = folder / "weights.bin";
  sl::io::atomic_file first(path);
  CHECK_THROWS_AS(sl::io::atomic_file(path), sl::bad_file);
  first.write("first");
  first.commit();
  CHECK(content(path) == "first");
}

TEST_CASE("a link is followed, folders and devices are not replaced") {
  const temporary_directory folder;
  const fs::path target = folder / "target.bin";
  const fs::path link = folder / "link.bin";
  sl::io::write_atomically(target, std::as_bytes(std::span("old", 3)));
  fs::create_symlink("target.bin", link);
  sl::io::write_atomically(link, std::as_bytes(std::span("new", 3)));
  CHECK(fs::is_symlink(link));
  CHECK(content(target) == "new");

  fs::create_directory(folder / "links");
  fs::create_symlink("../later.bin", folder / "links" / "second");
  fs::create_symlink("links/second", folder / "first");
  sl::io::write_atomically(folder / "first", std::as_bytes(std::span("made", 4)));
  CHECK(fs::is_symlink(folder / "first"));
  CHECK(fs::is_symlink(folder / "links" / "second"));
  CHECK(content(folder / "later.bin") == "made");
  fs::create_symlink("ring", folder / "ring");
  CHECK(message_of([&] { sl::io::atomic_file(folder / "ring"); }).find("cannot be followed") !=
        std::string::npos);
  CHECK(fs::is_symlink(folder / "ring"));

  CHECK_THROWS_AS(sl::io::atomic_file(folder.path()), sl::bad_file);
  CHECK_THROWS_AS(sl::io::atomic_file("/dev/null"), sl::bad_file);
  CHECK_THROWS_AS(sl::io::atomic_file(folder.path() / "no" / "such" / "folder"), sl::bad_file);
}

TEST_CASE("a file that only some may read stays so, and its part is no more open") {
  const temporary_directory folder;
  const fs::path path = folder / "private.bin";
  sl::io::write_atomically(path, std::as_bytes(std::span("old", 3)));
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  sl::io::atomic_file file(path);
  file.write("new");
  CHECK(fs::status(folder / "private.bin.part").permissions() == fs::status(path).permissions());
  file.commit();
  CHECK(content(path) == "new");
  CHECK(fs::status(path).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
}
