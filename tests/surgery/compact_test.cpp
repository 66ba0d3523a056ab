// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/surgery/compact.hpp>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include <slimming/surgery/detail/saved_slices.hpp>

#include "tests/plan/support.hpp"
#include "tests/support/catch.hpp"
#include "tests/surgery/support.hpp"

namespace sl = slimming;

namespace {

struct sample {
  sl::any_tensor tensor;
  std::vector<sl::axis_cut> cuts;
};

// Random rank, extents, element size and cuts; some axes stay whole, some arrays are long and thin.
sample random_sample(std::uint64_t seed) {
  sl::random_stream random{seed, 1};
  const sl::dtype types[] = {sl::dtype::float32, sl::dtype::float64, sl::dtype::float16,
                             sl::dtype::int8};
  const auto rank = 1 + static_cast<std::size_t>(random.below(5));
  sl::shape extents;
  for (std::size_t axis = 0; axis < rank; ++axis) extents.push_back(1 + random.below(9));
  if (random.uniform() < 0.3)
    extents[static_cast<std::size_t>(random.below(sl::index_t(rank)))] = 97;
  sample s{sl::any_tensor(types[random.below(4)], extents), {}};
  test::fill_bytes(s.tensor, seed);
  for (std::size_t axis = 0; axis < rank; ++axis)
    if (random.uniform() < 0.6)
      s.cuts.push_back({axis, test::random_kept(extents[axis], random, random.uniform())});
  return s;
}

// Runs in_reverse: tasks may come in any order.
const auto in_reverse = [](std::size_t n, auto&& body) {
  while (n-- > 0) body(n);
};

}  // namespace

TEST_CASE("compaction in place equals the naive gather, for any rank, dtype and cut") {
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    sample s = random_sample(seed);
    const auto expected = test::naive_slice(s.tensor.ref(), s.cuts);
    sl::compact_in_place(s.tensor.ref(), s.cuts);
    REQUIRE(std::equal(expected.begin(), expected.end(), s.tensor.bytes().begin()));
  }
}

TEST_CASE("saved slices bring every byte back") {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    sample s = random_sample(seed);
    const std::vector<std::byte> before(s.tensor.bytes().begin(), s.tensor.bytes().end());
    const sl::parameter_cut cut{"w", s.tensor.extents(), s.cuts};
    const sl::detail::saved_slices saved(s.tensor.ref(), cut);
    sl::compact_in_place(s.tensor.ref(), s.cuts);
    saved.restore(s.tensor.ref().data);
    REQUIRE(std::equal(before.begin(), before.end(), s.tensor.bytes().begin()));
  }
}

TEST_CASE("a large array is split into waves that may run in any order") {
  // 16 MiB and more; shares near 1 give many small waves, small shares few large ones.
  const std::vector<sl::shape> shapes = {{2048, 2048}, {300, 64, 3, 3, 25}, {5, 4096, 300}};
  for (std::size_t k = 0; k < shapes.size(); ++k)
    for (const double share : {0.02, 0.5, 0.97}) {
      sl::any_tensor t(sl::dtype::float32, shapes[k]);
      test::fill_bytes(t, k);
      sl::random_stream random{k, 2};
      std::vector<sl::axis_cut> cuts;
      for (std::size_t axis = 0; axis < 2; ++axis)
        cuts.push_back({axis, test::random_kept(shapes[k][axis], random, share)});
      const auto expected = test::naive_slice(t.ref(), cuts);
      sl::compact_in_place(t.ref(), cuts, in_reverse);
      REQUIRE(std::equal(expected.begin(), expected.end(), t.bytes().begin()));
    }
}

TEST_CASE("a large array is whole or cut, wherever its runner throws") {
  sl::any_tensor before(sl::dtype::float32, {2048, 2048});
  test::fill_bytes(before, 1);
  sl::random_stream random{1, 2};
  const std::vector<sl::axis_cut> cuts = {{0, test::random_kept(2048, random, 0.5)},
                                          {1, test::random_kept(2048, random, 0.5)}};
  const auto cut = test::naive_slice(before.ref(), cuts);
  bool has_thrown_late = false;
  for (const int at : {0, 1, 2, 5}) {
    sl::any_tensor t = before;
    int ran = 0;
    const auto failing = [&](std::size_t n, auto&& body) {
      for (std::size_t k = n; k-- > 0;) {
        if (ran++ == at) throw std::runtime_error("no thread");
        body(k);
      }
    };
    bool has_thrown = false;
    try {
      sl::compact_in_place(t.ref(), cuts, failing);
    } catch (const std::runtime_error&) {
      has_thrown = true;
    }
    CHECK(ran > at);
    has_thrown_late = has_thrown_late || (has_thrown && at > 0);
    const auto bytes = t.bytes();
    if (has_thrown)
      CHECK(std::equal(bytes.begin(), bytes.end(), before.bytes().begin()));
    else
      CHECK(std::equal(cut.begin(), cut.end(), bytes.begin()));
  }
  CHECK_FALSE(has_thrown_late);
}

