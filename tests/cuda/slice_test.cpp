// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/core/random.hpp>  // random_stream
#include <slimming/cuda/slice.cuh>   // slice_plan, gather, scatter

#include <numeric>  // std::iota
#include <vector>   // std::vector

#include "tests/support/cuda_backend.hpp"

using namespace slimming;
namespace gpu = slimming::cuda;  // CCCL has a ::cuda of its own
using gpu::slice_axis;
using testing::backend;

namespace {

// A tensor of a net, its lists, and what gathering must give, by plain loops.
struct example {
  std::vector<slice_axis> axes;
  std::vector<float> wide;
  std::vector<float> narrow;

  template <class Visit>
  void each(const Visit& visit) const {  // visit(wide offset or -1, narrow offset), row-major
    std::vector<index_t> extent;
    std::vector<index_t> wide_stride(axes.size(), 1);
    for (const auto& a : axes) extent.push_back(a.narrow_extent());
    for (std::size_t k = axes.size(); k-- > 1;)
      wide_stride[k - 1] = wide_stride[k] * axes[k].extent;
    std::vector<index_t> at(axes.size(), 0);
    index_t total = 1;
    for (const index_t e : extent) total *= e;
    for (index_t i = 0; i < total; ++i) {
      index_t offset = 0;
      bool padding = false;
      for (std::size_t k = 0; k < axes.size(); ++k) {
        const index_t from =
            axes[k].kept ? (*axes[k].kept)[static_cast<std::size_t>(at[k])] : at[k];
        padding = padding || from < 0;
        offset += from * wide_stride[k];
      }
      visit(padding ? -1 : offset, i);
      for (std::size_t k = axes.size(); k-- > 0;) {
        if (++at[k] < extent[k]) break;
        at[k] = 0;
      }
    }
  }
};

example make(std::vector<slice_axis> axes, random_stream& random) {
  example e{std::move(axes), {}, {}};
  index_t wide = 1;
  for (const auto& a : e.axes) wide *= a.extent;
  e.wide.resize(static_cast<std::size_t>(wide));
  for (auto& v : e.wide) v = static_cast<float>(random.uniform(-1, 1));
  e.each([&](index_t from, index_t) {
    e.narrow.push_back(from < 0 ? 0.0f : e.wide[static_cast<std::size_t>(from)]);
  });
  return e;
}

slice_axis some_of(index_t extent, double share, random_stream& random, int padding = 0) {
  slice_axis axis{extent};
  axis.kept.emplace();
  for (int i = 0; i < extent; ++i)
    if (random.uniform() < share) axis.kept->push_back(i);
  for (int i = 0; i < padding; ++i) axis.kept->push_back(-1);
  return axis;
}

std::vector<example> examples_of_a_net(random_stream& random) {
  std::vector<example> all;
  all.push_back(make({some_of(33, 0.5, random), some_of(17, 0.6, random), {9}}, random));
  all.push_back(make({some_of(64, 0.3, random, 5)}, random));
  all.push_back(make({{10}, some_of(300, 0.5, random, 3)}, random));
  all.push_back(make({{7}, {11}, {3}, {3}}, random));
  all.push_back(make({some_of(90, 0.9, random), some_of(70, 0.9, random), {5}}, random));
  all.push_back(make({some_of(6, 0.0, random), {4}}, random));  // nothing stays
  return all;
}

struct placed {
  backend::buffer<std::byte> memory;
  gpu::slice_tables<float> tables;
};

placed place(backend& on, const gpu::slice_plan<float>& plan) {
  placed p{on.allocate<std::byte>(static_cast<index_t>(plan.bytes())), {}};
  std::vector<std::byte> image;
  p.tables = plan.place(image, p.memory.data());
  on.overwrite(p.memory, image);
  return p;
}

}  // namespace

TEST_CASE("one launch gathers every tensor of a net along all its axes", "[cuda.slice]") {
  backend on(GENERATE(from_range(backend::variants())));
  random_stream random{12};
  const auto all = examples_of_a_net(random);
  std::vector<backend::buffer<float>> wide;
  std::vector<backend::buffer<float>> narrow;
  gpu::slice_plan<float> plan;
  for (const auto& e : all) {
    wide.push_back(on.upload(e.wide));
    narrow.push_back(on.allocate<float>(static_cast<index_t>(e.narrow.size())));
    plan.add(wide.back().data(), narrow.back().data(), e.axes);
  }
  const placed p = place(on, plan);
  on.forget_traffic();
  gpu::gather(on.stream(), p.tables);
  if (backend::counts_traffic) REQUIRE(on.launches() == 1);
  for (std::size_t i = 0; i < all.size(); ++i) REQUIRE(on.download(narrow[i]) == all[i].narrow);
}

