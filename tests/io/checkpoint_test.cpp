// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/io/checkpoint.hpp>

#include <limits>

#include "tests/support/catch.hpp"

namespace sl = slimming;

TEST_CASE("tensors and metadata are found by name, a missing tensor is named") {
  sl::io::checkpoint file;
  file.tensors.push_back({"conv.weight", sl::any_tensor(sl::dtype::float16, {2, 3})});
  file.metadata.emplace_back("epoch", sl::io::metadata_value{std::int64_t{7}});
  REQUIRE(file.find("conv.weight"));
  CHECK(file.at("conv.weight").type() == sl::dtype::float16);
  CHECK(file.find("conv.bias") == nullptr);
  CHECK_THROWS_WITH(file.at("conv.bias"), sl::testing::containing("conv.bias"));
  REQUIRE(file.find_metadata("epoch"));
  CHECK(*file.find_metadata("epoch") == sl::io::metadata_value{std::int64_t{7}});
  CHECK(file.find_metadata("cfg") == nullptr);
}

TEST_CASE("metadata lists nest and compare by content") {
  using value = sl::io::metadata_value;
  const value cfg{value::list{{std::int64_t{64}}, {std::string("M")}, {value::list{{1.5}}}}};
  CHECK(cfg == value(cfg));
  CHECK_FALSE(cfg == value{value::list{{std::int64_t{64}}, {std::string("N")}}});
  CHECK_FALSE(value{std::int64_t{1}} == value{true});
}

TEST_CASE("the budget of a reader grows with the file and saturates") {
  const sl::io::read_limits limits{.expansion = 3, .floor = 10};
  CHECK(limits.budget(0) == 10);
  CHECK(limits.budget(100) == 310);
  const auto most = std::numeric_limits<std::size_t>::max();
  CHECK(limits.budget(most / 2) == most);
  CHECK(sl::io::read_limits{.expansion = 0, .floor = 5}.budget(most) == 5);
}
