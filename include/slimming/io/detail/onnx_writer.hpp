// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// From a model back to the bytes of an ONNX file: what has not changed is copied as it stands.
/// Area: io, internal. Component: onnx.

#include <slimming/core/error.hpp>             // bad_value, unsupported
#include <slimming/core/tensor.hpp>            // any_tensor, shape
#include <slimming/io/detail/onnx_embed.hpp>   // write_embedded
#include <slimming/io/detail/onnx_node.hpp>    // node_to_onnx
#include <slimming/io/detail/onnx_reader.hpp>  // onnx_graph, read_onnx_declaration
#include <slimming/io/detail/onnx_tensor.hpp>  // tensor_to_onnx, external_data
#include <slimming/io/detail/wire.hpp>         // wire_writer
#include <slimming/model/model.hpp>            // model
#include <slimming/model/op_registry.hpp>      // value_facts

#include <onnx/onnx_pb.h>  // onnx::ModelProto

#include <algorithm>      // std::ranges::equal
#include <bit>            // std::bit_cast
#include <cstddef>        // std::byte
#include <cstdint>        // std::int64_t
#include <limits>         // std::numeric_limits
#include <map>            // std::map
#include <optional>       // std::optional
#include <set>            // std::set
#include <span>           // std::span
#include <string>         // std::string
#include <string_view>    // std::string_view
#include <unordered_map>  // std::unordered_map
#include <unordered_set>  // std::unordered_set
#include <utility>        // std::move
#include <variant>        // std::get_if
#include <vector>         // std::vector

namespace slimming::inline v0::io::detail {

/// Metadata under this key say which tensors are smaller than they were, and how.
inline constexpr std::string_view pruned_metadata_key = "slimming.pruned";

class onnx_writer {
 public:
  /// \param source  the file that \p net was read from; empty bytes for a network that no file held.
  /// \param facts   of net's values, by value_id; empty: declared shapes that may be stale go.
  onnx_writer(const model& net, const wire_file& source, std::span<const value_facts> facts,
              external_data& files)
      : net_(net), source_(source), facts_(facts), files_(files) {
    if (!facts.empty() && facts.size() != net.values().size())
      throw shape_mismatch("write_onnx: number of facts", static_cast<index_t>(net.values().size()),
                           static_cast<index_t>(facts.size()));
  }

