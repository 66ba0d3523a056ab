// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Umbrella for everything that needs no optional dependency: Eigen and oneTBB suffice. Files with
/// JSON, archives, image formats and ONNX have headers of their own, one component each.

#include <slimming/data/cifar.hpp>                    // CIFAR in memory
#include <slimming/data/image.hpp>                    // images
#include <slimming/exec/cpu_executor.hpp>             // cpu_executor
#include <slimming/interop/eigen.hpp>                 // views of Eigen's maps
#include <slimming/interop/mdspan.hpp>                // views of what is shaped like mdspan
#include <slimming/io/atomic_file.hpp>                // files that are whole or not there
#include <slimming/io/load_state.hpp>                 // tensors by name into a model
#include <slimming/kernels/cpu/linear.hpp>            // linear layers on the CPU
#include <slimming/kernels/reference/batch_norm.hpp>  // the naive oracle
#include <slimming/kernels/reference/linear.hpp>      // the naive oracle
#include <slimming/kernels/reference/pool.hpp>        // the naive oracle
#include <slimming/kernels/reference/softmax_cross_entropy.hpp>  // the naive oracle
#include <slimming/model/open_batch.hpp>  // networks of a fixed batch take any
#include <slimming/model/prune.hpp>       // prune, masked
#include <slimming/models/by_name.hpp>    // recipes
#include <slimming/ops/builtin.hpp>       // builtin_ops
#include <slimming/prune.hpp>             // host applications
#include <slimming/surgery/parallel.hpp>  // surgery with oneTBB
#include <slimming/train/evaluation.hpp>  // accuracy and loss
#include <slimming/train/optimiser.hpp>   // SGD over a model
#include <slimming/train/schedule.hpp>    // learning rates