TEST_CASE("gather equals the naive gather from and into any strides") {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    sample s = random_sample(seed);
    sl::array_ref source = s.tensor.ref();
    sl::random_stream random{seed, 3};
    if (random.uniform() < 0.5 && source.rank > 1) {  // transposed
      std::swap(source.extent[0], source.extent[source.rank - 1]);
      std::swap(source.stride[0], source.stride[source.rank - 1]);
      s.cuts.clear();
      for (std::size_t axis = 0; axis < source.rank; ++axis)
        if (random.uniform() < 0.6)
          s.cuts.push_back({axis, test::random_kept(source.extent[axis], random, 0.5)});
    }
    sl::shape after(source.extents().begin(), source.extents().end());
    for (const auto& c : s.cuts) after[c.axis] = static_cast<sl::index_t>(c.kept.size());
    sl::any_tensor dense(source.type, after);
    source.read_only = true;
    sl::gather(source, s.cuts, dense.ref());
    const auto expected = test::naive_slice(source, s.cuts);
    REQUIRE(std::equal(expected.begin(), expected.end(), dense.bytes().begin()));

    // Into every second element of a larger memory.
    auto wide_shape = after;
    wide_shape.back() *= 2;
    sl::any_tensor wide(source.type, wide_shape);
    sl::array_ref spread = wide.ref();
    spread.extent[spread.rank - 1] /= 2;
    spread.stride[spread.rank - 1] = 2;
    sl::gather(source, s.cuts, spread);
    REQUIRE(test::naive_slice(spread, {}) == expected);
  }
}

TEST_CASE("what cannot be compacted in place is declined and left alone") {
  sl::any_tensor t(sl::dtype::float32, {4, 6});
  test::fill_bytes(t, 1);
  const std::vector<std::byte> before(t.bytes().begin(), t.bytes().end());
  const std::vector<sl::axis_cut> cut = {{1, {0, 2}}};
  sl::array_ref strided = t.ref();
  strided.extent[1] = 3;
  CHECK_THROWS_AS(sl::compact_in_place(strided, cut), sl::bad_value);
  sl::array_ref constant = t.ref();
  constant.read_only = true;
  CHECK_THROWS_AS(sl::compact_in_place(constant, cut), sl::bad_value);
  sl::array_ref gone = t.ref();
  gone.data = nullptr;
  CHECK_THROWS_AS(sl::compact_in_place(gone, cut), sl::bad_value);
  for (const std::vector<sl::axis_cut>& bad :
       std::vector<std::vector<sl::axis_cut>>{{{2, {0}}},
                                              {{0, {4}}},
                                              {{0, {-1}}},
                                              {{0, {1, 0}}},
                                              {{0, {}}},
                                              {{0, {}}, {1, {1}}},
                                              {{1, {0}}, {0, {0}}},
                                              {{0, {0}}, {0, {0}}}})
    CHECK_THROWS_AS(sl::compact_in_place(t.ref(), bad), sl::bad_value);
  CHECK(std::equal(before.begin(), before.end(), t.bytes().begin()));
}

TEST_CASE("gather declines a destination that does not fit") {
  sl::any_tensor t(sl::dtype::float32, {4, 6}), wrong_shape(sl::dtype::float32, {4, 3}),
      wrong_type(sl::dtype::float64, {4, 2});
  const std::vector<sl::axis_cut> cut = {{1, {0, 2}}};
  CHECK_THROWS_AS(sl::gather(t.ref(), cut, wrong_shape.ref()), sl::shape_mismatch);
  CHECK_THROWS_AS(sl::gather(t.ref(), cut, wrong_type.ref()), sl::bad_value);
  sl::any_tensor right(sl::dtype::float32, {4, 2});
  sl::array_ref constant = right.ref();
  constant.read_only = true;
  CHECK_THROWS_AS(sl::gather(t.ref(), cut, constant), sl::bad_value);
  CHECK_NOTHROW(sl::gather(t.ref(), cut, right.ref()));
}

TEST_CASE("a list of channel numbers counts the channels that stay") {
  for (const auto type : {sl::dtype::int32, sl::dtype::int64, sl::dtype::uint8}) {
    sl::any_tensor list(type, {4});
    const sl::index_t entries[] = {7, 2, 2, 5};
    sl::visit_dtype(type, [&]<class T>() {
      if constexpr (std::is_integral_v<T>)
        for (std::size_t k = 0; k < 4; ++k) list.values<T>()[k] = static_cast<T>(entries[k]);
    });
    sl::renumber(list.ref(), {8, {0, 2, 5, 7}});
    CHECK(list.converted<sl::index_t>() == std::vector<sl::index_t>{3, 1, 1, 2});
    CHECK_THROWS_AS(sl::renumber(list.ref(), {8, {0, 1, 2}}), sl::bad_value);  // 3 would go
    CHECK_THROWS_AS(sl::renumber(list.ref(), {3, {0, 1, 2}}), sl::bad_value);  // 3 does not exist
    CHECK_THROWS_AS(sl::renumber(list.ref(), {3, {1, 3}}), sl::bad_value);     // nor for the plan
    CHECK(list.converted<sl::index_t>() == std::vector<sl::index_t>{3, 1, 1, 2});
  }
  sl::any_tensor real(sl::dtype::float32, {2});
  CHECK_THROWS_AS(sl::renumber(real.ref(), {2, {0, 1}}), sl::unsupported);
  sl::any_tensor matrix(sl::dtype::int32, {2, 2});
  CHECK_THROWS_AS(sl::renumber(matrix.ref(), {2, {0, 1}}), sl::shape_mismatch);
}
