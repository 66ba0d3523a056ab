// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/io/detail/pickle.hpp>

#include "tests/io/hostile.hpp"

using hostile::bytes;
using slimming::io::detail::byte_reader;
using slimming::io::detail::object_id;
using slimming::io::detail::object_kind;
using slimming::io::detail::pickle_heap;
using slimming::io::detail::unpickler;

using namespace std::string_view_literals;

namespace {

bool nothing_more(std::string_view) { return false; }
bool anything(std::string_view) { return true; }

const auto load = [](std::span<const std::byte> content) {
  byte_reader reader(content, "test.pickle");
  pickle_heap heap;
  (void)unpickler(reader, heap, nothing_more).load();
};

std::string refusal(std::string_view pickle) {
  const bytes content = hostile::to_bytes(pickle);
  return hostile::refusal(content, load);
}

/// A readable form, for comparison: nested objects in Python's notation.
std::string print(const pickle_heap& heap, object_id id) {
  const auto list = [&](const char* open, const char* close) {
    std::string text = open;
    bool first = true;
    for (const object_id item : heap.items(id)) {
      if (!first) text += ", ";
      text += print(heap, item);
      first = false;
    }
    return text + close;
  };
  switch (heap.kind(id)) {
    case object_kind::none:
      return "None";
    case object_kind::boolean:
      return heap.integer(id) ? "True" : "False";
    case object_kind::integer:
      return std::to_string(heap.integer(id));
    case object_kind::big_integer:
      return "big" + std::to_string(heap.text(id).size());
    case object_kind::real:
      return std::to_string(heap.real(id));
    case object_kind::text:
      return "'" + std::string(heap.text(id)) + "'";
    case object_kind::bytes:
      return "b" + std::to_string(heap.text(id).size());
    case object_kind::tuple:
      return list("(", ")");
    case object_kind::list:
      return list("[", "]");
    case object_kind::set:
      return list("s{", "}");
    case object_kind::dict:
      return list("{", "}");
    case object_kind::global:
      return std::string(heap.text(id));
    case object_kind::persistent:
      return list("persistent(", ")");
    case object_kind::call:
      return list("call(", ")");
  }
  return "?";
}

std::string printed(std::string_view pickle) {
  const bytes content = hostile::to_bytes(pickle);
  byte_reader reader(content, "test.pickle");
  pickle_heap heap;
  const object_id root = unpickler(reader, heap, anything).load();
  CHECK(reader.remaining() == 0);
  return print(heap, root);
}

std::vector<bytes> pickles_of_every_protocol() {
  const bytes all = hostile::file("pickles.bin");
  byte_reader reader(all, "pickles.bin");
  std::vector<bytes> pickles;
  while (reader.remaining() > 0) {
    const auto one = reader.take(reader.little<std::uint32_t>());
    pickles.emplace_back(one.begin(), one.end());
  }
  return pickles;
}

}  // namespace

TEST_CASE("protocols 0 to 5 give the same containers and scalars") {
  const std::vector<bytes> pickles = pickles_of_every_protocol();
  REQUIRE(pickles.size() == 6);
  for (std::size_t protocol = 0; protocol < pickles.size(); ++protocol) {
    INFO("protocol " << protocol);
    byte_reader reader(pickles[protocol], "pickles.bin");
    pickle_heap heap;
    const object_id root = unpickler(reader, heap, nothing_more).load();
    CHECK(reader.remaining() == 0);
    const auto since = [&](std::size_t first, std::string entry) {
      return protocol >= first ? entry : std::string();
    };
    const std::string halves =
        "[0.000000, 1.000000, 2.000000, 3.000000, 4.000000, 5.000000, 6.000000, 7.000000]";
    const std::string expected =
        "{'none', None, 'flags', (True, False), 'small', 1, 'byte', 255, 'short', 65535, "
        "'int', -70000, 'long', 1099511627776, 'negative', -1099511627776, " +
        since(2, "'huge', big13, ") +
        "'real', -1.500000, 'text', 'gr\u00fc\u00dfe \u20ac \U0001f600 \\ ' \n', 'long text', '" +
        std::string(300, 'x') + "', " + since(3, "'bytes', b2, ") +
        "'empty', [(), [], {}], 'one', (1), 'two', (1, 2), 'four', (1, 2, 3, 4), 'shared', [" +
        halves + ", " + halves + "], 'ordered', {'a', 1}, 'set', s{1}, 'frozen', s{2}" +
        since(5, ", 'bytearray', b2") + "}";
    CHECK(print(heap, root) == expected);
  }
}