TEST_CASE("scatter undoes gather and leaves the rest alone", "[cuda.slice]") {
  backend on(GENERATE(from_range(backend::variants())));
  random_stream random{13};
  const auto all = examples_of_a_net(random);
  std::vector<backend::buffer<float>> wide;
  std::vector<backend::buffer<float>> narrow;
  std::vector<std::vector<float>> expected;
  gpu::slice_plan<float> plan;
  for (const auto& e : all) {
    wide.push_back(on.upload(e.wide));
    std::vector<float> trained(e.narrow.size());
    for (auto& v : trained) v = static_cast<float>(random.uniform(5, 6));
    narrow.push_back(on.upload(trained));
    expected.push_back(e.wide);
    e.each([&](index_t to, index_t from) {
      if (to >= 0)
        expected.back()[static_cast<std::size_t>(to)] = trained[static_cast<std::size_t>(from)];
    });
    plan.add(wide.back().data(), narrow.back().data(), e.axes);
  }
  const placed p = place(on, plan);
  gpu::scatter(on.stream(), p.tables);
  for (std::size_t i = 0; i < all.size(); ++i) REQUIRE(on.download(wide[i]) == expected[i]);
}

TEST_CASE("strides permute the axes on the way", "[cuda.slice]") {
  backend on(backend::variants().front());
  // (out, in, position) -> (out, position, in), and the input channels padded to 4
  constexpr int out = 3;
  constexpr int in = 3;
  constexpr int positions = 2;
  std::vector<float> canonical(out * in * positions);
  std::iota(canonical.begin(), canonical.end(), 1.0f);
  const auto wide = on.upload(canonical);
  const auto packed = on.allocate<float>(out * positions * 4);
  gpu::slice_plan<float> plan;
  plan.add(wide.data(), packed.data(),
           {{.extent = out, .wide_stride = in * positions},
            {.extent = positions, .wide_stride = 1},
            {.extent = in, .kept = std::vector<int>{0, 1, 2, -1}, .wide_stride = positions}});
  const placed p = place(on, plan);
  gpu::gather(on.stream(), p.tables);
  const auto got = on.download(packed);
  for (int o = 0; o < out; ++o)
    for (int r = 0; r < positions; ++r)
      for (int i = 0; i < 4; ++i)
        REQUIRE(
            got[static_cast<std::size_t>((o * positions + r) * 4 + i)] ==
            (i == 3 ? 0.0f : canonical[static_cast<std::size_t>((o * in + i) * positions + r)]));
}

TEST_CASE("a mask gives the axis that surgery slices", "[cuda.slice]") {
  mask m(5);
  REQUIRE_FALSE(slice_axis::of(m).kept);
  m.set(1, false);
  m.set(4, false);
  REQUIRE(*slice_axis::of(m).kept == std::vector<int>{0, 2, 3});
  REQUIRE(slice_axis::of(m).narrow_extent() == 3);
}

TEST_CASE("lists and ranks are checked when a tensor is added", "[cuda.slice]") {
  gpu::slice_plan<float> plan;
  const auto add = [&](const std::vector<slice_axis>& axes) {
    plan.add(nullptr, nullptr, axes, "conv1.weight");
  };
  REQUIRE_THROWS_AS(add({{4, std::vector<int>{1, 4}}}), bad_value);
  REQUIRE_THROWS_AS(add({{-1}}), bad_value);
  REQUIRE_THROWS_AS(add({{1}, {1}, {1}, {1}, {1}}), unsupported);
  REQUIRE_THROWS_AS(add({{1 << 16}, {1 << 16}}), unsupported);
  REQUIRE(plan.empty());
}

TEST_CASE("division by a known number is exact over the whole range", "[cuda.slice]") {
  random_stream random{1};
  constexpr int most = std::numeric_limits<int>::max();
  for (const int d : {1, 2, 3, 5, 7, 9, 49, 512, 4095, 4096, 4097, most / 2, most - 1, most}) {
    const gpu::detail::divisor by(d);
    for (const int n : {0, 1, d - 1, d, most - 1, most}) REQUIRE(by.quotient(n) == n / d);
    for (int i = 0; i < 200; ++i) {
      const auto n = static_cast<int>(random.below(most));
      REQUIRE(by.quotient(n) == n / d);
    }
  }
}
