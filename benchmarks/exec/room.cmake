# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
slimming_add_benchmark(bench_step exec/step_bench.cpp)
