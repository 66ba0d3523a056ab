// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/core/random.hpp>      // random_stream
#include <slimming/cuda/batch_norm.cuh>  // batch_norm_forward, batch_norm_backward
#include <slimming/cuda/memory.cuh>      // device_buffer
#include <slimming/cuda/sgd.cuh>         // sgd_step
#include <slimming/cuda/slice.cuh>       // slice_plan, gather
#include <slimming/cuda/threshold.cuh>   // choose_channels
#include <slimming/models/vgg.hpp>       // vgg

#include <chrono>  // std::chrono
#include <vector>  // std::vector

#include "benchmarks/cuda/measure.cuh"

namespace bench {

using namespace slimming;
using gpu::device_buffer;

namespace {

template <class T>
device_buffer<T> filled(const gpu::stream& stream, index_t n) {
  random_stream random{static_cast<std::uint64_t>(n)};
  std::vector<T> block(static_cast<std::size_t>(std::min<index_t>(n, 1 << 20)));
  for (T& v : block) v = T(static_cast<float>(random.normal()));
  device_buffer<T> all(n);
  for (index_t at = 0; at < n; at += static_cast<index_t>(block.size())) {
    const auto count = std::min(static_cast<index_t>(block.size()), n - at);
    gpu::check(
        cudaMemcpyAsync(all.data() + at, block.data(), static_cast<std::size_t>(count) * sizeof(T),
                        cudaMemcpyHostToDevice, stream.ref().get()),
        "filled");
  }
  stream.wait();
  return all;
}

void copy_bandwidth(const gpu::stream& stream, report& results) {
  constexpr index_t bytes = index_t{1} << 30;
  const device_buffer<char> from(bytes);
  const device_buffer<char> to(bytes);
  const double ms = time_of(stream, 10, 5, [&](int) {
    gpu::check(cudaMemcpyAsync(to.data(), from.data(), bytes, cudaMemcpyDeviceToDevice,
                               stream.ref().get()),
               "copy");
  });
  results.copy_gb_per_s = 2.0 * static_cast<double>(bytes) / ms / 1e6;
  results.add({"device copy of 1 GiB", ms, "GB/s read and written", results.copy_gb_per_s});
}

void optimiser(const gpu::stream& stream, report& results) {
  const model net = models::vgg(19);
  std::vector<index_t> sizes;
  std::vector<bool> is_weight;
  index_t total = 0;
  for (const auto& v : net.values())
    if (v.data && v.name.find("running") == std::string::npos) {
      sizes.push_back(v.data->size());
      is_weight.push_back(v.data->rank() > 1);
      total += sizes.back();
    }
  const auto arena = [&](index_t n) { return n + static_cast<index_t>(sizes.size()) * 64; };
  const auto value = filled<float>(stream, arena(total));
  const auto velocity = filled<float>(stream, arena(total));
  const auto gradient = filled<float>(stream, arena(total));
  const auto half_gradient = filled<bfloat16>(stream, arena(total));
  const device_buffer<bfloat16> shadow(arena(total));
  const auto run = [&](const char* name, bool has_shadow, bool has_half_gradient,
                       double bytes_per_parameter) {
    std::vector<gpu::sgd_tensor<>> tensors;
    index_t at = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      const bool half = has_half_gradient && is_weight[i];
      tensors.push_back({value.data() + at, half ? nullptr : gradient.data() + at,
                         velocity.data() + at, half ? half_gradient.data() + at : nullptr,
                         has_shadow && is_weight[i] ? shadow.data() + at : nullptr, sizes[i],
                         is_weight[i] ? gpu::sgd_plain_rule : gpu::sgd_l1_rule});
      at += (sizes[i] + 63) / 64 * 64;
    }
    const auto chunks =
        gpu::to_device(stream, gpu::sgd_chunks(std::span<const gpu::sgd_tensor<>>(tensors)));
    const tensor_view<const gpu::sgd_chunk<>, 1> all(chunks.data(), chunks.size());
    const double ms = time_of(stream, 50, 7, [&](int) {
      gpu::sgd_step(stream, all, sgd_options{.learning_rate = 1e-6, .l1 = 1e-4});
    });
    results.add_bandwidth(name, ms, bytes_per_parameter * static_cast<double>(total));
  };
  run("SGD with gamma-L1, VGG-19, fp32", false, false, 20.0);
  run("SGD with gamma-L1, VGG-19, bf16 gradient and copy", true, true, 20.0);
}

// One layer over sets of activations that together are larger than the cache.
template <class T>
struct norm_layer {
  gpu::activation_shape shape;
  int sets;
  device_buffer<T> x, y, dy, dx;
  device_buffer<float> channels, partial;
  device_buffer<unsigned> counters;

