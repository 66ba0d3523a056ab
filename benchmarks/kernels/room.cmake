# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
slimming_add_benchmark(bench_conv kernels/conv_bench.cpp)
slimming_add_benchmark(bench_memory kernels/memory_bench.cpp)
