# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
set(history_test_components json)
set(checkpoint_test_components json)
set(trainer_test_components json)
set(torch_steps_test_components json)
set(masked_test_components json)
set(slimming_test_components json)
