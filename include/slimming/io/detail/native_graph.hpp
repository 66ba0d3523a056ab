// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The graph of a model as JSON, for the metadata of a native file.
/// Area: io, internal. Component: json.

#include <slimming/core/dtype.hpp>     // name_of
#include <slimming/core/error.hpp>     // bad_file, bad_value
#include <slimming/core/tensor.hpp>    // any_tensor, shape
#include <slimming/io/checkpoint.hpp>  // named_tensor
#include <slimming/model/model.hpp>    // model
#include <slimming/model/op_node.hpp>  // op_node, attribute

#include <algorithm>          // std::ranges::all_of
#include <charconv>           // std::from_chars
#include <cmath>              // std::isfinite
#include <concepts>           // std::same_as
#include <cstddef>            // std::size_t
#include <cstdint>            // std::uint64_t
#include <limits>             // std::numeric_limits
#include <nlohmann/json.hpp>  // ordered_json
#include <optional>           // std::optional
#include <string>             // std::string
#include <string_view>        // std::string_view
#include <system_error>       // std::errc
#include <unordered_map>      // std::unordered_map
#include <unordered_set>      // std::unordered_set
#include <utility>            // std::in_range, std::move
#include <variant>            // std::visit
#include <vector>             // std::vector

namespace slimming::inline v0::io::detail {

inline constexpr std::string_view native_graph_key = "slimming.graph";
inline constexpr std::string_view native_graph_format = "slimming-model/1";

/// Where a tensor lies that is an attribute, as that of a Constant node.
[[nodiscard]] inline std::string attribute_tensor_name(std::size_t node, std::string_view key) {
  return "slimming.attribute." + std::to_string(node) + "." + std::string(key);
}

[[nodiscard]] inline std::string to_hex(std::string_view bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text.push_back(digits[static_cast<unsigned char>(c) >> 4]);
    text.push_back(digits[static_cast<unsigned char>(c) & 15]);
  }
  return text;
}
[[nodiscard]] inline std::string from_hex(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    unsigned value = 0;
    const char* end = text.data() + i + 2;
    if (i + 2 > text.size() || std::from_chars(text.data() + i, end, value, 16).ptr != end)
      throw bad_value("attribute", "is not hexadecimal");
    bytes.push_back(static_cast<char>(value));
  }
  return bytes;
}

/// Every attribute is a pair [kind, value]: JSON alone would not tell 1 from 1.0, and knows no NaN.
class native_graph_writer {
 public:
  using json = nlohmann::ordered_json;

  /// Appends the graph's tensors to \p tensors.
  native_graph_writer(const model& net, std::vector<named_tensor>& tensors)
      : net_(net), tensors_(tensors) {}

  [[nodiscard]] std::string write() {
    json graph{{"format", native_graph_format}, {"opsets", net_.opsets}};
    graph["inputs"] = names(net_.inputs());
    graph["outputs"] = names(net_.outputs());
    json values = json::array();
    for (const model::value& v : net_.values()) {
      json value{{"name", v.name}, {"dtype", name_of(v.type)}};
      if (v.extents) value["shape"] = *v.extents;
      if (v.data) {
        value["data"] = true;
        tensors_.push_back({v.name, *v.data});
      }
      values.push_back(std::move(value));
    }
    graph["values"] = std::move(values);
    json nodes = json::array();
    for (std::size_t n = 0; n < net_.nodes().size(); ++n) nodes.push_back(node(n));
    graph["nodes"] = std::move(nodes);
    try {
      return graph.dump();
    } catch (const json::type_error& e) {
      throw bad_value("write_native", e.what());
    }
  }