  norm_layer(const gpu::stream& stream, const gpu::activation_shape& s)
      : shape(s),
        sets(static_cast<int>(std::max<index_t>(
            1, (index_t{400} << 20) / (4 * s.size() * static_cast<index_t>(sizeof(T)))))),
        x(filled<T>(stream, s.size() * sets)),
        y(s.size() * sets),
        dy(filled<T>(stream, s.size() * sets)),
        dx(s.size() * sets),
        channels(filled<float>(stream, 8 * s.channels)),
        partial(gpu::reduction_workspace::partial_size),
        counters(gpu::to_device(
            stream, std::vector<unsigned>(gpu::reduction_workspace::counters_size, 0))) {}

  [[nodiscard]] gpu::batch_norm_arrays arrays() const {
    const auto at = [&](index_t i) { return channels.data() + i * shape.channels; };
    return {at(0), at(1), at(2), at(3), at(4), at(5)};
  }
  void forward(const gpu::stream& stream, int i, const gpu::live_channels& live) const {
    const index_t at = i % sets * shape.size();
    gpu::batch_norm_forward<T>(stream, shape, live, {x.data() + at, nullptr, y.data() + at},
                               arrays(), {partial.data(), counters.data()});
  }
  void backward(const gpu::stream& stream, int i, const gpu::live_channels& live) const {
    const index_t at = i % sets * shape.size();
    gpu::batch_norm_backward<T>(
        stream, shape, live,
        {x.data() + at, nullptr, dy.data() + at, dx.data() + at, nullptr,
         channels.data() + 6 * shape.channels, channels.data() + 7 * shape.channels},
        arrays(), {partial.data(), counters.data()});
  }
};

struct norm_times {
  double forward, backward;
};

template <class T>
norm_times time_norm(const gpu::stream& stream, const gpu::activation_shape& shape,
                     const std::vector<int>& live) {
  const norm_layer<T> layer(stream, shape);
  const auto list = gpu::to_device(stream, live);
  const gpu::live_channels channels =
      live.empty() ? gpu::live_channels{} : gpu::live_channels{list.data(), list.size()};
  return {time_of(stream, 30, 7, [&](int i) { layer.forward(stream, i, channels); }),
          time_of(stream, 30, 7, [&](int i) { layer.backward(stream, i, channels); })};
}

template <class T>
void batch_norm(const gpu::stream& stream, report& results, const std::string& type) {
  for (const gpu::layout order : {gpu::layout::nhwc, gpu::layout::nchw})
    for (const auto& [images, channels, pixels] :
         {std::array<index_t, 3>{64, 64, 1024}, {256, 64, 1024}, {256, 256, 64}, {64, 256, 3136}}) {
      const gpu::activation_shape dense{images, channels, pixels, order};
      const std::string name = std::string(order == gpu::layout::nhwc ? " NHWC " : " NCHW ") +
                               type + " " + std::to_string(images) + "x" +
                               std::to_string(channels) + "x" + std::to_string(pixels);
      const double bytes = static_cast<double>(dense.size()) * sizeof(T);
      const norm_times full = time_norm<T>(stream, dense, {});
      results.add_bandwidth("BN+ReLU forward" + name, full.forward, 3.0 * bytes);
      results.add_bandwidth("BN+ReLU backward" + name, full.backward, 5.0 * bytes);
      if (images != 256 || channels != 64) continue;
      for (const int masked : {50, 70}) {
        // NCHW skips dead channels by list; NHWC activations are compacted, to whole blocks.
        const index_t alive = channels * (100 - masked) / 100;
        std::vector<int> live;
        gpu::activation_shape shape = dense;
        random_stream random{1};
        if (order == gpu::layout::nchw) {
          for (int c = 0; c < channels; ++c)
            if (random.below(channels - c) < alive - static_cast<index_t>(live.size()))
              live.push_back(c);
        } else {
          shape.channels = gpu::padded_channels(alive);
        }
        const norm_times part = time_norm<T>(stream, shape, live);
        const std::string share = " " + std::to_string(masked) + " % masked" + name;
        results.add({"BN+ReLU forward" + share, part.forward, "of the dense time",
                     part.forward / full.forward});
        results.add({"BN+ReLU backward" + share, part.backward, "of the dense time",
                     part.backward / full.backward});
      }
    }
}

// Shapes of ResNet-50's parameters: (out, in, taps) of every convolution, and one vector per
// output.
std::vector<std::array<index_t, 3>> resnet50() {
  std::vector<std::array<index_t, 3>> all{{64, 3, 49}};
  index_t in = 64;
  const int blocks[] = {3, 4, 6, 3};
  for (int stage = 0; stage < 4; ++stage) {
    const index_t width = index_t{64} << stage;
    for (int b = 0; b < blocks[stage]; ++b) {
      if (b == 0) all.push_back({4 * width, in, 1});
      all.push_back({width, in, 1});
      all.push_back({width, width, 9});
      all.push_back({4 * width, width, 1});
      in = 4 * width;
    }
  }
  all.push_back({1000, 2048, 1});
  return all;
}

void surgery(const gpu::stream& stream, report& results) {
  const auto shapes = resnet50();
  index_t wide_size = 0;
  index_t narrow_size = 0;
  for (const auto& [out, in, taps] : shapes) wide_size += out * in * taps + 4 * out + 64 * 5;
  const auto wide = filled<float>(stream, wide_size);
  const device_buffer<float> narrow(wide_size);
  const auto start = std::chrono::steady_clock::now();
  gpu::slice_plan<float> plan;
  random_stream random{7};
  const auto half = [&](index_t n, bool cut) {
    gpu::slice_axis axis{n};
    if (!cut) return axis;
    axis.kept.emplace();
    for (int i = 0; i < n; ++i)
      if (random.below(2) == 0) axis.kept->push_back(i);
    return axis;
  };
  index_t from = 0;
  index_t to = 0;
  const auto add = [&](const std::vector<gpu::slice_axis>& axes) {
    index_t size = 1;
    index_t kept = 1;
    for (const auto& a : axes) {
      size *= a.extent;
      kept *= a.narrow_extent();
    }
    plan.add(wide.data() + from, narrow.data() + to, axes);
    from += (size + 63) / 64 * 64;
    to += (kept + 63) / 64 * 64;
    narrow_size += kept;
  };
  for (const auto& [out, in, taps] : shapes) {
    const auto kept_out = half(out, out != 1000);
    add({kept_out, half(in, in != 3), {taps}});
    for (int vector = 0; vector < (out == 1000 ? 1 : 4); ++vector) add({kept_out});
  }
  std::vector<std::byte> image;
  const device_buffer<std::byte> memory(static_cast<index_t>(plan.bytes()));
  const auto tables = plan.place(image, memory.data());
  const double planned =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  gpu::copy_to_device<std::byte>(stream, image, memory);
  const double ms = time_of(stream, 20, 7, [&](int) { gpu::gather(stream, tables); });
  results.add({"surgery of ResNet-50, half of all channels, one launch", ms, "GB/s written",
               4.0 * static_cast<double>(narrow_size) / ms / 1e6});
  const double with_upload = time_of(stream, 20, 7, [&](int) {
    gpu::copy_to_device<std::byte>(stream, image, memory);
    gpu::gather(stream, tables);
  });
  results.add(
      {"the same with the upload of its tables", with_upload, "ms to make the tables", planned});
}

void choice(const gpu::stream& stream, report& results, int layers, int width) {
  const index_t n = index_t{layers} * width;
  const auto gamma = filled<float>(stream, n);
  std::vector<gpu::gamma_layer> table;
  for (int i = 0; i < layers; ++i) table.push_back({gamma.data() + i * width, width, i * width});
  const auto device_table = gpu::to_device(stream, table);
  const device_buffer<std::uint32_t> keys(2 * n);
  const device_buffer<int> positions(2 * n);
  const std::size_t scratch_bytes = gpu::sort_scratch_bytes(static_cast<int>(n));
  const device_buffer<char> scratch(static_cast<index_t>(scratch_bytes));
  const device_buffer<unsigned char> keep(n);
  const device_buffer<int> live(n + layers);
  const device_buffer<float> magnitudes(3);
  const double ms = time_of(stream, 20, 5, [&](int) {
    gpu::choose_channels(stream.ref(),
                         tensor_view<const gpu::gamma_layer, 1>(device_table.data(), layers), n,
                         n / 2, {keep.data(), live.data(), live.data() + n, magnitudes.data()},
                         {keys.data(), keys.data() + n, positions.data(), positions.data() + n,
                          scratch.data(), scratch_bytes});
  });
  results.add({"choice of half of " + std::to_string(n) + " channels", ms, "million channels/s",
               static_cast<double>(n) / ms / 1e3});
}

}  // namespace

void run_kernels(const gpu::stream& stream, report& results) {
  copy_bandwidth(stream, results);
  optimiser(stream, results);
  batch_norm<float>(stream, results, "fp32");
  batch_norm<bfloat16>(stream, results, "bf16");
  surgery(stream, results);
  choice(stream, results, 16, 344);
  choice(stream, results, 100, 512);
}

}  // namespace bench
