# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
# Kernel bodies run in the emulation and need no toolkit; this one calls the runtime.
set(error_test_components cuda)
# These write and read checkpoints.
set(batches_test_components json)
set(masked_test_components json)
