// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include "tests/cuda/tiny_training.hpp"

#include "tests/cuda/support.hpp"
#include "tests/support/cpu_executor.hpp"

namespace slimming::testing {

run_record run_training_on_cpu(const model& start, index_t epochs) {
  return run_training<cpu_device>([] { return cpu_device(2); }, start, epochs);
}

std::vector<double> outputs_on_cpu(const model& net, const image_dataset& images,
                                   const loader_options& options) {
  loader batches(images, options);
  executor<cpu_device> e(net, ops(), {}, cpu_device(2));
  feed_for<cpu_device>(e, batches).next();
  e.forward();
  return widened(e.output(0));
}

}  // namespace slimming::testing
