// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/io/safetensors.hpp>

#include <algorithm>
#include <cstdio>

#include "tests/io/hostile.hpp"
#include "tests/io/scratch_file.hpp"

namespace sl = slimming;
using hostile::bytes;

using test_support::scratch_file;

namespace {

const auto safetensors_of = [](std::span<const std::byte> content) {
  return sl::io::parse_safetensors(content, "test.safetensors");
};

/// A file with this header and this many bytes of data.
bytes with_header(const std::string& header, std::size_t data) {
  bytes file;
  for (std::size_t i = 0; i < 8; ++i)
    file.push_back(static_cast<std::byte>(header.size() >> 8 * i));
  const bytes text = hostile::to_bytes(header);
  file.insert(file.end(), text.begin(), text.end());
  file.insert(file.end(), data, std::byte{1});
  return file;
}

std::string entry(const std::string& name, const std::string& shape, std::size_t begin,
                  std::size_t end) {
  return "\"" + name + "\":{\"dtype\":\"U8\",\"shape\":" + shape + ",\"data_offsets\":[" +
         std::to_string(begin) + "," + std::to_string(end) + "]}";
}

}  // namespace

TEST_CASE("a file of the reference package gives every type its values") {
  const auto file = safetensors_of(hostile::file("python.safetensors"));
  CHECK(file.metadata == std::map<std::string, std::string>{{"note", "gr\u00fc\u00dfe"}});
  REQUIRE(file.tensors.size() == 15);
  std::size_t types = 0;
  for (const auto& [name, value] : file.tensors) {
    if (name == "scalar") {
      CHECK(value.extents().empty());
      CHECK(value.values<float>()[0] == 2.5f);
    } else if (name == "empty") {
      CHECK(value.extents() == sl::shape{0, 4});
    } else if (name == "t.bool") {
      const auto v = value.values<bool>();
      CHECK((v[0] && !v[1] && v[2]));
    } else {
      ++types;
      CHECK(name == "t." + std::string(sl::name_of(value.type())));
      CHECK(value.extents() == sl::shape{2, 3});
      const double first = name.find("uint") == std::string::npos ? -2 : 0;
      const auto v = value.converted<double>();
      for (std::size_t i = 0; i < v.size(); ++i) CHECK(v[i] == first + static_cast<double>(i));
    }
  }
  CHECK(types == 12);
}

TEST_CASE("reading and writing the reference package's file gives the same bytes") {
  const bytes original = hostile::file("python.safetensors");
  const scratch_file scratch;
  sl::io::write_safetensors(scratch.path, safetensors_of(original));
  CHECK(sl::io::detail::file_bytes(scratch.path) == original);
}

TEST_CASE("tensors come back in the order they were given, whatever their types") {
  sl::io::safetensors file;
  const std::vector<float> f{1.5f, -2.0f, 0.0f};
  const std::vector<std::uint8_t> u{7};
  const std::vector<double> d{1e300, -0.0};
  file.tensors.push_back({"b \"quoted\"\n", sl::any_tensor::from<std::uint8_t>(u, {1})});
  file.tensors.push_back({"a", sl::any_tensor::from<float>(f, {3, 1})});
  file.tensors.push_back({"", sl::any_tensor::from<double>(d, {2})});
  file.metadata["cfg"] = "[64, \"M\"]";
  const scratch_file scratch;
  sl::io::write_safetensors(scratch.path, file);
  const auto again = sl::io::read_safetensors(scratch.path);
  CHECK(again.metadata == file.metadata);
  REQUIRE(again.tensors.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(again.tensors[i].name == file.tensors[i].name);
    CHECK(again.tensors[i].value.type() == file.tensors[i].value.type());
    CHECK(again.tensors[i].value.extents() == file.tensors[i].value.extents());
    CHECK(std::ranges::equal(again.tensors[i].value.bytes(), file.tensors[i].value.bytes()));
  }
}

TEST_CASE("what a reader could not tell apart is not written") {
  const scratch_file scratch;
  sl::io::safetensors file;
  file.tensors.push_back({"w", {}});
  file.tensors.push_back({"w", {}});
  CHECK_THROWS_AS(sl::io::write_safetensors(scratch.path, file), sl::bad_value);
  file.tensors = {{"__metadata__", {}}};
  CHECK_THROWS_AS(sl::io::write_safetensors(scratch.path, file), sl::bad_value);
  file.tensors = {{"\xff", {}}};
  CHECK_THROWS_AS(sl::io::write_safetensors(scratch.path, file), sl::bad_value);
  CHECK_FALSE(std::filesystem::exists(scratch.path));
}

TEST_CASE("a cut or damaged safetensors file is refused, never trusted") {
  const bytes whole = hostile::file("python.safetensors");
  hostile::check_every_truncation_fails(whole, safetensors_of);
  hostile::check_every_bit_flip_is_survived(whole, safetensors_of);
}

