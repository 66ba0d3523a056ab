# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
set(room_in_lots OFF)  # each file is an application with structs of its own, named as any other's
