// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// From the graph of an ONNX file to a model: every name resolved, nodes sorted, sizes checked.
/// Area: io, internal. Component: onnx.

#include <slimming/core/dtype.hpp>             // dtype
#include <slimming/core/error.hpp>             // bad_file, unsupported
#include <slimming/core/tensor.hpp>            // shape
#include <slimming/io/detail/onnx_embed.hpp>   // embedded
#include <slimming/io/detail/onnx_node.hpp>    // read_onnx_node
#include <slimming/io/detail/onnx_tensor.hpp>  // tensor_from_onnx, external_data
#include <slimming/io/detail/wire.hpp>         // wire_reader
#include <slimming/model/model.hpp>            // model

#include <onnx/onnx_pb.h>  // onnx::GraphProto

#include <algorithm>      // std::ranges::all_of
#include <cstdint>        // std::int64_t
#include <functional>     // std::greater
#include <optional>       // std::optional
#include <queue>          // std::priority_queue
#include <string>         // std::string
#include <string_view>    // std::string_view
#include <unordered_map>  // std::unordered_map
#include <utility>        // std::move
#include <vector>         // std::vector

namespace slimming::inline v0::io::detail {

/// Before it, BatchNormalization and Dropout meant something else; after it, nobody here has
/// looked.
inline constexpr std::int64_t oldest_onnx_opset = 7;
inline constexpr std::int64_t newest_onnx_opset = 26;

/// An initialiser whose element type we do not compute with is carried as the output of such a
/// node.
inline constexpr std::string_view carried_initializer_op = "Initializer";
inline constexpr std::string_view own_domain = "slimming";

/// Calls `visit(field)` for every field of \p message.
template <class Visit>
void for_each_field(std::span<const std::byte> message, const wire_file& file, Visit&& visit) {
  wire_field field;
  for (wire_reader fields(message, file); fields.next(field);) visit(field);
}

/// The one graph of a file. \throws bad_file  if there is none, or more than one.
[[nodiscard]] inline wire_field onnx_graph(const wire_file& file) {
  std::optional<wire_field> graph;
  for_each_field(file.bytes, file, [&](const wire_field& field) {
    if (field.number != onnx::ModelProto::kGraphFieldNumber) return;
    if (graph || field.type != wire_type::bytes)
      file.fail(field.raw.data(), "is a second graph, or none");
    graph = field;
  });
  if (!graph) throw bad_file(file.path, "", "is no ONNX file: it holds no graph");
  return *graph;
}

/// What a file declares of a value.
struct onnx_declaration {
  std::string name;
  std::optional<shape> extents;
  std::optional<dtype> type;
};

[[nodiscard]] inline onnx_declaration read_onnx_declaration(const wire_field& field,
                                                            const wire_file& file) {
  const auto proto = parse_message<onnx::ValueInfoProto>(field, file, "declaration of a value");
  onnx_declaration result;
  result.name = proto.name();
  if (!proto.type().has_tensor_type()) return result;
  const auto& tensor = proto.type().tensor_type();
  result.type = dtype_from_onnx(tensor.elem_type());
  if (!tensor.has_shape()) return result;
  if (tensor.shape().dim_size() > static_cast<int>(most_axes))
    file.fail(field.raw.data(), "value '" + result.name + "' has too many axes");
  result.extents.emplace();
  for (const auto& dim : tensor.shape().dim()) {
    constexpr index_t symbolic = -1;  // some exporters write it as a number
    const index_t extent = dim.has_dim_value() ? dim.dim_value() : symbolic;
    if (extent < symbolic)
      file.fail(field.raw.data(), "value '" + result.name + "' has a negative dimension");
    result.extents->push_back(extent);
  }
  return result;
}

class onnx_graph_reader {
 public:
  onnx_graph_reader(const wire_file& file, external_data& files) : file_(file), files_(files) {}

