// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include "shared.hpp"

seen look_from_other(conv& layer) { return look(layer); }