 private:
  [[nodiscard]] json names(const std::vector<value_id>& values) const {
    json list = json::array();
    for (const value_id v : values) list.push_back(v == no_value ? json() : json(net_.at(v).name));
    return list;
  }
  [[nodiscard]] json node(std::size_t n) {
    const op_node& node = net_.nodes()[n];
    json result{{"op", node.op}, {"name", node.name}};
    if (!node.domain.empty()) result["domain"] = node.domain;
    result["inputs"] = names(node.inputs);
    result["outputs"] = names(node.outputs);
    json attributes = json::object();
    for (const auto& [key, value] : node.attributes) attributes[key] = pair(n, key, value);
    if (!attributes.empty()) result["attributes"] = std::move(attributes);
    return result;
  }
  [[nodiscard]] json pair(std::size_t n, const std::string& key, const attribute& value) {
    return std::visit(
        [&](const auto& x) -> json {
          using T = std::remove_cvref_t<decltype(x)>;
          if constexpr (std::same_as<T, index_t>) {
            return {"int", x};
          } else if constexpr (std::same_as<T, double>) {
            return {"real", real(x)};
          } else if constexpr (std::same_as<T, std::string>) {
            return is_utf8(x) ? json{"text", x} : json{"hex", to_hex(x)};
          } else if constexpr (std::same_as<T, std::vector<index_t>>) {
            return {"ints", x};
          } else if constexpr (std::same_as<T, std::vector<double>>) {
            json list = json::array();
            for (const double v : x) list.push_back(real(v));
            return {"reals", std::move(list)};
          } else if constexpr (std::same_as<T, std::vector<std::string>>) {
            json list = json::array();
            const bool is_text = std::ranges::all_of(x, is_utf8);
            for (const std::string& v : x) list.push_back(is_text ? v : to_hex(v));
            return {is_text ? "texts" : "hexes", std::move(list)};
          } else if constexpr (std::same_as<T, any_tensor>) {
            tensors_.push_back({attribute_tensor_name(n, key), x});
            return {"tensor", tensors_.back().name};
          } else {
            return {"bytes", to_hex(x.bytes)};
          }
        },
        value);
  }
  /// ONNX's texts are bytes; JSON's are not.
  [[nodiscard]] static bool is_utf8(const std::string& text) {
    try {
      (void)json(text).dump();
      return true;
    } catch (const json::type_error&) {
      return false;
    }
  }
  [[nodiscard]] static json real(double x) {
    if (std::isfinite(x)) return x;
    return std::isnan(x) ? "nan" : x > 0 ? "inf" : "-inf";
  }

  const model& net_;
  std::vector<named_tensor>& tensors_;
};

/// Builds the model; whatever is missing, of the wrong kind or named twice is an exception.
class native_graph_reader {
 public:
  using json = nlohmann::json;

  /// Moves the graph's tensors out of \p tensors and clears their names.
  native_graph_reader(std::string_view text, std::string_view path,
                      std::vector<named_tensor>& tensors)
      : text_(text), path_(path), tensors_(tensors) {
    for (std::size_t i = 0; i < tensors.size(); ++i) places_.emplace(tensors[i].name, i);
  }

  /// \throws bad_file
  [[nodiscard]] model read() {
    try {
      const json graph = json::parse(text_);
      if (graph.at("format").get<std::string>() != native_graph_format)
        throw bad_value("format", "is not '" + std::string(native_graph_format) + "'");
      for (const auto& [domain, version] : graph.at("opsets").items())
        net_.opsets[domain] = integer(version);
      read_values(graph);
      std::size_t n = 0;
      for (const json& node : graph.at("nodes")) read_node(node, n++);
      for (const json& name : graph.at("outputs")) net_.add_output(value_named(name));
    } catch (const json::exception& e) {
      throw bad_file(path_, native_graph_key, std::string(e.what()).substr(0, 200));
    } catch (const bad_file&) {
      throw;
    } catch (const error& e) {  // the model's own complaints
      throw bad_file(path_, native_graph_key, e.what());
    }
    return std::move(net_);
  }