TEST_CASE("a header that lies about the data is refused with the tensor's name") {
  using slimming::testing::containing;
  const auto refusal = [](const std::string& header, std::size_t data) {
    return hostile::refusal(with_header(header, data), safetensors_of);
  };
  CHECK_THAT(refusal("{" + entry("a", "[4]", 0, 4) + "," + entry("b", "[4]", 2, 6) + "}", 6),
             containing("'b'") && containing("overlap"));
  CHECK_THAT(refusal("{" + entry("a", "[2]", 0, 2) + "," + entry("b", "[2]", 4, 6) + "}", 6),
             containing("'b'") && containing("gap"));
  CHECK_THAT(refusal("{" + entry("a", "[2]", 4, 2) + "}", 6),
             containing("do not lie in the 6 bytes"));
  CHECK_THAT(refusal("{" + entry("a", "[9]", 0, 9) + "}", 6),
             containing("do not lie in the 6 bytes"));
  CHECK_THAT(refusal("{" + entry("a", "[2]", 0, 2) + "}", 6), containing("tensors end at 2"));
  CHECK_THAT(refusal("{" + entry("a", "[3,2]", 0, 4) + "}", 4), containing("(3, 2)"));
  // 2^32 * 2^32 wraps to zero in 64 bits; an extent of zero must not hide the others' overflow.
  CHECK_THAT(refusal("{" + entry("a", "[4294967296,4294967296]", 0, 0) + "}", 0),
             containing("does not fill"));
  CHECK_THAT(
      refusal("{" + entry("a", "[4611686018427387904,0,4611686018427387904]", 0, 0) + "}", 0),
      containing("does not fill"));
  CHECK_THAT(refusal("{" + entry("a", "[-1]", 0, 4) + "}", 4), containing("negative"));
  CHECK_THAT(refusal("{" + entry("a", "[1.0]", 0, 1) + "}", 1), containing("no integer"));
  CHECK_THAT(refusal("{" + entry("a", "[18446744073709551615]", 0, 1) + "}", 1),
             containing("63 bits"));
}

TEST_CASE("a header of the wrong form is refused at its first surprise") {
  using slimming::testing::containing;
  const auto refusal = [](const std::string& header) {
    return hostile::refusal(with_header(header, 0), safetensors_of);
  };
  CHECK(refusal("{}") == "accepted");
  CHECK_THAT(refusal("{" + entry("a", "[0]", 0, 0) + "," + entry("a", "[0]", 0, 0) + "}"),
             containing("duplicate name 'a'"));
  CHECK_THAT(refusal(R"({"__metadata__":{"k":"1","k":"2"}})"),
             containing("duplicate metadata 'k'"));
  CHECK_THAT(refusal(R"({"a":{"dtype":"U8","shape":[0]}})"), containing("lacks"));
  CHECK_THAT(refusal(R"({"a":{"dtype":"U8","dtype":"I8","shape":[0],"data_offsets":[0,0]}})"),
             containing("twice"));
  CHECK_THAT(refusal(R"({"a":{"dtype":"F8_E4M3","shape":[0],"data_offsets":[0,0]}})"),
             containing("F8_E4M3"));
  CHECK_THAT(refusal(R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0,0]}})"),
             containing("number where none belongs"));
  CHECK_THAT(refusal(R"({"a":{"dtype":"U8","shape":[[0]],"data_offsets":[0,0]}})"),
             containing("array where none belongs"));
  CHECK_THAT(refusal(R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":1}})"),
             containing("unknown field 'x'"));
  CHECK_THAT(refusal(R"({"__metadata__":{"k":1}})"), containing("number where none belongs"));
  CHECK_THAT(refusal(R"({"a":null})"), containing("null"));
  CHECK_THAT(refusal(R"({"a":true})"), containing("boolean"));
  CHECK_THAT(refusal("{} {}"), containing("not JSON"));
  CHECK(refusal(std::string("{}\0{", 4)).find("not JSON at byte 2") != std::string::npos);
  CHECK_THAT(refusal("[]"), containing("does not start with '{'"));
  CHECK_THAT(refusal("{\"\xff\":1}"), containing("not JSON"));
  CHECK_THAT(refusal("{" + std::string(200'000, '{')), containing("not JSON"));
}

TEST_CASE("a header beyond the file or the format's limit costs nothing") {
  bytes file = with_header("{}", 0);
  for (std::size_t i = 0; i < 8; ++i) file[i] = std::byte{0xff};
  CHECK_FALSE(hostile::accepted(file, safetensors_of, 4096));
  file = with_header("{}", 0);
  file[3] = std::byte{1};  // 16 MiB, beyond the file
  CHECK_FALSE(hostile::accepted(file, safetensors_of, 4096));
}

TEST_CASE("bytes of a boolean tensor become true or false") {
  bytes file = with_header(R"({"a":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}})", 2);
  file[file.size() - 1] = std::byte{0xfe};
  const auto loaded = safetensors_of(file);
  for (const std::byte b : loaded.tensors[0].value.bytes()) CHECK(b == std::byte{1});
}

TEST_CASE("a path that is no readable file is refused by name") {
  CHECK_THROWS_WITH(sl::io::read_safetensors("no/such/file"),
                    sl::testing::containing("no/such/file"));
  CHECK_THROWS_AS(sl::io::read_safetensors("/"), sl::bad_file);
}
