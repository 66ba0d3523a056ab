// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Where the buffers of a program lie: what a run needs for a while in an arena, what outlives it
/// behind each other. A function of the program alone. Area: exec.

#include <slimming/core/config.hpp>   // index_t
#include <slimming/exec/arena.hpp>    // plan_arena, lifetime
#include <slimming/exec/program.hpp>  // program, buffer_id

#include <algorithm>  // std::max, std::min
#include <cstdint>    // std::int32_t
#include <vector>     // std::vector

namespace slimming::inline v0::exec::detail {

struct placement {
  struct place {
    bool persistent = false;  ///< in the memory that outlives a run, otherwise in the arena
    index_t offset = 0;       ///< floats
  };
  std::vector<place> buffers;
  index_t arena_floats = 0, persistent_floats = 0;
  /// Per backward step, the parameters whose gradients are complete when it has run.
  std::vector<std::vector<std::size_t>> updates;
};

/// First and last step that touches each buffer, counted through both passes, and the floats that
/// it needs; kept for the buffer whose memory it has.
template <class Device>
class lifetimes {
 public:
  explicit lifetimes(const program<Device>& p)
      : forward_steps_(static_cast<index_t>(p.forward.size())) {
    const index_t end = forward_steps_ + static_cast<index_t>(p.backward.size());
    const std::size_t n = p.buffers.size();
    life_.assign(n, {0, end, -1});
    for (std::size_t b = 0; b < n; ++b) {
      root_.push_back(static_cast<std::size_t>(p.root({static_cast<std::int32_t>(b)}).id));
      lifetime& l = life_[root_[b]];
      l.floats = std::max(l.floats, p.buffers[b].floats);
      if (p.buffers[b].to_end) l.last = end;
    }
    touch(p.forward, 0);
    touch(p.backward, forward_steps_);
  }
  [[nodiscard]] std::size_t root(std::size_t b) const { return root_[b]; }
  [[nodiscard]] const lifetime& operator[](std::size_t root) const { return life_[root]; }
  /// The last backward step that touches \p b; negative if none does.
  [[nodiscard]] index_t last_backward_step(buffer_id b) const {
    return life_[root_[static_cast<std::size_t>(b.id)]].last - forward_steps_;
  }

 private:
  void touch(const std::vector<step<Device>>& steps, index_t offset) {
    for (std::size_t s = 0; s < steps.size(); ++s)
      for (const buffer_id b : steps[s].uses) {
        if (!b) continue;
        lifetime& l = life_[root_[static_cast<std::size_t>(b.id)]];
        l.first = std::min(l.first, offset + static_cast<index_t>(s));
        l.last = std::max(l.last, offset + static_cast<index_t>(s));
      }
  }

  index_t forward_steps_;
  std::vector<lifetime> life_;
  std::vector<std::size_t> root_;
};

template <class Device>
[[nodiscard]] placement place_buffers(const program<Device>& p) {
  placement to;
  const std::size_t n = p.buffers.size();
  const lifetimes<Device> life(p);
  to.buffers.resize(n);
  std::vector<lifetime> movable;
  std::vector<std::size_t> in_arena;
  for (std::size_t b = 0; b < n; ++b) {
    if (life.root(b) != b) continue;
    if (p.buffers[b].persistent) {
      to.buffers[b] = {true, to.persistent_floats};
      to.persistent_floats += (life[b].floats + 15) / 16 * 16;
    } else if (life[b].last >= 0) {
      in_arena.push_back(b);
      movable.push_back(life[b]);
    }
  }
  const arena_plan plan = plan_arena(movable);
  to.arena_floats = plan.floats;
  for (std::size_t k = 0; k < in_arena.size(); ++k)
    to.buffers[in_arena[k]] = {false, plan.offset[k]};
  for (std::size_t b = 0; b < n; ++b) to.buffers[b] = to.buffers[life.root(b)];

  to.updates.resize(p.backward.size());
  for (std::size_t k = 0; k < p.parameters.size(); ++k) {
    const parameter& x = p.parameters[k];
    if (!x.gradient) continue;
    const index_t at =
        std::max(life.last_backward_step(x.gradient), life.last_backward_step(x.value));
    if (at >= 0) to.updates[static_cast<std::size_t>(at)].push_back(k);
  }
  return to;
}

}  // namespace slimming::inline v0::exec::detail
