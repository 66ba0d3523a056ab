// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/io/torch.hpp>

#include <algorithm>
#include <cmath>

#include "tests/io/hostile.hpp"
#include "tests/io/scratch_file.hpp"
#include "tests/io/shared_data.hpp"

namespace sl = slimming;
using hostile::bytes;
using slimming::testing::containing;
using value = sl::io::metadata_value;

using test_support::scratch_file;

namespace {

const auto torch_of = [](std::span<const std::byte> content) {
  return sl::io::parse_torch(content, "test.pth");
};

sl::io::checkpoint checkpoint_of(const std::string& name) { return torch_of(hostile::file(name)); }

std::string refusal_of(const std::string& name) {
  return hostile::refusal(hostile::file(name), torch_of);
}

std::vector<double> numbers(const sl::io::checkpoint& file, const std::string& name) {
  return file.at(name).converted<double>();
}

/// A legacy stream around a pickle of the objects.
bytes legacy(std::string_view pickle, std::string_view rest = "\x80\x02].") {
  using namespace std::string_view_literals;
  std::string text("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03."sv);
  text += "\x80\x02}.";
  return hostile::to_bytes(text.append(pickle).append(rest));
}

void check_types(const sl::io::checkpoint& file) {
  std::size_t types = 0;
  for (const auto& [name, tensor] : file.tensors) {
    INFO(name);
    if (name == "scalar") {
      CHECK(tensor.extents().empty());
      CHECK(tensor.values<float>()[0] == 2.5f);
    } else if (name == "empty") {
      CHECK(tensor.extents() == sl::shape{0, 4});
    } else if (name == "t.bool") {
      const auto v = tensor.values<bool>();
      CHECK((v[0] && !v[1] && v[2]));
    } else {
      ++types;
      CHECK(name == "t." + std::string(sl::name_of(tensor.type())));
      CHECK(tensor.extents() == sl::shape{2, 3});
      const double first = name.find("uint") == std::string::npos ? -2 : 0;
      const auto v = tensor.converted<double>();
      for (std::size_t i = 0; i < v.size(); ++i) CHECK(v[i] == first + static_cast<double>(i));
    }
  }
  CHECK(types == 9);
}

}  // namespace

TEST_CASE("every element type is read from both formats") {
  for (const char* name : {"torch_types_zip.pth", "torch_types_legacy.pth"}) {
    INFO(name);
    const auto file = checkpoint_of(name);
    REQUIRE(file.tensors.size() == 12);
    CHECK(file.tensors.front().name == "t.float32");
    CHECK(file.tensors.back().name == "empty");
    check_types(file);
  }
  for (const char* name : {"torch_unsigned_zip.pth", "torch_unsigned_legacy.pth"}) {
    const auto file = checkpoint_of(name);
    REQUIRE(file.tensors.size() == 3);
    CHECK(file.at("t.uint16").type() == sl::dtype::uint16);
    CHECK(file.at("t.uint32").type() == sl::dtype::uint32);
    CHECK(file.at("t.uint64").type() == sl::dtype::uint64);
    for (const auto& t : file.tensors)
      CHECK(numbers(file, t.name) == std::vector<double>{0, 1, 2, 3, 4, 5});
  }
}

TEST_CASE("the other byte order and compressed entries give the same tensors") {
  check_types(checkpoint_of("torch_big_endian.pth"));
  check_types(checkpoint_of("torch_deflated.pth"));
}

TEST_CASE("shared, strided and expanded tensors become contiguous copies") {
  for (const char* name : {"torch_shared_zip.pth", "torch_shared_legacy.pth"}) {
    INFO(name);
    const auto file = checkpoint_of(name);
    REQUIRE(file.tensors.size() == 9);
    CHECK(file.at("transposed").extents() == sl::shape{4, 3});
    CHECK(numbers(file, "transposed") == std::vector<double>{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11});
    CHECK(numbers(file, "rows") == std::vector<double>{4, 5, 6, 7, 8, 9, 10, 11});
    CHECK(numbers(file, "column") == std::vector<double>{2, 6, 10});
    CHECK(file.at("every_other").type() == sl::dtype::float16);
    CHECK(numbers(file, "every_other") == std::vector<double>{1, 3, 5, 7});
    CHECK(numbers(file, "expanded") == std::vector<double>(6, 7.0));
    CHECK(numbers(file, "tied") == numbers(file, "whole"));
    CHECK(numbers(file, "parameter") == std::vector<double>{0, 1, 2, 3});
    const auto last = numbers(file, "channels_last");
    for (std::size_t i = 0; i < last.size(); ++i) CHECK(last[i] == static_cast<double>(i));
  }
}

