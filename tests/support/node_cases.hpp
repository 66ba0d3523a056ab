// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Reads tests/ops/node_cases.txt: single ONNX nodes with inputs and the outputs that they must have.

#include <slimming/core/error.hpp>     // bad_file
#include <slimming/core/tensor.hpp>    // any_tensor
#include <slimming/model/op_node.hpp>  // op_node

#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace slimming::testing {

struct node_case {
  std::string name;
  index_t opset = 0;
  op_node node;
  std::vector<std::optional<any_tensor>> inputs;
  std::vector<any_tensor> outputs;
};

namespace detail {

inline any_tensor read_tensor(std::istream& line) {
  std::string type;
  std::size_t rank = 0;
  line >> type >> rank;
  shape extents(rank);
  for (index_t& e : extents) line >> e;
  const auto fill = [&]<class T>(dtype tag) {
    any_tensor t(tag, extents);
    for (T& v : t.values<T>()) {
      std::string word;
      line >> word;
      v = static_cast<T>(std::stod(word));  // "nan" too
    }
    return t;
  };
  if (type == "float32") return fill.operator()<float>(dtype::float32);
  if (type == "int64") return fill.operator()<index_t>(dtype::int64);
  if (type == "int32") return fill.operator()<std::int32_t>(dtype::int32);
  if (type == "boolean") return fill.operator()<bool>(dtype::boolean);
  throw bad_file("node_cases.txt", type, "unknown element type");
}

}  // namespace detail

[[nodiscard]] inline std::vector<node_case> read_node_cases(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw bad_file(path, "", "cannot be read");
  std::vector<node_case> cases;
  std::string row;
  while (std::getline(file, row)) {
    std::istringstream line(row);
    std::string word, key;
    line >> word;
    if (word == "case") {
      cases.emplace_back();
      node_case& c = cases.back();
      line >> c.name >> c.node.op >> c.opset;
      c.node.name = c.name;
      continue;
    }
    if (cases.empty() || word == "end") continue;
    node_case& c = cases.back();
    auto& attributes = c.node.attributes;
    if (word == "input") {
      c.inputs.emplace_back(detail::read_tensor(line));
    } else if (word == "absent") {
      c.inputs.emplace_back();
    } else if (word == "output") {
      c.outputs.push_back(detail::read_tensor(line));
    } else if (word == "tensor") {
      line >> key;
      attributes[key] = detail::read_tensor(line);
    } else if (word == "text") {
      std::string value;
      line >> key >> value;
      attributes[key] = value;
    } else if (word == "real") {
      double value = 0;
      line >> key >> value;
      attributes[key] = value;
    } else if (word == "integer") {
      index_t value = 0;
      line >> key >> value;
      attributes[key] = value;
    } else if (word == "reals") {
      std::vector<double> values;
      line >> key;
      for (double v = 0; line >> v;) values.push_back(v);
      attributes[key] = std::move(values);
    } else if (word == "integers") {
      std::vector<index_t> values;
      line >> key;
      for (index_t v = 0; line >> v;) values.push_back(v);
      attributes[key] = std::move(values);
    } else {
      throw bad_file(path, c.name, "unknown line '" + word + "'");
    }
  }
  return cases;
}

}  // namespace slimming::testing