  [[nodiscard]] model read() {
    read_header();
    const wire_field graph = onnx_graph(file_);
    for_each_field(graph.payload, file_, [&](const wire_field& f) { read_declarations(f); });
    for_each_field(graph.payload, file_, [&](const wire_field& f) { read_initializers(f); });
    for (const std::string& name : input_names_) add_input(name);
    for_each_field(graph.payload, file_, [&](const wire_field& f) { read_node(f); });
    add_nodes();
    for (const std::string& name : output_names_) {
      const value_id v = net_.find(name);
      if (v == no_value || !is_known_[static_cast<std::size_t>(v)])
        throw bad_file(file_.path, "output '" + name + "'", "nothing produces it");
      net_.add_output(v);
    }
    return std::move(net_);
  }

 private:
  void read_header() {
    for_each_field(file_.bytes, file_, [&](const wire_field& field) {
      if (field.number == onnx::ModelProto::kOpsetImportFieldNumber) {
        const auto import = parse_message<onnx::OperatorSetIdProto>(field, file_, "operator set");
        const std::string domain = import.domain() == "ai.onnx" ? "" : import.domain();
        net_.opsets[domain] = import.version();
      }
      if (field.number == onnx::ModelProto::kMetadataPropsFieldNumber) {
        const auto entry = parse_message<onnx::StringStringEntryProto>(field, file_, "metadata");
        net_.metadata[entry.key()] = entry.value();
      }
      if (field.number == onnx::ModelProto::kFunctionsFieldNumber)
        require_data<onnx::FunctionProto>(field, "function");
    });
    const auto standard = net_.opsets.find("");
    const std::int64_t version = standard == net_.opsets.end() ? 1 : standard->second;
    if (version < oldest_onnx_opset || version > newest_onnx_opset)
      throw unsupported(file_.path, "operator set " + std::to_string(version) +
                                        "; understood are " + std::to_string(oldest_onnx_opset) +
                                        " to " + std::to_string(newest_onnx_opset));
  }

  void read_declarations(const wire_field& field) {
    using proto = onnx::GraphProto;
    if (field.number != proto::kInputFieldNumber && field.number != proto::kOutputFieldNumber &&
        field.number != proto::kValueInfoFieldNumber)
      return;
    onnx_declaration declared = read_onnx_declaration(field, file_);
    std::string name = declared.name;
    if (field.number == proto::kInputFieldNumber) input_names_.push_back(name);
    if (field.number == proto::kOutputFieldNumber) output_names_.push_back(name);
    declared_.insert_or_assign(std::move(name), std::move(declared));
  }

  void read_initializers(const wire_field& field) {
    using proto = onnx::GraphProto;
    if (field.number == proto::kSparseInitializerFieldNumber) {
      const auto sparse =
          parse_message<onnx::SparseTensorProto>(field, file_, "sparse initialiser");
      carry(sparse.values().name(), {sparse.dims().begin(), sparse.dims().end()}, field);
      require_data<onnx::SparseTensorProto>(field, "sparse initialiser");
    }
    if (field.number != proto::kInitializerFieldNumber) return;
    const auto tensor = parse_message<onnx::TensorProto>(field, file_, "initialiser");
    if (auto value = tensor_from_onnx(tensor, files_)) {
      claim(tensor.name(), field);
      (void)net_.add_initializer(tensor.name(), std::move(*value));
      is_known_.push_back(1);
    } else {
      carry(tensor.name(), {tensor.dims().begin(), tensor.dims().end()}, field);
      require_data<onnx::TensorProto>(field, "initialiser");
    }
  }
  // What is carried unread moves into the file that is written: its data must be there by then.
  template <class Message>
  void require_data(const wire_field& field, std::string_view what) {
    (void)embedded<Message>(field, file_, files_, what);
  }
  void carry(const std::string& name, shape extents, const wire_field& field) {
    if (!byte_count(dtype::int8, extents))
      file_.fail(field.raw.data(), "initialiser '" + name + "' has an impossible shape");
    claim(name, field);
    const value_id v = net_.add_value(name, std::move(extents));
    is_known_.push_back(1);
    net_.add_node(
        {std::string(carried_initializer_op), name, {}, {v}, {}, std::string(own_domain)});
  }
  /// \throws bad_file  if something has the name already.
  void claim(std::string_view name, const wire_field& field) {
    if (name.empty() || net_.find(name) != no_value)
      file_.fail(field.raw.data(), "the name '" + std::string(name) + "' is empty or taken");
  }

