// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/cuda/augmentation.cuh>   // make_batch
#include <slimming/data/batch.hpp>          // write_image, batch
#include <slimming/data/image_dataset.hpp>  // image_dataset
#include <slimming/data/normalisation.hpp>  // normalisation

#include <string>  // std::string
#include <vector>  // std::vector

#include "tests/cuda/support.hpp"
#include "tests/support/cuda_backend.hpp"

using namespace slimming;
namespace gpu = slimming::cuda;  // CCCL has a ::cuda of its own
using testing::backend;

namespace {

image_dataset random_images(index_t n, image_extents e) {
  random_stream random{2};
  std::vector<std::uint8_t> pixels;
  std::vector<index_t> labels;
  for (index_t i = 0; i < n * e.size(); ++i)
    pixels.push_back(static_cast<std::uint8_t>(random.below(256)));
  for (index_t i = 0; i < n; ++i) labels.push_back(random.below(4));
  return image_dataset(e, {"a", "b", "c", "d"}, std::move(pixels), std::move(labels));
}

}  // namespace

TEST_CASE("batches equal the host's for any augmentation", "[cuda.augmentation]") {
  backend on(GENERATE(from_range(backend::variants())));
  const image_extents e{3, 9, 7};
  const auto images = random_images(20, e);
  const normalisation normalise({{0.49, 0.48, 0.45}, {0.2, 0.21, 0.22}}, 3);
  std::vector<std::uint8_t> pixels;
  std::vector<int> labels;
  for (index_t i = 0; i < images.size(); ++i) {
    pixels.insert(pixels.end(), images.image(i).begin(), images.image(i).end());
    labels.push_back(static_cast<int>(images.label(i)));
  }
  const auto device_pixels = on.upload(pixels);
  const auto device_labels = on.upload(labels);
  const auto table =
      on.upload(std::vector<float>(normalise.table(0), normalise.table(0) + 3 * 256));
  const gpu::device_images data{device_pixels.data(), device_labels.data(), table.data(), 3, 9, 7};

  const std::vector<int> chosen = {3, 19, 0, 7, 7, 12};
  const auto device_chosen = on.upload(chosen);
  const auto n = static_cast<index_t>(chosen.size());
  const auto out = on.allocate<float>(n * 63 * 8);
  const auto half = on.allocate<bfloat16>(n * 63 * 8);
  const auto out_labels = on.allocate<int>(n);
  for (const augmentation& how : {augmentation{}, augmentation::cifar(), augmentation{2, false}})
    for (const index_t epoch : {index_t{0}, index_t{5}}) {
      const auto layout = batch_layout::nhwc(8);
      batch expected{any_tensor(dtype::float32, layout.extents(n, e)),
                     std::vector<index_t>(chosen.size())};
      for (index_t k = 0; k < n; ++k) {
        const index_t image = chosen[static_cast<std::size_t>(k)];
        write_image(images, image, draw(how, 77, epoch, image), normalise, layout, expected, k);
      }
      const gpu::batch_draw which{device_chosen.data(), n, how, 77, epoch};
      gpu::make_batch<float>(on.stream(), data, which, out.data(), out_labels.data());
      gpu::make_batch<bfloat16>(on.stream(), data, which, half.data(), out_labels.data());
      const auto values = expected.images.values<float>();
      const auto got = on.download(out);
      const auto got_half = on.download(half);
      REQUIRE(got == std::vector<float>(values.begin(), values.end()));
      for (std::size_t i = 0; i < got.size(); ++i)
        REQUIRE(got_half[i].bits == bfloat16(got[i]).bits);
      const auto got_labels = on.download(out_labels);
      REQUIRE(std::vector<index_t>(got_labels.begin(), got_labels.end()) == expected.labels);
    }
}

TEST_CASE("a data set without extents is refused", "[cuda.augmentation]") {
  backend on(backend::variants().front());
  REQUIRE_THROWS_AS(gpu::make_batch<float>(on.stream(), {}, {}, nullptr, nullptr), bad_value);
}
