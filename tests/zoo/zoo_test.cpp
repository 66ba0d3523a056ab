// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

// A part of the zoo, one network of each kind; `build/bin/zoo` surveys all of them.
#include <string>

#include "tests/support/catch.hpp"
#include "tests/zoo/graphs.hpp"
#include "tests/zoo/survey.hpp"

namespace zoo = slimming::zoo;

namespace {

zoo::findings half_of(const std::string& name) {
  static const zoo::archive networks(zoo::standard_archive());
  const auto f = zoo::survey(networks.load(name, 1), 0.5, 1);
  INFO(name << ": " << f.worst << " differs by " << f.difference);
  CHECK(f.is_exact());
  CHECK(f.removed > 0);
  if (f.outputs_beyond == 0) {  // neither vanished nor exploded with depth
    CHECK(f.output_scale > 1e-6);
    CHECK(f.output_scale < 1e6);
  }
  return f;
}

}  // namespace

TEST_CASE(
    "half of a published CNN goes with no list of exceptions, and the rest computes the same") {
  for (const char* name :
       {"densenet121", "efficientnet_b0", "googlenet", "mnasnet0_5", "mobilenet_v3_small",
        "regnet_x_400mf", "resnet18", "shufflenet_v2_x0_5", "squeezenet1_1"}) {
    const auto f = half_of(name);
    INFO(name << " keeps " << f.kept());
    CHECK(f.kept() < 0.6);
    CHECK(f.beyond == 0);
    CHECK_FALSE(f.approximate);
  }
}

TEST_CASE("segmentation and YOLO lose half of their channels through merges, pyramids and heads") {
  for (const char* name : {"lraspp_mobilenet_v3_large", "yolov5s", "yolov8n"}) {
    const auto f = half_of(name);
    INFO(name << " keeps " << f.kept());
    CHECK(f.kept() < 0.5);
    CHECK(f.beyond == 0);
  }
}

TEST_CASE("a detector is pruned up to the operators that stop pruning, which are named") {
  const auto f = half_of("ssdlite320_mobilenet_v3_large");
  CHECK(f.kept() < 0.6);
  CHECK(f.compared > 1000);
  CHECK(f.barrier == "If");
}

TEST_CASE("where norms take all channels the feed-forward parts and the heads' dimensions go") {
  for (const char* name : {"convnext_tiny", "swin_t", "swin_v2_t"}) {
    const auto f = half_of(name);
    CHECK(f.kept() < 0.6);
    CHECK(f.beyond == 0);
    CHECK(f.declined.contains("mean and variance are taken over all channels"));
  }
}
