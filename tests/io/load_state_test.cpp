// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/io/load_state.hpp>
#include <slimming/io/torch.hpp>
#include <slimming/models/by_name.hpp>

#include "tests/io/shared_data.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>

namespace sl = slimming;
using sl::io::named_tensor;
using slimming::testing::containing;
using slimming::testing::ending_with;

namespace {

std::vector<named_tensor> state_of(const sl::model& net) {
  std::vector<named_tensor> state;
  for (const auto& v : net.values())
    if (v.data && sl::is_floating(v.data->type())) state.push_back({v.name, *v.data});
  return state;
}

std::string complaint(sl::model net, const std::vector<named_tensor>& state) {
  const auto before = state_of(net);
  try {
    sl::io::load_state(net, state);
  } catch (const sl::bad_value& e) {
    const auto after = state_of(net);  // nothing has changed
    for (std::size_t i = 0; i < before.size(); ++i)
      CHECK(std::ranges::equal(before[i].value.bytes(), after[i].value.bytes()));
    return e.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("weights go where their names say, converted to the network's types") {
  sl::model net = sl::models::by_name("vgg11", {.multiplier = 0.125, .seed = 1});
  auto state = state_of(sl::models::by_name("vgg11", {.multiplier = 0.125, .seed = 2}));
  for (auto& t : state) {  // as half, and in another order
    const auto numbers = t.value.converted<sl::float16>();
    t.value = sl::any_tensor::from<sl::float16>(numbers, t.value.extents());
  }
  std::reverse(state.begin(), state.end());
  state.push_back({"feature.1.num_batches_tracked", sl::any_tensor(sl::dtype::int64, {})});
  sl::io::load_state(net, state);
  for (const auto& t : state) {
    const auto* value = net.initializer(net.find(t.name));
    if (!value) continue;
    CHECK(value->type() == sl::dtype::float32);
    CHECK(value->converted<float>() == t.value.converted<float>());
  }
}

TEST_CASE("a misfit is told by name and by both shapes, and changes nothing") {
  const sl::model net = sl::models::by_name("vgg11", {.multiplier = 0.125});
  auto state = state_of(net);
  CHECK(complaint(net, state) == "accepted");
  state.push_back({"extra", sl::any_tensor(sl::dtype::float32, {7})});
  CHECK_THAT(complaint(net, state), containing("1 unknown to the network: extra (7)"));
  state.pop_back();
  const std::string last = state.back().name;
  const std::string extents = sl::to_string(state.back().value.extents());
  state.pop_back();
  CHECK_THAT(complaint(net, state), containing("1 missing from the file: " + last + " " + extents));
  state.push_back({last, sl::any_tensor(sl::dtype::float32, {3, 1})});
  CHECK_THAT(complaint(net, state),
             containing(last + " " + extents + " against (3, 1) in the file"));
  CHECK_THAT(complaint(net, {}),
             containing("network: 42 missing from the file: ") && ending_with(", ..."));
}

TEST_CASE("a prefix that explains every missing name is suggested") {
  const sl::model net = sl::models::by_name("vgg11", {.multiplier = 0.125});
  auto state = state_of(net);
  for (auto& t : state) t.name = "backbone." + t.name;
  CHECK_THAT(complaint(net, state), containing("these names begin with 'backbone.'"));
}

TEST_CASE("the published masks of selections become lists") {
  const sl::models::cfg widths{{2, 3, 4, 3, 4, 5, 3, 6, 7, 9}};
  sl::model net = sl::models::preresnet(11, widths);
  auto state = state_of(net);
  sl::any_tensor mask(sl::dtype::float32, {16});
  mask.values<float>()[3] = mask.values<float>()[15] = 1;
  state.push_back({"layer1.0.select.indexes", mask});
  sl::io::load_state(net, state);
  const auto* list = net.initializer(net.find("layer1.0.select.indices"));
  REQUIRE(list);
  CHECK(list->converted<sl::index_t>() == std::vector<sl::index_t>{3, 15});
  const auto* other = net.initializer(net.find("layer2.0.select.indices"));
  REQUIRE(other);
  CHECK(other->converted<sl::index_t>() == std::vector<sl::index_t>{0, 1, 2});  // as it was
  mask.values<float>()[0] = 1;
  state.back().value = mask;
  CHECK_THAT(complaint(net, state), containing("selects 2 channels, the file 3"));
}

TEST_CASE("the published ResNets open with their recipe") {
  for (const auto& [name, depth] : {std::pair{"resnet_cifar10/resnet20-12fca82f.th", 20},
                                    std::pair{"resnet_cifar10/resnet56-4bfd9763.th", 56}}) {
    const auto path = shared_checkpoint(name);
    if (!path) continue;
    sl::model net = sl::models::resnet(depth);
    const auto file = sl::io::read_torch(*path);
    sl::io::load_state(net, file.tensors);
    const auto* w = net.initializer(net.find("linear.weight"));
    CHECK(std::ranges::equal(w->bytes(), file.at("linear.weight").bytes()));
  }
}
