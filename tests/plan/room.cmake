# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
set(json_test_components json)
