// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Puts a file's weights into a network: by name, every shape checked, all or nothing.
/// Area: io. Any format's tensors meet any model here.

#include <slimming/core/dtype.hpp>     // is_floating, visit_dtype
#include <slimming/core/error.hpp>     // bad_value
#include <slimming/core/tensor.hpp>    // any_tensor
#include <slimming/io/checkpoint.hpp>  // named_tensor
#include <slimming/model/model.hpp>    // model

#include <algorithm>      // std::copy
#include <cstddef>        // std::size_t
#include <span>           // std::span
#include <string>         // std::string
#include <string_view>    // std::string_view
#include <unordered_map>  // std::unordered_map
#include <unordered_set>  // std::unordered_set
#include <utility>        // std::move, std::pair
#include <vector>         // std::vector

namespace slimming::inline v0::io {

namespace detail {

/// One kind of disagreement: counted, the first few spelled out.
class difference_list {
 public:
  explicit difference_list(std::string title) : title_(std::move(title)) {}

  void add(const std::string& entry) {
    constexpr std::size_t most_shown = 5;
    if (count_ < most_shown) text_ += (text_.empty() ? " " : ", ") + entry;
    if (count_++ == most_shown) text_ += ", ...";
  }
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  /// "2 missing from the file: a (3), b (4)", or nothing.
  [[nodiscard]] std::string text() const {
    if (empty()) return {};
    return std::to_string(count_) + " " + title_ + ":" + text_;
  }

 private:
  std::string title_;
  std::string text_;
  std::size_t count_ = 0;
};

class state_loader {
 public:
  state_loader(model& net, std::span<const named_tensor> tensors) : net_(net) {
    for (const named_tensor& t : tensors) by_name_.emplace(t.name, &t.value);
    list_selections();
    for (const model::value& v : net.values())
      if (v.data) match(v.name, *v.data);
    for (const named_tensor& t : tensors)
      if (!used_.contains(t.name) && !t.name.ends_with(".num_batches_tracked"))
        unexpected_.add(t.name + " " + to_string(t.value.extents()));
  }

  void run() {
    std::string reasons;
    for (const std::string& text : {missing_.text(), misfit_.text(), unexpected_.text()})
      if (!text.empty()) reasons += (reasons.empty() ? ": " : "; ") + text;
    if (!reasons.empty())
      throw bad_value("load_state", "the weights do not fit the network" + reasons + hint());
    for (auto& [place, value] : found_) *place = std::move(value);
  }

 private:
  void list_selections() {
    for (const op_node& node : net_.nodes())
      if (node.op == "ChannelSelect" && net_.initializer(node.input(1)))
        selections_.insert(net_.at(node.input(1)).name);
  }
  void match(const std::string& name, const any_tensor& now) {
    if (selections_.contains(name)) return match_selection(name, now);
    if (!is_floating(now.type())) return;  // a constant of the recipe
    const auto stored = by_name_.find(name);
    if (stored == by_name_.end()) {
      missing_.add(name + " " + to_string(now.extents()));
      missing_names_.push_back(name);
      return;
    }
    used_.insert(name);
    const any_tensor& value = *stored->second;
    if (value.extents() != now.extents())
      misfit_.add(name + " " + to_string(now.extents()) + " against " + to_string(value.extents()) +
                  " in the file");
    else
      found_.emplace_back(net_.initializer(net_.find(name)), converted(value, now.type()));
  }
  /// The published networks store a mask of ones and zeros, `indexes`, where we store the list of
  /// the channels that go on, `indices`.
  void match_selection(const std::string& name, const any_tensor& now) {
    constexpr std::string_view ours = "indices";
    std::string theirs = name;
    if (theirs.ends_with(ours)) theirs.replace(theirs.size() - ours.size(), ours.size(), "indexes");
    if (const auto list = by_name_.find(name); list != by_name_.end()) {
      used_.insert(name);
      set_selection(name, now, list->second->converted<index_t>());
      return;
    }
    const auto mask = by_name_.find(theirs);
    if (mask == by_name_.end()) return;  // then the recipe's own list stands
    used_.insert(theirs);
    std::vector<index_t> indices;
    const std::vector<double> values = mask->second->converted<double>();
    for (std::size_t c = 0; c < values.size(); ++c)
      if (values[c] != 0) indices.push_back(static_cast<index_t>(c));
    set_selection(name, now, indices);
  }
  void set_selection(const std::string& name, const any_tensor& now,
                     const std::vector<index_t>& indices) {
    const auto n = static_cast<index_t>(indices.size());
    if (n != now.size())
      misfit_.add(name + " selects " + std::to_string(now.size()) + " channels, the file " +
                  std::to_string(n));
    else
      found_.emplace_back(
          net_.initializer(net_.find(name)),
          converted(any_tensor::from(std::span<const index_t>(indices), {n}), now.type()));
  }
  [[nodiscard]] static any_tensor converted(const any_tensor& value, dtype type) {
    if (value.type() == type) return value;
    any_tensor out(type, value.extents());
    visit_dtype(type, [&]<class T>() {
      const auto values = value.converted<T>();
      std::copy(values.begin(), values.end(), out.values<T>().begin());
    });
    return out;
  }

  /// A prefix that would make every missing name one of the file's.
  [[nodiscard]] std::string hint() const {
    if (missing_names_.empty()) return {};
    const std::string& first = missing_names_.front();
    for (const auto& [name, value] : by_name_) {
      if (name.size() <= first.size() || !name.ends_with(first)) continue;
      const std::string prefix(name.substr(0, name.size() - first.size()));
      bool all = true;
      for (const std::string& other : missing_names_)
        all = all && by_name_.contains(prefix + other);
      if (all) return "; in the file these names begin with '" + prefix + "'";
    }
    return {};
  }

  model& net_;
  std::unordered_map<std::string, const any_tensor*> by_name_;
  std::unordered_set<std::string> selections_;
  std::unordered_set<std::string> used_;
  std::vector<std::pair<any_tensor*, any_tensor>> found_;
  std::vector<std::string> missing_names_;
  difference_list missing_{"missing from the file"};
  difference_list misfit_{"of another shape"};
  difference_list unexpected_{"unknown to the network"};
};

}  // namespace detail

/// Copies \p tensors into the initialisers of \p net, converted to the types that those have.
///
/// Every floating initialiser must have its tensor, and every tensor its initialiser, with the same
/// shape. PyTorch's `num_batches_tracked` may be there and is not used; the `indexes` masks of the
/// published PreResNets and DenseNets become the lists of their ChannelSelect nodes.
///
/// \throws bad_value  listing what is missing, of another shape or unknown; nothing has changed then.
inline void load_state(model& net, std::span<const named_tensor> tensors) {
  detail::state_loader(net, tensors).run();
}

}  // namespace slimming::inline v0::io