TEST_CASE("opcodes that no writer emits today keep their meaning") {
  CHECK(printed("(I1\nI2\n2l.") == "[1, 2, 2]");                     // DUP, LIST
  CHECK(printed("(I1\n(I2\nI3\n1l.") == "[1]");                      // POP_MARK
  CHECK(printed("I1\nI2\n0.") == "1");                               // POP
  CHECK(printed("I1\n(0.") == "1");                                  // POP of a mark
  CHECK(printed("(S'a\\'\\x41\\n'\nI01\nd.") == "{'a'A\n', True}");  // STRING, DICT
  CHECK(printed("(T\x02\0\0\0abU\x01"
                "cl."sv) == "['ab', 'c']");
  CHECK(printed("(Va\\u20ac\nL-5L\nF2.5\nt.") == "('a\u20ac', -5, 2.500000)");
  CHECK(printed("(I7\nitorch\nSize\n.") == "call(torch.Size, (7))");      // INST
  CHECK(printed("(ctorch\nSize\nI7\no.") == "call(torch.Size, (7))");     // OBJ
  CHECK(printed("ctorch\nSize\n)\x81.") == "call(torch.Size, ())");       // NEWOBJ
  CHECK(printed("ctorch\nSize\n)}\x92.") == "call(torch.Size, ())");      // NEWOBJ_EX
  CHECK(printed("ctorch\nSize\n)RI3\nb.") == "call(torch.Size, (), 3)");  // BUILD
  CHECK(printed("}I3\nb.") == "{}");                                      // attributes of a dict
  CHECK(printed("Pkey\n.") == "persistent('key')");
  CHECK(printed("I5\nQ.") == "persistent(5)");
  CHECK(printed("ccollections\nOrderedDict\n((I1\nI2\nll\x85R.") == "{1, 2}");  // Python 2
  CHECK(printed("I5\nr\0\0\1\0"
                "0j\0\0\1\0."sv) == "5");  // LONG_BINPUT
  CHECK(printed("\x8a\x01\xff.") == "-1");
  CHECK(printed("\x8a\0."sv) == "0");
  CHECK(printed("\x8b\x02\0\0\0\0\1."sv) == "256");
}

TEST_CASE("a global that is not on the list is refused by its name, in every form") {
  using slimming::testing::containing;
  CHECK_THAT(refusal("cos\nsystem\n(S'id'\ntR."), containing("'os.system'"));
  CHECK_THAT(refusal("cos\nsystem\n."), containing("'os.system'"));
  CHECK_THAT(refusal("(S'id'\nios\nsystem\n."), containing("'os.system'"));
  CHECK_THAT(refusal("\x8c\x02os\x8c\x06system\x93."), containing("'os.system'"));
  CHECK_THAT(refusal("cbuiltins\neval\n."), containing("'builtins.eval'"));
  CHECK_THAT(refusal("\x82\x01."), containing("extension registry"));
  CHECK_THAT(refusal("\x97."), containing("outside the file"));
}

