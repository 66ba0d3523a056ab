#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
#
# Installs what is missing (Debian, root or sudo), builds everything and runs every test through CTest.
#   tests/run.sh [BUILD_DIR] [-- extra CMake arguments]
set -euo pipefail
cd "$(dirname "$0")/.."
source cmake/install_packages.sh
build=build
if [ $# -gt 0 ] && [ "$1" != -- ]; then build=$1; shift; fi
[ "${1:-}" != -- ] || shift
install_packages
cmake -S . -B "$build" -G Ninja "$@"
cmake --build "$build"
ctest --test-dir "$build" --output-on-failure -j "$(nproc)"
