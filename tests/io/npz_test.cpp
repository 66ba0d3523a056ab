// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/io/npz.hpp>

#include "tests/io/hostile.hpp"

namespace sl = slimming;
using hostile::bytes;
using slimming::testing::containing;

namespace {

const auto npz_of = [](std::span<const std::byte> content) {
  return sl::io::parse_npz(content, "test.npz");
};
const auto parse_array = [](std::span<const std::byte> content) {
  return sl::io::parse_npy(content, "test.npy");
};

/// An array of version 1 with this header and this many bytes of data.
bytes array(const std::string& header, std::size_t data, char major = 1) {
  std::string text("\x93NUMPY");
  text += {major, 0, static_cast<char>(header.size()), static_cast<char>(header.size() >> 8)};
  if (major > 1) text += {0, 0};
  return hostile::to_bytes(text + header + std::string(data, '\1'));
}

std::string refusal(const std::string& header, std::size_t data, char major = 1) {
  return hostile::refusal(array(header, data, major), parse_array);
}

}  // namespace

TEST_CASE("NumPy's archives give every type its values, stored or deflated") {
  for (const char* name : {"stored.npz", "deflated.npz"}) {
    INFO(name);
    const auto tensors = npz_of(hostile::file(name));
    REQUIRE(tensors.size() == 24);
    std::size_t types = 0;
    for (const auto& [key, tensor] : tensors) {
      INFO(key);
      const auto v = tensor.converted<double>();
      if (key == "scalar") {
        CHECK(tensor.extents().empty());
        CHECK(v == std::vector<double>{2.5});
      } else if (key == "empty") {
        CHECK(tensor.extents() == sl::shape{0, 4});
      } else if (key == "bool") {
        CHECK(tensor.type() == sl::dtype::boolean);
        CHECK(v == std::vector<double>{1, 0, 1});
      } else if (key == "fortran") {
        CHECK(tensor.extents() == sl::shape{2, 3, 4});
        for (std::size_t i = 0; i < v.size(); ++i) CHECK(v[i] == static_cast<double>(i));
      } else {
        ++types;
        CHECK(tensor.extents() == sl::shape{2, 3});
        const double first = key.find(".u") == std::string::npos ? -2 : 0;
        for (std::size_t i = 0; i < v.size(); ++i) CHECK(v[i] == first + static_cast<double>(i));
      }
    }
    CHECK(types == 20);
  }
}

TEST_CASE("an array's header is read as NumPy would, whatever the spacing and quotes") {
  const std::string plain = "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }  \n";
  for (const char major : {'\1', '\2', '\3'}) {
    const auto t = parse_array(array(plain, 12, major));
    CHECK(t.type() == sl::dtype::int16);
    CHECK(t.extents() == sl::shape{2, 3});
    CHECK(t.values<std::int16_t>()[0] == 0x0101);
  }
  CHECK(refusal("{\"shape\":(6L,),\"fortran_order\":True,\"descr\":\"|u1\"}", 6) == "accepted");
  CHECK(refusal("{'descr': '<f4', 'fortran_order': False, 'shape': ()}", 4) == "accepted");
  CHECK(refusal("{'descr': '=f4', 'fortran_order': False, 'shape': (0, 7)}", 0) == "accepted");
}

TEST_CASE("an array's header that lies or is not understood is refused") {
  const auto with = [](const std::string& type, const std::string& shape, std::size_t data) {
    return refusal("{'descr': " + type + ", 'fortran_order': False, 'shape': " + shape + "}", data);
  };
  CHECK_THAT(with("'<f4'", "(2,)", 7), containing("does not fill the 7 bytes"));
  CHECK_THAT(with("'<f4'", "(2,)", 9), containing("does not fill the 9 bytes"));
  CHECK_THAT(with("'<f4'", "(4294967296, 4294967296)", 0), containing("does not fill"));
  CHECK_THAT(with("'<f4'", "(0, 4611686018427387904, 4611686018427387904)", 0),
             containing("does not fill"));
  CHECK_THAT(with("'<f4'", "(-1,)", 4), containing("no sensible number"));
  CHECK_THAT(with("'<f4'", "(99999999999999999999,)", 4), containing("no sensible number"));
  CHECK_THAT(with("'<f4'", "2", 8), containing("'(' is missing"));
  CHECK_THAT(with("'|O'", "(1,)", 8), containing("'|O' is not read"));
  CHECK_THAT(with("'<c8'", "(1,)", 8), containing("'<c8' is not read"));
  CHECK_THAT(with("'<U3'", "(1,)", 12), containing("is not read"));
  CHECK_THAT(with("[('a', '<f4')]", "(1,)", 4), containing("structured"));
  CHECK_THAT(refusal("{'descr': '<f4', 'shape': (1,)}", 4), containing("is missing"));
  CHECK_THAT(refusal("{'descr': '<f4', 'descr': '<f4'}", 4), containing("duplicate"));
  CHECK_THAT(refusal("{'x': 1}", 4), containing("unknown key 'x'"));
  CHECK_THAT(refusal("{'fortran_order': Maybe}", 4), containing("neither True nor False"));
  CHECK_THAT(refusal("{'descr", 4), containing("without an end"));
  CHECK_THAT(refusal("{'descr': '<f4', 'fortran_order': False, 'shape': ()} x", 4),
             containing("more text"));
  CHECK_THAT(refusal("{}", 0, 4), containing("unknown version 4"));
  CHECK_THAT(hostile::refusal(hostile::to_bytes("\x93NUMPX\1"), parse_array),
             containing("no .npy"));
}

TEST_CASE("a cut or damaged archive is refused, never trusted") {
  const bytes whole = hostile::file("small.npz");
  hostile::check_every_truncation_fails(whole, npz_of);
  hostile::check_every_bit_flip_is_survived(whole, npz_of);
  const bytes one = array("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3)}", 24);
  hostile::check_every_truncation_fails(one, parse_array);
  hostile::check_every_bit_flip_is_survived(one, parse_array);
}

TEST_CASE("a bomb is refused before it unfolds, unless the caller trusts it") {
  const bytes bomb = hostile::file("bomb.npz");
  CHECK_FALSE(hostile::accepted(bomb, npz_of, hostile::allowance(bomb.size())));
  CHECK_THAT(hostile::refusal(bomb, npz_of), containing("zeros.npy") && containing("too many"));
  CHECK(sl::io::parse_npz(bomb, "bomb.npz", {.expansion = 2000})[0].value.size() == 1 << 22);
}

TEST_CASE("two entries of one name are refused") {
  const bytes one = array("{'descr': '<f4', 'fortran_order': False, 'shape': ()}", 4);
  sl::io::detail::zip_builder archive;
  archive.add("w.npy", one);
  archive.add("w", one);
  CHECK(hostile::refusal(archive.finish(), npz_of).find("second array of the name 'w'") !=
        std::string::npos);
}