TEST_CASE("a pickle that breaks its own rules is refused") {
  using slimming::testing::containing;
  CHECK_THAT(refusal("."), containing("underflow"));
  CHECK_THAT(refusal("I1\n(."), containing("underflow"));  // the mark hides what lies below
  CHECK_THAT(refusal("I1\n(\x85."), containing("underflow"));
  CHECK_THAT(refusal("t."), containing("without its mark"));
  CHECK_THAT(refusal("I1\nI2\na."), containing("takes none"));
  CHECK_THAT(refusal("]I1\nI2\ns."), containing("takes none"));
  CHECK_THAT(refusal("(I1\nd."), containing("key without its value"));
  CHECK_THAT(refusal("}(I1\nu."), containing("key without its value"));
  CHECK_THAT(refusal("g7\n."), containing("memo entry 7"));
  CHECK_THAT(refusal("gx\n."), containing("malformed memo index"));
  CHECK_THAT(refusal("p0\n."), containing("underflow"));
  CHECK_THAT(refusal("\x80\x06."), containing("protocol 6"));
  CHECK_THAT(refusal("\xff."), containing("opcode 255"));
  CHECK_THAT(refusal("I1x\n."), containing("malformed"));
  CHECK_THAT(refusal("L99999999999999999999L\n."), containing("oversized"));
  CHECK_THAT(refusal("F1.5.\n."), containing("malformed"));
  CHECK_THAT(refusal("S'a\n."), containing("malformed text"));
  CHECK_THAT(refusal("S'\\x4'\n."), containing("malformed text"));
  CHECK_THAT(refusal("V\\ud800\n."), containing("malformed text"));
  CHECK_THAT(refusal("V\\U00110000\n."), containing("malformed text"));
  CHECK_THAT(refusal("I1\n)R."), containing("no global"));
  CHECK_THAT(refusal("cbuiltins\nset\nI1\nR."), containing("no tuple"));
  CHECK_THAT(refusal("cbuiltins\nset\nI1\n\x85R."), containing("no list"));
  CHECK_THAT(refusal("ccollections\nOrderedDict\n(I1\nl\x85R."), containing("without its value"));
  CHECK_THAT(refusal("cbuiltins\nset\n)}I1\nI2\ns\x92."), containing("keyword"));
  CHECK_THAT(refusal("I1\nI2\nb."), containing("state"));
  CHECK_THAT(refusal("(o."), containing("without its class"));
  CHECK_THAT(refusal("I1\nI2\n\x93."), containing("no text"));
  CHECK_THAT(refusal("T\xff\xff\xff\xff"), containing("negative length"));
  CHECK_THAT(refusal("X\xff\xff\xff\xff"), containing("truncated"));
  CHECK_THAT(refusal("\x8d\xff\xff\xff\xff\xff\xff\xff\xff"), containing("truncated"));
  CHECK_THAT(refusal("\x95\xff\xff\xff\xff\xff\xff\xff\xff"), containing("a frame"));
  CHECK_THAT(refusal("I1"), containing("line without an end"));
}

TEST_CASE("cyclic and deeply nested pickles are ordinary data") {
  CHECK(refusal("]q\x01h\x01"
                "a.") == "accepted");                  // a list in itself
  CHECK(refusal("}q\x01K\x01h\x01s.") == "accepted");  // a dict in itself
  CHECK(refusal("]q\x01h\x01\x85"
                "a.") == "accepted");  // through a tuple
  const std::string deep = std::string(100'000, '(') + std::string(100'000, 't') + ".";
  CHECK(refusal(deep) == "accepted");
}

TEST_CASE("memory stays a small multiple of the pickle, whatever it repeats") {
  const std::string nul(1, '\0');
  const std::vector<std::string> bricks{"]",
                                        "}",
                                        ")",
                                        "N",
                                        "(",
                                        "2",
                                        "\x94",
                                        "\x8f",
                                        "NQ",
                                        "K\x01\x85",
                                        "]\x94",
                                        "K\x01Q",
                                        "h" + nul,
                                        "I1\n",
                                        "X" + nul + nul + nul + nul,
                                        "ccollections\nOrderedDict\n"};
  for (const std::string& brick : bricks) {
    INFO(brick);
    std::string pickle = "]\x94";
    while (pickle.size() < (2u << 20)) pickle += brick;
    const bytes content = hostile::to_bytes(pickle + ".");
    (void)hostile::accepted(content, load, hostile::allowance(content.size()));
  }
  // One list copied by many calls.
  std::string pickle = "](" + std::string(1000, ')') + "e\x94";
  for (int i = 0; i < 100'000; ++i) pickle += "cbuiltins\nset\nh" + nul + "\x85R";
  CHECK_THAT(refusal(pickle), slimming::testing::containing("too many objects"));
}

TEST_CASE("a cut or damaged pickle is refused, never trusted") {
  for (const bytes& whole : pickles_of_every_protocol()) {
    hostile::check_every_truncation_fails(whole, load);
    hostile::check_every_bit_flip_is_survived(whole, load);
  }
}
