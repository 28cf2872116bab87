#include "operators/opset.h"

#include <algorithm>

#include "operators/operator.h"

namespace halftone {
namespace {

constexpr int kOldest = 7;  // earlier ones say "training mode" in other ways

[[noreturn]] void refuse(const Graph& graph, const Node& node, int version, const std::string& why) {
  throw Error("{}{}: cannot be raised from opset {} to {}: {}; convert the model to opset {} first", origin(graph), describe(node), node.version, version,
              why, version);
}

void add_input(Graph& graph, NodeId id, std::size_t index, const std::string& what, const Tensor& tensor) {
  const std::string name = graph.unique_value_name(graph.node(id).name + "_" + what);
  graph.set_input(id, index, graph.add_constant(name, tensor));
}

// An attribute with a list of integers becomes the input `index`.
void move_integers(Graph& graph, NodeId id, const std::string& attribute, std::size_t index) {
  const Attributes& attributes = graph.node(id).attributes;
  if (!attributes.has(attribute)) return;
  const std::vector<std::int64_t> values = attributes.integers(attribute);
  add_input(graph, id, index, attribute, Tensor::from<std::int64_t>({static_cast<std::int64_t>(values.size())}, values));
  graph.edit(id).attributes.erase(attribute);
}

void move_real(Graph& graph, NodeId id, const std::string& attribute, std::size_t index) {
  const Attributes& attributes = graph.node(id).attributes;
  if (!attributes.has(attribute)) return;
  add_input(graph, id, index, attribute, Tensor::scalar(attributes.real(attribute, 0)));
  graph.edit(id).attributes.erase(attribute);
}

std::optional<std::size_t> rank_of(const Graph& graph, const Node& node) {
  for (ValueId id : {node.input(0), node.output()}) {
    if (graph.value(id).dims) return graph.value(id).dims->size();
  }
  const Node* producer = graph.producer(node.input(0));
  if (producer != nullptr && (producer->type == "Gemm" || producer->type == "Flatten")) return 2;
  return std::nullopt;
}

// Over all axes from `axis` on becomes over `axis` alone: the same where it is the last.
void raise_softmax(Graph& graph, NodeId id, int version) {
  const Node& node = graph.node(id);
  const std::int64_t axis = node.attributes.integer("axis", 1);
  const auto rank = rank_of(graph, node);
  if (axis != -1 && (!rank || axis != static_cast<std::int64_t>(*rank) - 1)) {
    refuse(graph, node, version, fmt::format("it runs over all axes from {} on, which it no longer can", axis));
  }
  graph.edit(id).attributes.set("axis", std::int64_t{-1});
}

void raise_dropout(Graph& graph, NodeId id, int version) {
  const Node& node = graph.node(id);
  if (node.version < 10 && node.output(1) != ValueId::none) refuse(graph, node, version, "its mask has another type");
  graph.edit(id).attributes.erase("ratio");  // inference drops nothing
}

void raise_batch_norm(Graph& graph, NodeId id, int version) {
  const Node& node = graph.node(id);
  if (node.attributes.integer("spatial", 1) != 1) refuse(graph, node, version, "spatial 0 is gone");
  graph.edit(id).attributes.erase("spatial");
}

void raise_node(Graph& graph, NodeId id, int version) {
  const std::string type = graph.node(id).type;
  const int from = graph.node(id).version;
  const auto passes = [&](int changed) { return from < changed && version >= changed; };
  if (type == "Clip" && passes(11)) {
    move_real(graph, id, "min", 1);
    move_real(graph, id, "max", 2);
  } else if (type == "Pad" && passes(11)) {
    move_integers(graph, id, "pads", 1);
    move_real(graph, id, "value", 2);
  } else if (type == "Slice" && passes(10)) {
    move_integers(graph, id, "starts", 1);
    move_integers(graph, id, "ends", 2);
    move_integers(graph, id, "axes", 3);
  } else if ((type == "Squeeze" || type == "Unsqueeze") && passes(13)) {
    move_integers(graph, id, "axes", 1);
  } else if (type == "ReduceMean" && passes(18)) {
    move_integers(graph, id, "axes", 1);
  } else if (type == "Softmax" && passes(13)) {
    raise_softmax(graph, id, version);
  } else if (type == "Dropout" && passes(12)) {
    raise_dropout(graph, id, version);
  } else if (type == "BatchNormalization" && passes(9)) {
    raise_batch_norm(graph, id, version);
  }
}

std::int64_t ir_version_of(int opset) { return opset >= 21 ? 10 : opset >= 19 ? 9 : opset >= 15 ? 8 : opset >= 12 ? 7 : 6; }

}  // namespace

void raise_opset(Graph& graph, int version) {
  int& opset = graph.file.opsets[""];
  if (opset >= version) return;
  if (opset < kOldest) throw Error("{}opset {} cannot be raised to {}; convert the model to opset {} first", origin(graph), opset, version, version);
  for (NodeId id : graph.nodes()) {
    if (!graph.node(id).domain.empty()) continue;
    if (find_operator(graph.node(id)) == nullptr) refuse(graph, graph.node(id), version, "the operator is not supported");
    raise_node(graph, id, version);
    graph.edit(id).version = version;
  }
  opset = version;
  graph.file.ir_version = std::max(graph.file.ir_version, ir_version_of(version));
}

}  // namespace halftone