TEST_CASE("a tensor whose sign is a bit beside its elements is refused by its name") {
  for (const char* format : {"_zip.pth", "_legacy.pth"}) {
    INFO(format);
    CHECK_THAT(refusal_of(std::string("torch_negative") + format),
               containing("imaginary") && containing("resolve_neg()"));
    CHECK(numbers(checkpoint_of(std::string("torch_resolved") + format), "imaginary") ==
          std::vector<double>{-3, -4});
  }
}

TEST_CASE("a training script's file gives its state dict, its scalars and its lists") {
  for (const char* name : {"torch_wrapped_zip.pth", "torch_wrapped_legacy.pth"}) {
    INFO(name);
    const auto file = checkpoint_of(name);
    REQUIRE(file.tensors.size() == 6);
    CHECK(file.tensors[0].name == "0.weight");  // "module." is gone
    CHECK(file.tensors[0].value.extents() == sl::shape{2, 1, 3, 3});
    CHECK(numbers(file, "0.weight")[17] == 17.0);
    CHECK(file.at("1.num_batches_tracked").values<std::int64_t>()[0] == 1);
    CHECK(*file.find_metadata("epoch") == value{std::int64_t{160}});
    CHECK(*file.find_metadata("big") == value{std::int64_t{1} << 40});
    CHECK(*file.find_metadata("arch") == value{std::string("vgg")});
    CHECK(*file.find_metadata("best_prec1") == value{0.875});
    CHECK(*file.find_metadata("accuracy") == value{93.25});
    CHECK(*file.find_metadata("count") == value{std::int64_t{-7}});
    const value cfg{value::list{{std::int64_t{64}},
                                {std::string("M")},
                                {value::list{{std::int64_t{3}}, {0.5}}},
                                {},
                                {true}}};
    CHECK(*file.find_metadata("cfg") == cfg);
    CHECK(file.ignored == std::vector<std::string>{"optimizer"});
  }
}

TEST_CASE("protocols 3 to 5 are read, sets beside the weights are left") {
  for (const char* protocol : {"3", "4", "5"}) {
    const auto file = checkpoint_of("torch_protocol" + std::string(protocol) + "_legacy.pth");
    check_types(file);
    CHECK(std::get<value::list>(file.find_metadata("cfg")->value).size() == 300);
    CHECK(*file.find_metadata("note") == value{std::string("gr\u00fc\u00dfe")});
    CHECK(file.ignored == std::vector<std::string>{"set"});
  }
}

TEST_CASE("the state dict is found in its wrappers or where the caller says") {
  for (const char* name : {"torch_nested_zip.pth", "torch_nested_legacy.pth"}) {
    const bytes content = hostile::file(name);
    CHECK(numbers(torch_of(content), "w") == std::vector<double>{1, 1});
    const auto ema = sl::io::parse_torch(content, name, {.entry = "ema", .limits = {}});
    CHECK(numbers(ema, "w") == std::vector<double>{0, 0});
    CHECK(ema.ignored == std::vector<std::string>{"model"});
    const auto net = sl::io::parse_torch(content, name, {.entry = "model/net", .limits = {}});
    CHECK(numbers(net, "w") == std::vector<double>{1, 1});
    CHECK_THROWS_WITH(sl::io::parse_torch(content, name, {.entry = "model/x", .limits = {}}),
                      containing("model/x") && containing("net, args"));
  }
  CHECK_THAT(refusal_of("torch_two_zip.pth"),
             containing("several state dicts") && containing("second"));
  CHECK(numbers(checkpoint_of("torch_alone_zip.pth"), "tensor") == std::vector<double>{0, 1, 2});
}

TEST_CASE("files that would run code are refused by the name they call, and run none") {
  std::filesystem::remove("/tmp/slimming_was_here");
  for (const char* format : {"_zip.pth", "_legacy.pth"}) {
    CHECK_THAT(refusal_of(std::string("torch_command") + format), containing("'posix.system'"));
    CHECK_THAT(refusal_of(std::string("torch_evaluation") + format), containing("eval'"));
    CHECK_THAT(refusal_of(std::string("torch_module") + format),
               containing("'torch.nn.modules.activation.ReLU'"));
  }
  CHECK_THAT(hostile::refusal(legacy("cos\nsystem\n(S'id'\ntR."), torch_of),
             containing("'os.system'"));
  CHECK_FALSE(std::filesystem::exists("/tmp/slimming_was_here"));
}