 private:
  void read_values(const json& graph) {
    std::unordered_set<std::string> inputs;
    for (const json& name : graph.at("inputs")) inputs.insert(name.get<std::string>());
    for (const json& value : graph.at("values")) {
      std::string name = value.at("name").get<std::string>();
      if (name.empty()) throw bad_value("value", "has no name");
      const dtype type = type_named(value.at("dtype").get<std::string>());
      std::optional<shape> extents;
      if (value.contains("shape")) extents = checked(integers(value.at("shape")), name);
      const bool is_input = inputs.erase(name) > 0;
      const value_id v = is_input ? net_.add_input(name, {}, type) : net_.add_value(name, {}, type);
      net_.at(v).extents = std::move(extents);
      if (!value.value("data", false)) continue;
      net_.at(v).data = taken(name);
      if (net_.at(v).data->type() != type)
        throw bad_value("tensor '" + name + "'",
                        "is of type " + std::string(name_of(net_.at(v).data->type())));
      if (const auto& declared = net_.at(v).extents;
          declared && *declared != net_.at(v).data->extents())
        throw bad_value("tensor '" + name + "'", "is declared as " + to_string(*declared) +
                                                     ", got " +
                                                     to_string(net_.at(v).data->extents()));
    }
    if (!inputs.empty()) throw bad_value("input '" + *inputs.begin() + "'", "is not declared");
  }
  [[nodiscard]] static shape checked(shape extents, const std::string& name) {
    for (const index_t e : extents)
      if (e < -1) throw bad_value("value '" + name + "': extent", e);
    return extents;
  }
  [[nodiscard]] static dtype type_named(const std::string& name) {
    for (int code = 0; code <= static_cast<int>(dtype::boolean); ++code)
      if (name_of(static_cast<dtype>(code)) == name) return static_cast<dtype>(code);
    throw bad_value("dtype", "'" + name + "' is unknown");
  }
  [[nodiscard]] any_tensor taken(const std::string& name) {
    const auto found = places_.find(name);
    if (found == places_.end()) throw bad_value("tensor '" + name + "'", "is missing");
    named_tensor& t = tensors_[found->second];
    places_.erase(found);
    t.name.clear();
    return std::move(t.value);
  }
  [[nodiscard]] value_id value_named(const json& name) const {
    if (name.is_null()) return no_value;
    const auto text = name.get<std::string>();
    const value_id v = net_.find(text);
    if (v == no_value) throw bad_value("value '" + text + "'", "is not declared");
    return v;
  }

  void read_node(const json& node, std::size_t n) {
    op_node result;
    result.op = node.at("op").get<std::string>();
    result.name = node.at("name").get<std::string>();
    result.domain = node.value("domain", std::string());
    for (const json& name : node.at("inputs")) result.inputs.push_back(value_named(name));
    for (const json& name : node.at("outputs")) result.outputs.push_back(value_named(name));
    if (node.contains("attributes"))
      for (const auto& [key, pair] : node.at("attributes").items())
        result.attributes.emplace(key, read_attribute(n, key, pair));
    net_.add_node(std::move(result));
  }
  [[nodiscard]] attribute read_attribute(std::size_t n, const std::string& key, const json& pair) {
    const auto kind = pair.at(0).get<std::string>();
    const json& value = pair.at(1);
    if (kind == "int") return integer(value);
    if (kind == "real") return real(value);
    if (kind == "text") return value.get<std::string>();
    if (kind == "hex") return from_hex(value.get<std::string>());
    if (kind == "ints") return integers(value);
    if (kind == "texts") return value.get<std::vector<std::string>>();
    if (kind == "bytes") return opaque_attribute{from_hex(value.get<std::string>())};
    if (kind == "tensor") return taken(attribute_tensor_name(n, key));
    if (kind == "reals") {
      std::vector<double> list;
      for (const json& x : value) list.push_back(real(x));
      return list;
    }
    if (kind == "hexes") {
      std::vector<std::string> list;
      for (const json& x : value) list.push_back(from_hex(x.get<std::string>()));
      return list;
    }
    throw bad_value("attribute '" + key + "'", "is of the unknown kind '" + kind + "'");
  }
  // get() would cut 1.5 to 1, and 2^63 to a negative number.
  [[nodiscard]] static index_t integer(const json& value) {
    if (!value.is_number_integer() ||
        (value.is_number_unsigned() && !std::in_range<index_t>(value.get<std::uint64_t>())))
      throw bad_value("number", value.dump() + " is no integer of 64 bits");
    return value.get<index_t>();
  }
  [[nodiscard]] static std::vector<index_t> integers(const json& values) {
    std::vector<index_t> list;
    for (const json& value : values) list.push_back(integer(value));
    return list;
  }
  [[nodiscard]] static double real(const json& value) {
    if (!value.is_string()) return value.get<double>();
    const auto text = value.get<std::string>();
    if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
    if (text == "inf") return std::numeric_limits<double>::infinity();
    if (text == "-inf") return -std::numeric_limits<double>::infinity();
    throw bad_value("attribute", "'" + text + "' is no number");
  }

  std::string_view text_;
  std::string_view path_;
  std::vector<named_tensor>& tensors_;
  std::unordered_map<std::string, std::size_t> places_;
  model net_;
};

}  // namespace slimming::inline v0::io::detail