  [[nodiscard]] std::vector<std::byte> write() {
    using proto = onnx::ModelProto;
    const bool is_new = source_.bytes.empty();
    const std::span<const std::byte> before =
        is_new ? std::span<const std::byte>() : onnx_graph(source_).payload;
    const wire_writer graph = graph_message(before);
    const bool is_same = !is_new && std::ranges::equal(graph.written(), before);

    wire_writer out;
    if (is_new) {
      out.integer(proto::kIrVersionFieldNumber, ir_version);
      out.text(proto::kProducerNameFieldNumber, own_domain);
      out.message(proto::kGraphFieldNumber, graph);
    }
    for_each_field(source_.bytes, source_, [&](const wire_field& field) {
      if (field.number == proto::kGraphFieldNumber && !is_same)
        out.message(proto::kGraphFieldNumber, graph);
      else if (field.number == proto::kFunctionsFieldNumber)
        write_embedded<onnx::FunctionProto>(out, field, source_, files_, "function");
      else if (field.number != proto::kMetadataPropsFieldNumber || keeps_metadata(field))
        out.raw(field.raw);
      if (field.number == proto::kOpsetImportFieldNumber) note_opset(field);
    });
    write_opsets(out);
    write_metadata(out);
    if (out.written().size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
      throw unsupported("write_onnx", "a network beyond 2 GiB needs external data");
    return out.finish();
  }

 private:
  static constexpr std::int64_t ir_version = 8;
  static constexpr std::int64_t opset_of_new_files = 17;

  // --- the graph ---

  [[nodiscard]] wire_writer graph_message(std::span<const std::byte> before) {
    using proto = onnx::GraphProto;
    wire_writer nodes_before;
    for_each_field(before, source_, [&](const wire_field& field) {
      if (field.number == proto::kNodeFieldNumber) {
        nodes_before.raw(field.raw);
        list_original(field);
      } else if (field.number == proto::kInitializerFieldNumber) {
        note_initializer(field);
      } else if (field.number == proto::kSparseInitializerFieldNumber) {
        in_source_.insert(
            parse_message<onnx::SparseTensorProto>(field, source_, "sparse initialiser")
                .values()
                .name());
      }
    });
    wire_writer nodes;
    write_nodes(nodes);
    const bool same_nodes = std::ranges::equal(nodes.written(), nodes_before.written());
    is_changed_ = !same_nodes || !pruned_.empty();

    wire_writer graph;
    if (before.empty()) {
      const auto name = net_.metadata.find("architecture");
      graph.text(proto::kNameFieldNumber, name == net_.metadata.end() ? own_domain : name->second);
    }
    bool nodes_are_written = false;
    for_each_field(before, source_, [&](const wire_field& field) {
      switch (field.number) {
        case proto::kNodeFieldNumber:
          if (same_nodes) return graph.raw(field.raw);  // in its place among the other fields
          if (!std::exchange(nodes_are_written, true)) graph.raw(nodes.written());
          return;
        case proto::kInitializerFieldNumber:
          return write_initializer(graph, field);
        case proto::kSparseInitializerFieldNumber:
          return write_embedded<onnx::SparseTensorProto>(graph, field, source_, files_,
                                                         "sparse initialiser");
        case proto::kInputFieldNumber:
        case proto::kOutputFieldNumber:
        case proto::kValueInfoFieldNumber:
          return is_changed_ ? write_declaration(graph, field) : graph.raw(field.raw);
        default:
          return graph.raw(field.raw);
      }
    });
    if (!same_nodes && !nodes_are_written) graph.raw(nodes.written());
    write_new_initializers(graph);
    if (before.empty()) write_new_declarations(graph);
    return graph;
  }

  /// A node is known by its first output.
  void list_original(const wire_field& field) {
    wire_field inner;
    for (wire_reader parts(field.payload, source_); parts.next(inner);) {
      if (inner.number != onnx::NodeProto::kOutputFieldNumber || inner.payload.empty()) continue;
      original_nodes_.emplace(inner.text(), field.payload);
      return;
    }
  }
  void note_initializer(const wire_field& field) {
    std::string name;
    shape extents;
    wire_field inner;
    for (wire_reader parts(field.payload, source_); parts.next(inner);) {
      if (inner.number == onnx::TensorProto::kNameFieldNumber) name = inner.text();
      if (inner.number != onnx::TensorProto::kDimsFieldNumber) continue;
      if (inner.type == wire_type::varint) extents.push_back(inner.integer());
      for (wire_reader packed(inner.payload, source_); !packed.at_end();)
        extents.push_back(std::bit_cast<std::int64_t>(packed.varint()));
    }
    if (const any_tensor* now = net_.initializer(net_.find(name)))
      note_change(name, extents, now->extents());
    in_source_.insert(std::move(name));
  }
  void note_change(const std::string& name, const shape& before, const shape& now) {
    if (before == now) return;
    pruned_ +=
        (pruned_.empty() ? "" : "; ") + name + " " + to_string(before) + " -> " + to_string(now);
  }

  // --- nodes ---

  [[nodiscard]] onnx_node named(const op_node& node) const {
    onnx_node result{node.op, node.name, node.domain, {}, {}, node.attributes};
    const auto name_of_value = [&](value_id v) {
      return v == no_value ? std::string_view() : std::string_view(net_.at(v).name);
    };
    for (const value_id v : node.inputs) result.inputs.push_back(name_of_value(v));
    for (const value_id v : node.outputs) result.outputs.push_back(name_of_value(v));
    if (node.domain == own_domain && node.op == "ChannelSelect") {  // ONNX's word for it
      result.op = "Gather";
      result.domain = "";
      result.attributes["axis"] = index_t{1};
    }
    return result;
  }
  void write_nodes(wire_writer& graph) {
    for (const op_node& node : net_.nodes()) {
      if (node.domain == own_domain && node.op == carried_initializer_op) {
        require_in_source(node);
        continue;
      }
      onnx_node now = named(node);
      const auto first = std::ranges::find_if(now.outputs, [](auto name) { return !name.empty(); });
      const auto found =
          first == now.outputs.end() ? original_nodes_.end() : original_nodes_.find(*first);
      const std::span<const std::byte> message =
          found == original_nodes_.end() ? std::span<const std::byte>() : found->second;
      const onnx_node before =
          message.empty() ? onnx_node{} : read_onnx_node(message, source_, files_);
      if (now.domain.empty() && before.domain == "ai.onnx") now.domain = before.domain;
      note_constants(now, before);
      graph.message(onnx::GraphProto::kNodeFieldNumber,
                    node_to_onnx(now, before, message, source_, files_));
      domains_.emplace(now.domain == "ai.onnx" ? "" : now.domain);
    }
  }
  /// Only the file that a carried initialiser was read from holds its elements.
  void require_in_source(const op_node& node) const {
    const std::string& name = net_.at(node.outputs.at(0)).name;
    if (!in_source_.contains(name))
      throw unsupported("write_onnx",
                        "the elements of initialiser '" + name +
                            "' are of a kind that a model does not hold, and the network does not "
                            "come from the ONNX file that has them; start from that file");
  }
  /// A Constant node's tensor may be a parameter too.
  void note_constants(const onnx_node& now, const onnx_node& before) {
    for (const auto& [key, value] : now.attributes) {
      const auto old = before.attributes.find(key);
      if (old == before.attributes.end()) continue;
      const auto* a = std::get_if<any_tensor>(&old->second);
      const auto* b = std::get_if<any_tensor>(&value);
      if (a && b) note_change(std::string(now.outputs[0]), a->extents(), b->extents());
    }
  }

  // --- initialisers ---

  void write_initializer(wire_writer& graph, const wire_field& field) {
    auto tensor = parse_message<onnx::TensorProto>(field, source_, "initialiser");
    const value_id v = net_.find(tensor.name());
    written_.insert(tensor.name());
    const any_tensor* now = net_.initializer(v);
    if (!now) {  // of a type that the model only carries, or gone
      if (v != no_value && net_.at(v).producer >= 0)
        write_embedded<onnx::TensorProto>(graph, field, source_, files_, "initialiser");
      return;
    }
    const bool is_inside = tensor.data_location() != onnx::TensorProto::EXTERNAL;
    if (is_inside) {
      const auto before = tensor_from_onnx(tensor, files_);
      if (before && same_tensor(*before, *now)) return graph.raw(field.raw);
    }
    tensor_to_onnx(*now, tensor);
    graph.text(onnx::GraphProto::kInitializerFieldNumber, tensor.SerializeAsString());
  }
  void write_new_initializers(wire_writer& graph) {
    for (const model::value& v : net_.values()) {
      if (!v.data || written_.contains(v.name)) continue;
      onnx::TensorProto tensor;
      tensor.set_name(v.name);
      tensor_to_onnx(*v.data, tensor);
      graph.text(onnx::GraphProto::kInitializerFieldNumber, tensor.SerializeAsString());
    }
  }

  // --- declared shapes ---

  [[nodiscard]] std::optional<shape> extents_now(value_id v) const {
    if (const any_tensor* t = net_.initializer(v)) return t->extents();
    if (facts_.empty()) return std::nullopt;
    return facts_[static_cast<std::size_t>(v)].extents;
  }
  /// Inputs and outputs stay; a hint whose shape is no longer known goes.
  void write_declaration(wire_writer& graph, const wire_field& field) {
    auto value = parse_message<onnx::ValueInfoProto>(field, source_, "declaration of a value");
    const value_id v = net_.find(value.name());
    const bool is_hint = field.number == onnx::GraphProto::kValueInfoFieldNumber;
    const auto extents = v == no_value ? std::nullopt : extents_now(v);
    if (!value.type().has_tensor_type() || !extents) {
      if (!is_hint) graph.raw(field.raw);
      return;
    }
    if (!declare(*extents, *value.mutable_type()->mutable_tensor_type()))
      return graph.raw(field.raw);
    graph.text(static_cast<int>(field.number), value.SerializeAsString());
  }
  /// True if a dimension was changed. What the file calls by a symbol keeps it.
  static bool declare(const shape& extents, onnx::TypeProto::Tensor& type) {
    if (!type.has_shape()) return false;
    auto& dims = *type.mutable_shape();
    const bool other_rank = dims.dim_size() != static_cast<int>(extents.size());
    if (other_rank) {
      dims.clear_dim();
      for (std::size_t i = 0; i < extents.size(); ++i) dims.add_dim();
    }
    bool changed = other_rank;
    for (std::size_t i = 0; i < extents.size(); ++i) {
      auto& dim = *dims.mutable_dim(static_cast<int>(i));
      const bool is_symbol = !other_rank && !dim.has_dim_value();
      if (extents[i] < 0 || is_symbol || (dim.has_dim_value() && dim.dim_value() == extents[i]))
        continue;
      dim.set_dim_value(extents[i]);
      changed = true;
    }
    return changed;
  }
  void write_new_declarations(wire_writer& graph) {
    const auto write = [&](int number, value_id v) {
      const model::value& value = net_.at(v);
      onnx::ValueInfoProto proto;
      proto.set_name(value.name);
      auto& type = *proto.mutable_type()->mutable_tensor_type();
      const bool is_inferred = !facts_.empty() && value.producer >= 0;
      type.set_elem_type(
          onnx_from_dtype(is_inferred ? facts_[static_cast<std::size_t>(v)].type : value.type));
      const auto extents =
          is_inferred ? facts_[static_cast<std::size_t>(v)].extents : value.extents;
      if (extents) {
        auto& dims = *type.mutable_shape();
        for (std::size_t axis = 0; axis < extents->size(); ++axis) {
          auto& dim = *dims.add_dim();
          if ((*extents)[axis] >= 0)
            dim.set_dim_value((*extents)[axis]);
          else if (axis == 0)
            dim.set_dim_param("batch");
        }
      }
      graph.text(number, proto.SerializeAsString());
    };
    for (const value_id v : net_.inputs()) write(onnx::GraphProto::kInputFieldNumber, v);
    for (const value_id v : net_.outputs()) write(onnx::GraphProto::kOutputFieldNumber, v);
  }

  // --- the file ---

  void note_opset(const wire_field& field) {
    const auto import = parse_message<onnx::OperatorSetIdProto>(field, source_, "operator set");
    domains_.erase(import.domain() == "ai.onnx" ? "" : import.domain());
  }
  /// Imports that nodes need and the file lacks.
  void write_opsets(wire_writer& out) const {
    for (const std::string& domain : domains_) {
      const auto known = net_.opsets.find(domain);
      const std::int64_t otherwise = domain.empty() ? opset_of_new_files : 1;
      wire_writer import;
      if (!domain.empty()) import.text(onnx::OperatorSetIdProto::kDomainFieldNumber, domain);
      import.integer(onnx::OperatorSetIdProto::kVersionFieldNumber,
                     known == net_.opsets.end() ? otherwise : known->second);
      out.message(onnx::ModelProto::kOpsetImportFieldNumber, import);
    }
  }
  [[nodiscard]] std::map<std::string, std::string> metadata_now() const {
    std::map<std::string, std::string> entries = net_.metadata;
    if (!pruned_.empty()) {
      std::string& text = entries[std::string(pruned_metadata_key)];
      if (!text.empty()) text += "; ";
      text += pruned_;
    }
    return entries;
  }
  /// True if the entry in the file still says what the model says; notes it as written then.
  bool keeps_metadata(const wire_field& field) {
    const auto entry = parse_message<onnx::StringStringEntryProto>(field, source_, "metadata");
    const auto now = net_.metadata.find(entry.key());
    const bool is_kept = now != net_.metadata.end() && now->second == entry.value() &&
                         (pruned_.empty() || entry.key() != pruned_metadata_key);
    if (is_kept) kept_metadata_.insert(entry.key());
    return is_kept;
  }
  void write_metadata(wire_writer& out) const {
    for (const auto& [key, value] : metadata_now()) {
      if (kept_metadata_.contains(key)) continue;
      wire_writer entry;
      entry.text(onnx::StringStringEntryProto::kKeyFieldNumber, key);
      entry.text(onnx::StringStringEntryProto::kValueFieldNumber, value);
      out.message(onnx::ModelProto::kMetadataPropsFieldNumber, entry);
    }
  }

  const model& net_;
  const wire_file& source_;
  std::span<const value_facts> facts_;
  external_data& files_;
  std::unordered_map<std::string_view, std::span<const std::byte>> original_nodes_;
  std::unordered_set<std::string> in_source_;  // names of initialisers, sparse ones too
  std::unordered_set<std::string> written_;
  std::set<std::string> domains_;  // of the nodes, less those that the file imports
  std::set<std::string> kept_metadata_;
  std::string pruned_;
  bool is_changed_ = false;
};

}  // namespace slimming::inline v0::io::detail