TEST_CASE("bombs are refused before they unfold") {
  for (const char* name :
       {"torch_zip_bomb.pth", "torch_expanded_bomb_zip.pth", "torch_expanded_bomb_legacy.pth",
        "torch_shared_bomb_zip.pth", "torch_shared_bomb_legacy.pth"}) {
    INFO(name);
    const bytes content = hostile::file(name);
    CHECK_FALSE(hostile::accepted(content, torch_of, hostile::allowance(content.size())));
    CHECK_THAT(refusal_of(name), containing("too many for a file of"));
  }
  // Whoever trusts the file raises the limit.
  const auto large = sl::io::parse_torch(hostile::file("torch_shared_bomb_zip.pth"), "trusted",
                                         {.entry = "", .limits = {.expansion = 1000}});
  CHECK(large.tensors.size() == 400);
}

TEST_CASE("lists that share a list are refused when they unfold exponentially") {
  std::string pickle =
      "\x80\x02]q\x01K\x01"
      "a0";
  for (int level = 0; level < 6; ++level) {
    pickle += "](";
    for (int i = 0; i < 100; ++i) pickle += "h\x01";
    pickle +=
        "eq\x01"
        "0";
  }
  pickle +=
      "}(U\x03"
      "cfgh\x01U\x0astate_dict}U\x01w";
  pickle += "ctorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\nFloatStorage\n";
  pickle +=
      "U\x01"
      "0U\x03"
      "cpuK\x01tQK\x01))\x89}tRsu.";
  const bytes content = legacy(pickle);
  CHECK_FALSE(hostile::accepted(content, torch_of, hostile::allowance(content.size())));
  CHECK_THAT(hostile::refusal(content, torch_of), containing("lists unfold"));
}

TEST_CASE("a cut or damaged checkpoint is refused, never trusted") {
  for (const char* name :
       {"torch_nested_zip.pth", "torch_wrapped_legacy.pth", "torch_shared_legacy.pth"}) {
    INFO(name);
    const bytes whole = hostile::file(name);
    hostile::check_every_truncation_fails(whole, torch_of);
    hostile::check_every_bit_flip_is_survived(whole, torch_of);
  }
}

TEST_CASE("tensors that leave their storage are refused with both numbers") {
  using namespace std::string_literals;
  // w = _rebuild_tensor_v2(storage('0', float, `elements`), offset, (extents), (strides), ...)
  const auto with = [](const std::string& elements, const std::string& offset,
                       const std::string& extents, const std::string& strides) {
    const std::string pickle =
        "\x80\x02}U\x01wctorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\nFloatStorage\n"
        "U\x01"
        "0U\x03"
        "cpu" +
        elements + "tQ" + offset + "(" + extents + "t(" + strides + "t\x89}tRs.";
    const std::string rest =
        "\x80\x02]U\x01"
        "0a.\x06\0\0\0\0\0\0\0"s +
        std::string(24, '\0');
    return hostile::refusal(legacy(pickle, rest), torch_of);
  };
  const std::string six = "K\x06";
  CHECK(with(six, "K\1", "K\5", "K\1") == "accepted");
  CHECK_THAT(with(six, "K\2", "K\5", "K\1"), containing("leave its storage of 24 bytes"));
  CHECK_THAT(with(six, "K\1", "K\3", "K\3"), containing("leave its storage"));
  CHECK_THAT(with(six, "J\xff\xff\xff\xff", "K\1", "K\1"), containing("no sensible number"));
  CHECK_THAT(with(six, "K\1", "J\xff\xff\xff\xff", "K\1"), containing("no sensible number"));
  CHECK_THAT(with(six, "K\5", "K\2", "J\xff\xff\xff\xff"), containing("no sensible number"));
  const std::string huge = "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x0f";
  CHECK_THAT(with(six, "K\1", huge + huge, "K\1K\1"), containing("overflows"));
  CHECK_THAT(with(six, huge, "K\2K\2", huge + huge), containing("leave its storage"));
  CHECK_THAT(with(six, "K\1", "K\2K\2", "K\1"), containing("2 extents, but 1 strides"));
  CHECK_THAT(with("K\x07", "K\1", "K\1", "K\1"), containing("holds 6 elements, the pickle says 7"));
  CHECK_THAT(with(huge, "K\1", "K\1", "K\1"), containing("the pickle says"));
  CHECK_THAT(with("N", "K\1", "K\1", "K\1"), containing("no sensible number"));
}

TEST_CASE("what torch.save did not write is named as such") {
  CHECK_THAT(hostile::refusal(hostile::to_bytes(""), torch_of), containing("neither a zip"));
  CHECK_THAT(hostile::refusal(hostile::to_bytes("GIF89a"), torch_of), containing("neither a zip"));
  CHECK_THAT(hostile::refusal(hostile::to_bytes("\x80\x02K\x01."), torch_of),
             containing("not one of"));
  CHECK_THAT(hostile::refusal(hostile::to_bytes("PK\x05\x06"), torch_of),
             containing("zip archive"));
  CHECK_THAT(hostile::refusal(legacy("\x80\x02K\x01."), torch_of),
             containing("no dict of tensors"));
  CHECK_THAT(hostile::refusal(legacy("\x80\x02}U\x05"
                                     "epochK\x01s."),
                              torch_of),
             containing("holds no state dict; its keys are: epoch"));
  // A wrapper that contains itself ends.
  CHECK_THAT(hostile::refusal(legacy("\x80\x02}q\x01U\x05modelh\x01s."), torch_of),
             containing("no state dict"));
}

