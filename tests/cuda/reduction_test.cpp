// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/cuda/reduction.cuh>  // reduction_workspace, tiles_for

#include "tests/support/catch.hpp"

using namespace slimming;
namespace gpu = slimming::cuda;  // CCCL has a ::cuda of its own

namespace {

template <class T, int V, gpu::layout Order>
void check_room(const gpu::activation_shape& shape) {
  const auto tiles = gpu::detail::tiles_for<T, V, Order>(shape, {});
  CAPTURE(shape.images, shape.channels, shape.pixels, tiles.tx, tiles.slices);
  REQUIRE(tiles.tiles() * tiles.tx >= tiles.columns());
  REQUIRE(tiles.columns() * tiles.lanes == shape.channels);
  REQUIRE(tiles.slice_begin(0) == 0);
  REQUIRE(tiles.slice_begin(tiles.slices) == tiles.items());
  REQUIRE(index_t{tiles.items()} * tiles.per_item == shape.images * shape.pixels);
  if (tiles.slices == 1) return;
  REQUIRE(tiles.tiles() <= gpu::reduction_workspace::counters_size);
  REQUIRE(index_t{tiles.slices} * tiles.columns() * tiles.lanes * 2 <=
          gpu::reduction_workspace::partial_size);
}

}  // namespace

TEST_CASE("one workspace has room for the partial sums of any shape", "[cuda.reduction]") {
  for (const index_t channels : {8, 64, 72, 512, 2048, 16384})
    for (const index_t images : {1, 64, 256})
      for (const index_t pixels : {4, 16, 1024, 3136, 12544}) {
        if (channels * images * pixels >= index_t{1} << 31) continue;
        const gpu::activation_shape nhwc{images, channels, pixels, gpu::layout::nhwc};
        const gpu::activation_shape nchw{images, channels, pixels, gpu::layout::nchw};
        check_room<bfloat16, 8, gpu::layout::nhwc>(nhwc);
        check_room<float, 4, gpu::layout::nhwc>(nhwc);
        check_room<float, 1, gpu::layout::nhwc>(nhwc);
        check_room<bfloat16, 1, gpu::layout::nhwc>(nhwc);
        check_room<float, 4, gpu::layout::nchw>(nchw);
        check_room<float, 1, gpu::layout::nchw>(nchw);
      }
}
