// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// How many channel groups go (policies) and what may not happen on the way (constraints).
/// Area: plan.

#include <slimming/core/config.hpp>  // index_t
#include <slimming/core/error.hpp>   // bad_value

#include <cstdint>  // std::uint8_t
#include <string>   // std::string
#include <vector>   // std::vector

namespace slimming::inline v0 {

/// Removes exactly floor(n * ratio) of the n prunable groups, smallest scores first, ties in order
/// of (value, channel); fewer only where constraints forbid more. With `round_to`, the nearest
/// step.
struct global_ratio {
  double ratio = 0;  ///< in [0, 1)
};
/// The same within each unit: floor(n * ratio) of its n prunable groups.
struct per_layer_ratio {
  double ratio = 0;  ///< in [0, 1)
};
/// Removes every group whose score is below the threshold.
struct score_threshold {
  double threshold = 0;
};
/// Removes smallest scores first until the parameters fit: a share of what there are, or a number.
struct parameter_budget {
  double share = 0;     ///< in (0, 1], or 0 if `at_most` is given
  index_t at_most = 0;  ///< positive, or 0 if `share` is given
};
/// Removes smallest scores first until the multiply-accumulates fit.
struct mac_budget {
  double share = 0;     ///< in (0, 1], or 0 if `at_most` is given
  index_t at_most = 0;  ///< positive, or 0 if `share` is given
};

namespace compat {

/// The published threshold of network slimming: the element at floor(n * percent) of the n
/// ascending scores; only strictly greater ones stay. One more goes than asked, and all ties with
/// it.
struct network_slimming {
  double percent = 0;  ///< in [0, 1)
};

}  // namespace compat

/// Any one of the policies above. (A std::variant and its visit would cost a compiler more than the
/// six policies themselves.)
class policy {
 public:
  policy(global_ratio p) noexcept : which_(which::global_ratio), number_(p.ratio) {}
  policy(per_layer_ratio p) noexcept : which_(which::per_layer_ratio), number_(p.ratio) {}
  policy(score_threshold p) noexcept : which_(which::score_threshold), number_(p.threshold) {}
  policy(parameter_budget p) noexcept
      : which_(which::parameter_budget), number_(p.share), at_most_(p.at_most) {}
  policy(mac_budget p) noexcept
      : which_(which::mac_budget), number_(p.share), at_most_(p.at_most) {}
  policy(compat::network_slimming p) noexcept
      : which_(which::network_slimming), number_(p.percent) {}

  /// Calls \p f with the policy that this is.
  template <class F>
  void visit(F f) const {
    switch (which_) {
      case which::global_ratio:
        return f(global_ratio{number_});
      case which::per_layer_ratio:
        return f(per_layer_ratio{number_});
      case which::score_threshold:
        return f(score_threshold{number_});
      case which::parameter_budget:
        return f(parameter_budget{number_, at_most_});
      case which::mac_budget:
        return f(mac_budget{number_, at_most_});
      case which::network_slimming:
        return f(compat::network_slimming{number_});
    }
  }

 private:
  enum class which : std::uint8_t {
    global_ratio,
    per_layer_ratio,
    score_threshold,
    parameter_budget,
    mac_budget,
    network_slimming
  };

  which which_;
  double number_;
  index_t at_most_ = 0;
};

/// What holds whatever the policy asks. A *unit* is a set of interchangeable groups
/// (channel_groups).
struct constraints {
  /// Groups that every unit keeps; a unit that has fewer keeps all. At least 1: no layer is
  /// emptied.
  /// A residual branch of which nothing ranks above the cut keeps its best channels, and the plan
  /// lists it among `skipped()` as `skip_reason::minimum_width`: to drop the branch, and leave the
  /// shortcut alone, is a change of topology, which is the application's.
  index_t keep_at_least = 1;
  /// Every unit keeps a multiple of this many groups, or all that it has.
  index_t round_to = 1;
  /// Largest share of a unit's groups that may go (multi-pass slimming: 0.5).
  double max_removed = 1;
  /// Patterns ('*' any text, '?' one character) for names of operators, values and parameters: the
  /// channels that they write, or hand on (an activation, an addition), stay.
  std::vector<std::string> ignore = {};
  /// Cut channels whose removal is declared approximate (say, under a layer norm) too.
  bool allow_approximate = false;
};

namespace detail {

inline void require_ratio(const char* place, double ratio) {
  if (!(ratio >= 0 && ratio < 1)) throw bad_value(place, ratio);
}

inline void require_budget(const char* place, double share, index_t at_most) {
  if (share == 0 && at_most > 0) return;
  if (at_most == 0 && share > 0 && share <= 1) return;
  throw bad_value(place, "give a share in (0, 1] or a positive at_most, not both; got share " +
                             to_text(share) + " and at_most " + to_text(at_most));
}

inline void require_valid(const global_ratio& p) { require_ratio("global_ratio", p.ratio); }
inline void require_valid(const per_layer_ratio& p) { require_ratio("per_layer_ratio", p.ratio); }
inline void require_valid(const score_threshold& p) {
  if (p.threshold != p.threshold) throw bad_value("score_threshold", p.threshold);
}
inline void require_valid(const parameter_budget& p) {
  require_budget("parameter_budget", p.share, p.at_most);
}
inline void require_valid(const mac_budget& p) { require_budget("mac_budget", p.share, p.at_most); }
inline void require_valid(const compat::network_slimming& p) {
  require_ratio("compat::network_slimming", p.percent);
}
inline void require_valid(const constraints& c) {
  if (c.keep_at_least < 1) throw bad_value("constraints::keep_at_least", c.keep_at_least);
  if (c.round_to < 1) throw bad_value("constraints::round_to", c.round_to);
  if (!(c.max_removed >= 0 && c.max_removed <= 1))
    throw bad_value("constraints::max_removed", c.max_removed);
}

}  // namespace detail
}  // namespace slimming::inline v0
