// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

// What any program pays that holds names and numbers in containers and sorts them.
#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstring>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>
