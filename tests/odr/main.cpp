// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <cstdio>

#include "shared.hpp"

int main() {
  conv layer;
  const seen here = look(layer);
  const seen there = look_from_other(layer);
  const bool same = here.connect_conv == there.connect_conv && here.explain == there.explain &&
                    here.resized == there.resized && here.text == there.text;
  if (!same) std::puts("two translation units see two libraries");
  return same ? 0 : 1;
}