TEST_CASE("what is written reads back the same, with and without metadata") {
  sl::io::checkpoint file;
  for (const auto& source :
       {checkpoint_of("torch_types_zip.pth"), checkpoint_of("torch_unsigned_zip.pth")})
    for (const auto& t : source.tensors)
      file.tensors.push_back({t.name + (file.find(t.name) ? "2" : ""), t.value});
  const scratch_file scratch;
  for (const bool wrapped : {false, true}) {
    if (wrapped) {
      file.metadata.emplace_back("epoch", value{std::int64_t{1} << 35});
      file.metadata.emplace_back("cfg",
                                 value{value::list{{std::string("M")}, {}, {false}, {-0.5}}});
    }
    sl::io::write_torch(scratch.path, file);
    const bytes first = sl::io::detail::file_bytes(scratch.path);
    const auto again = sl::io::read_torch(scratch.path);
    CHECK(again.metadata == file.metadata);
    REQUIRE(again.tensors.size() == file.tensors.size());
    for (std::size_t i = 0; i < file.tensors.size(); ++i) {
      CHECK(again.tensors[i].name == file.tensors[i].name);
      CHECK(again.tensors[i].value.type() == file.tensors[i].value.type());
      CHECK(again.tensors[i].value.extents() == file.tensors[i].value.extents());
      CHECK(std::ranges::equal(again.tensors[i].value.bytes(), file.tensors[i].value.bytes()));
    }
    sl::io::write_torch(scratch.path, again);
    CHECK(sl::io::detail::file_bytes(scratch.path) == first);
  }
  file.tensors.push_back(file.tensors.front());
  CHECK_THROWS_AS(sl::io::write_torch(scratch.path, file), sl::bad_value);
}

TEST_CASE("a text that Python could not read is not written") {
  const scratch_file scratch;
  const auto refusal = [&](const std::string& name, const std::string& note) {
    sl::io::checkpoint file;
    file.tensors.push_back({name, sl::any_tensor(sl::dtype::float32, {1})});
    file.metadata.emplace_back("note", value{note});
    return test_support::message_of([&] { sl::io::write_torch(scratch.path, file); });
  };
  // Python 2 wrote names in the encoding of its machine.
  CHECK(refusal("gr\xfc\xdf", "").find("'gr...' is not UTF-8 at its byte 2") != std::string::npos);
  for (const char* text : {"\x80", "\xc3", "\xc3(", "\xc0\x80", "\xe0\x80\x80", "\xf4\x90\x80\x80",
                           "\xf8\x88\x80\x80\x80", "\xff"})
    CHECK(refusal("w", text).find("is not UTF-8 at its byte 0") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(scratch.path));
  const std::string odd = "\xc3\xa9 \xe6\x97\xa5 \xed\xa0\x80 \xf4\x8f\xbf\xbf\n";
  CHECK(refusal(odd, odd).empty());
  CHECK(sl::io::read_torch(scratch.path).tensors[0].name == odd);
}

TEST_CASE("real checkpoints are read with the values that PyTorch reads") {
  struct known {
    const char* name;
    std::size_t tensors;
    double sum;      // of all elements, in double, in file order: torch.load and .double().sum()
    double squares;  // of their squares
    const char* last;
  };
  for (const known& k : {known{"resnet_cifar10/resnet20-12fca82f.th", 97, 139.7826495598208,
                               10987.817166808309, "linear.bias"},
                         known{"resnet_cifar10/resnet56-4bfd9763.th", 277, 1427.879011697099,
                               28992.782524950944, "linear.bias"},
                         known{"ultraface/version-RFB-320.pth", 244, 3020933.6163331065,
                               260644987612.7256, "regression_headers.3.bias"}}) {
    const auto path = shared_checkpoint(k.name);
    if (!path) continue;
    INFO(k.name);
    const auto file = sl::io::read_torch(*path);
    double sum = 0;
    double squares = 0;
    for (const auto& t : file.tensors) {
      for (const double v : t.value.converted<double>()) {
        sum += v;
        squares += v * v;
      }
    }
    CHECK(file.tensors.size() == k.tensors);
    CHECK(sum == Approx(k.sum).epsilon(1e-9));
    CHECK(squares == Approx(k.squares).epsilon(1e-9));
    CHECK(file.tensors.back().name == k.last);
  }
}
