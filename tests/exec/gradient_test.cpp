// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
//
// Every operator that can be trained through on the CPU, forwards and backwards, against finite
// differences of the naive evaluation in double.

#include "tests/exec/gradient_cases.hpp"   // convolutions_of_any_shape, ...
#include "tests/exec/gradient_check.hpp"   // check_gradients
#include "tests/support/catch.hpp"         // TEST_CASE
#include "tests/support/cpu_executor.hpp"  // cpu_device

namespace {

const auto check = [](const slimming::model& net) {
  test_support::check_gradients(net, [] { return slimming::cpu_device(2); });
};

}  // namespace

using namespace test_support;

TEST_CASE("gradients of convolutions of any shape") {
  gradient_cases::convolutions_of_any_shape(check);
}
TEST_CASE("gradients of convolutions on small and large maps, where algorithms differ") {
  gradient_cases::convolutions_on_maps_of_any_size(check);
}
TEST_CASE("gradients of convolutions whose stride leaves the map") {
  gradient_cases::strides_beyond_the_map(check);
}
TEST_CASE("gradients of linear layers and their kin") { gradient_cases::linear_layers(check); }
TEST_CASE("gradients of normalisations, alone and with what is fused behind them") {
  gradient_cases::normalisations(check);
}
TEST_CASE("gradients of activations") { gradient_cases::activations(check); }
TEST_CASE("gradients of poolings") { gradient_cases::poolings(check); }
TEST_CASE("gradients of sums, differences and products") { gradient_cases::arithmetic(check); }
TEST_CASE("gradients of operators as other programs spell them") {
  gradient_cases::spellings(check);
}
TEST_CASE("gradients of operators that move data") { gradient_cases::movements(check); }
TEST_CASE("gradients where a value is an output and is read as well") {
  gradient_cases::outputs_that_are_read(check);
}
TEST_CASE("gradients of random networks, whose operators meet in every order") {
  gradient_cases::random_networks(check, 200);
}
