# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
set(room_sources ../support/memory_meter.cpp)
