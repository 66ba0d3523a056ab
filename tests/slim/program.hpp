// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Runs the program as a user does: arguments in, exit code and text out.

#include <nlohmann/json.hpp>  // nlohmann::json

#include <fcntl.h>         // open
#include <sys/resource.h>  // setrlimit
#include <sys/wait.h>      // waitpid
#include <unistd.h>        // fork, execv

#include <algorithm>   // std::count
#include <chrono>      // std::chrono
#include <csignal>     // kill
#include <cstdlib>     // std::exit, setenv
#include <filesystem>  // std::filesystem
#include <fstream>     // std::ifstream
#include <iostream>    // std::cerr
#include <random>      // std::random_device
#include <sstream>     // std::ostringstream
#include <string>      // std::string
#include <thread>      // std::this_thread
#include <vector>      // std::vector

namespace test {

namespace fs = std::filesystem;

/// A directory that goes when the test does.
class scratch {
 public:
  scratch()
      : path_(fs::temp_directory_path() / ("slim_test_" + std::to_string(std::random_device{}()))) {
    fs::create_directories(path_);
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  ~scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string operator/(const std::string& name) const {
    return (path_ / name).string();
  }

 private:
  fs::path path_;
};

[[nodiscard]] inline std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

[[nodiscard]] inline nlohmann::json json_of(const fs::path& file) {
  return nlohmann::json::parse(text_of(file));
}

[[nodiscard]] inline std::string program() {
  const std::string path = std::string(SLIMMING_BIN_DIR) + "/slim";
  if (!fs::exists(path)) {
    std::cerr << "skipped: " << path << " was not built\n";
    std::exit(77);
  }
  return path;
}

/// The real images that come with the project.
[[nodiscard]] inline std::string sample_images() {
  return SLIMMING_TEST_DIR "/../examples/data/cifar10";
}

struct outcome {
  int code = -1;
  std::string out, err;
};

/// A run of the program that can be stopped on its way.
class running {
 public:
  /// \p most_bytes: what a file that it writes may hold, as if the disc were full then; 0: no limit.
  explicit running(const std::vector<std::string>& arguments, rlim_t most_bytes = 0) {
    std::vector<std::string> words{program()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& w : words) argv.push_back(w.data());
    argv.push_back(nullptr);
    const std::string out = files_ / "out", err = files_ / "err";
    process_ = ::fork();
    if (process_ == 0) {
      ::unsetenv("SLIMMING_DATA");
      if (most_bytes > 0) {
        std::signal(SIGXFSZ, SIG_IGN);  // write() fails instead
        const rlimit limit{most_bytes, most_bytes};
        ::setrlimit(RLIMIT_FSIZE, &limit);
      }
      ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
      ::dup2(::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
      ::execv(argv[0], argv.data());
      std::_Exit(127);
    }
  }
  /// Waits until the text that it has printed so far contains \p what, or it has ended.
  void wait_for(const std::string& what) {
    using namespace std::chrono_literals;
    while (text_of(files_ / "out").find(what) == std::string::npos && !has_ended())
      std::this_thread::sleep_for(5ms);
  }
  void signal(int number) const {
    if (!ended_) ::kill(process_, number);
  }
  [[nodiscard]] outcome finish() {
    if (!ended_) ::waitpid(process_, &status_, 0);
    ended_ = true;
    return {WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_),
            text_of(files_ / "out"), text_of(files_ / "err")};
  }

 private:
  [[nodiscard]] bool has_ended() {
    ended_ = ended_ || ::waitpid(process_, &status_, WNOHANG) == process_;
    return ended_;
  }

  scratch files_;
  pid_t process_ = -1;
  int status_ = 0;
  bool ended_ = false;
};

[[nodiscard]] inline outcome slim(const std::vector<std::string>& arguments) {
  return running(arguments).finish();
}

/// On a disc that takes files of so many bytes and no more.
[[nodiscard]] inline outcome slim_with_file_limit(rlim_t most_bytes,
                                                  const std::vector<std::string>& arguments) {
  return running(arguments, most_bytes).finish();
}

/// Lines of a text.
[[nodiscard]] inline long lines(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n');
}

}  // namespace test