  void add_input(const std::string& name) {
    const value_id present = net_.find(name);
    if (present != no_value && net_.initializer(present)) return;  // an input with a default
    if (name.empty() || present != no_value)
      throw bad_file(file_.path, "input '" + name + "'", "the name is empty or taken");
    const onnx_declaration& declared = declared_.at(name);
    const value_id v = net_.add_input(name, declared.extents.value_or(shape{}),
                                      declared.type.value_or(dtype::float32));
    if (!declared.extents) net_.at(v).extents.reset();
    is_known_.push_back(1);
  }

  void read_node(const wire_field& field) {
    if (field.number != onnx::GraphProto::kNodeFieldNumber) return;
    if (field.type != wire_type::bytes) file_.fail(field.raw.data(), "is no node");
    onnx_node node = read_onnx_node(field.payload, file_, files_);
    op_node converted{std::string(node.op),
                      std::string(node.name),
                      {},
                      {},
                      std::move(node.attributes),
                      std::string(node.domain == "ai.onnx" ? "" : node.domain)};
    for (const std::string_view name : node.outputs) {
      value_id v = no_value;
      if (!name.empty()) {
        claim(name, field);
        v = net_.add_value(std::string(name));
        is_known_.push_back(0);
        const auto declared = declared_.find(std::string(name));
        if (declared != declared_.end()) {
          net_.at(v).extents = declared->second.extents;
          net_.at(v).type = declared->second.type.value_or(dtype::float32);
        }
      }
      converted.outputs.push_back(v);
    }
    if (std::ranges::all_of(converted.outputs, [](value_id v) { return v == no_value; }))
      file_.fail(field.raw.data(), "is a node without outputs");
    pending_.push_back({std::move(converted), std::move(node.inputs)});
  }

  /// Looks the inputs up and appends the nodes, in the file's order wherever that is topological.
  void add_nodes() {
    std::unordered_map<value_id, std::vector<std::size_t>> readers;
    std::vector<std::size_t> missing(pending_.size(), 0);
    for (std::size_t n = 0; n < pending_.size(); ++n) {
      for (const std::string_view name : pending_[n].inputs) {
        const value_id v = name.empty() ? no_value : net_.find(name);
        if (!name.empty() && v == no_value)
          throw bad_file(file_.path, place(pending_[n].node),
                         "reads '" + std::string(name) + "', which nothing produces");
        pending_[n].node.inputs.push_back(v);
        if (v == no_value || is_known_[static_cast<std::size_t>(v)]) continue;
        readers[v].push_back(n);
        ++missing[n];
      }
    }
    std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
    for (std::size_t n = 0; n < pending_.size(); ++n)
      if (missing[n] == 0) ready.push(n);
    std::size_t added = 0;
    for (; !ready.empty(); ++added) {
      const std::size_t n = ready.top();
      ready.pop();
      const op_node& node = net_.add_node(std::move(pending_[n].node));
      for (const value_id v : node.outputs) {
        if (v == no_value) continue;
        is_known_[static_cast<std::size_t>(v)] = 1;
        for (const std::size_t reader : readers[v])
          if (--missing[reader] == 0) ready.push(reader);
      }
    }
    if (added == pending_.size()) return;
    for (std::size_t n = 0; n < pending_.size(); ++n)
      if (missing[n] > 0)
        throw bad_file(file_.path, place(pending_[n].node), "lies on or behind a cycle");
  }
  [[nodiscard]] std::string place(const op_node& node) const {
    return "node '" + node.name + "' (" + node.op + ")";
  }

  struct pending_node {
    op_node node;
    std::vector<std::string_view> inputs;
  };

  const wire_file& file_;
  external_data& files_;
  model net_;
  std::vector<char> is_known_;  // by value_id: produced, fed or constant
  std::vector<std::string> input_names_;
  std::vector<std::string> output_names_;
  std::unordered_map<std::string, onnx_declaration> declared_;
  std::vector<pending_node> pending_;
};

}  // namespace slimming::inline v0::io::detail
