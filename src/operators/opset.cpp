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

ValueId add_made(Graph& graph, Node node, const std::string& wish, DataType type) {
  const ValueId made = graph.add_value(graph.unique_value_name(wish), type);
  node.name = graph.unique_node_name(node.name);
  node.outputs = {made};
  graph.add_node(std::move(node));
  return made;
}

// Softmax(Flatten(x)) in the shape of x.
void flatten_around(Graph& graph, NodeId id, std::int64_t axis, int version) {
  const std::string name = graph.node(id).name;
  const ValueId x = graph.node(id).input(0), y = graph.node(id).output();
  const auto node = [&](const char* type, std::vector<ValueId> inputs) {
    Node n;
    n.name = name + "_" + type;
    n.type = type;
    n.version = version;
    n.inputs = std::move(inputs);
    return n;
  };
  const ValueId sizes = add_made(graph, node("Shape", {x}), name + "_shape", DataType::int64);
  Node flatten = node("Flatten", {x});
  flatten.attributes.set("axis", axis);
  graph.set_input(id, 0, add_made(graph, std::move(flatten), name + "_flat", DataType::float32));
  const ValueId shaped = graph.add_value(graph.unique_value_name(graph.value(y).name + "_shaped"), graph.value(y).type, graph.value(y).dims);
  graph.replace_uses(y, shaped);
  std::swap(graph.edit(y).name, graph.edit(shaped).name);
  std::swap(graph.edit(y).encoding, graph.edit(shaped).encoding);
  graph.edit(y).dims.reset();
  Node reshape = node("Reshape", {y, sizes});
  reshape.outputs = {shaped};
  graph.add_node(std::move(reshape));
}

// Softmax, LogSoftmax, Hardmax over all axes from `axis` on become over one alone: the same where it is the last.
void raise_softmax(Graph& graph, NodeId id, int version) {
  const Node& node = graph.node(id);
  const std::int64_t axis = node.attributes.integer("axis", 1);
  const auto rank = rank_of(graph, node);
  if (axis != -1 && (!rank || axis != static_cast<std::int64_t>(*rank) - 1)) flatten_around(graph, id, axis, version);
  graph.edit(id).attributes.set("axis", std::int64_t{-1});
}

void raise_split(Graph& graph, NodeId id, int version) {
  move_integers(graph, id, "split", 1);
  const Node& node = graph.node(id);
  if (version >= 18 && node.input(1) == ValueId::none) graph.edit(id).attributes.set("num_outputs", static_cast<std::int64_t>(node.outputs.size()));
}

// Scales move behind a region that is not there; pixels begin at 0.
void raise_resize(Graph& graph, NodeId id) {
  const ValueId scales = graph.node(id).input(1);
  graph.set_input(id, 2, scales);
  graph.set_input(id, 1, ValueId::none);
  Attributes& attributes = graph.edit(id).attributes;
  attributes.set("coordinate_transformation_mode", std::string("asymmetric"));
  attributes.set("nearest_mode", std::string("floor"));
}

void raise_upsample(Graph& graph, NodeId id) {
  if (graph.node(id).version < 9) {
    const std::vector<float> scales = graph.node(id).attributes.reals("scales");
    add_input(graph, id, 1, "scales", Tensor::from<float>({static_cast<std::int64_t>(scales.size())}, scales));
    graph.edit(id).attributes.erase("scales");
  }
  Node& node = graph.edit(id);
  node.type = "Resize";
  if (node.attributes.text("mode", "nearest") == "bilinear") node.attributes.set("mode", std::string("linear"));
}

void raise_top_k(Graph& graph, NodeId id) {
  const std::int64_t k = graph.node(id).attributes.integer("k", 1);
  add_input(graph, id, 1, "k", Tensor::from<std::int64_t>({1}, std::vector<std::int64_t>{k}));
  graph.edit(id).attributes.erase("k");
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

void raise_grid_sample(Node& node) {
  const std::string mode = node.attributes.text("mode", "bilinear");
  if (mode.starts_with("bi")) node.attributes.set("mode", mode.substr(2));
}

void raise_dft(Graph& graph, NodeId id) {
  add_input(graph, id, 2, "axis", Tensor::scalar(graph.node(id).attributes.integer("axis", 1)));
  graph.edit(id).attributes.erase("axis");
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
  } else if (type.starts_with("Reduce") && passes(type == "ReduceSum" ? 13 : 18)) {
    move_integers(graph, id, "axes", 1);
  } else if ((type == "Softmax" || type == "LogSoftmax" || type == "Hardmax") && passes(13)) {
    raise_softmax(graph, id, version);
  } else if (type == "Split" && (passes(13) || passes(18))) {
    raise_split(graph, id, version);
  } else if (type == "Upsample" && passes(10)) {
    raise_upsample(graph, id);
    if (version >= 11) raise_resize(graph, id);
  } else if (type == "Resize" && passes(11)) {
    raise_resize(graph, id);
  } else if (type == "TopK" && passes(10)) {
    raise_top_k(graph, id);
  } else if (type == "GroupNormalization" && passes(21)) {
    refuse(graph, graph.node(id), version, "its scales are one a group, and later one a channel");
  } else if (type == "Dropout" && passes(12)) {
    raise_dropout(graph, id, version);
  } else if (type == "BatchNormalization" && passes(9)) {
    raise_batch_norm(graph, id, version);
  } else if (type == "GridSample" && passes(20)) {
    raise_grid_sample(graph.edit(id));
  } else if (type == "RoiAlign" && passes(16)) {
    graph.edit(id).attributes.set("coordinate_transformation_mode", std::string("output_half_pixel"));
  } else if (type == "Scatter" && passes(11)) {
    graph.edit(id).type = "ScatterElements";
  } else if (type == "DFT" && passes(20)) {
    raise_dft(graph, id);
  } else if (type == "Scan" && passes(9)) {
    refuse(graph, graph.node(id), version, "it has a batch axis that is gone");
  }
}

std::int64_t ir_version_of(int opset) { return opset >= 21 ? 10 : opset >= 19 ? 9 : opset >= 15 ? 8 : opset >= 12 ? 7 : 6; }

void raise_bodies(Node& node, int version) {
  const std::map<std::string, Attribute> attributes = node.attributes.all();
  for (const auto& [name, attribute] : attributes) {
    const auto* body = std::get_if<std::shared_ptr<const Graph>>(&attribute);
    if (body == nullptr) continue;
    Graph raised = **body;
    raise_opset(raised, version);
    node.attributes.set(name, std::make_shared<const Graph>(std::move(raised)));
  }
}

}  // namespace

namespace {

void raise_with_bodies(Graph& graph, NodeId id, int version) {
  raise_node(graph, id, version);
  raise_bodies(graph.edit(id), version);
  graph.edit(id).version = version;
}

void set_opset(Graph& graph, int version) {
  graph.file.opsets[""] = version;
  graph.file.ir_version = std::max(graph.file.ir_version, ir_version_of(version));
}

int stated_opset(const Graph& graph) {
  const auto stated = graph.file.opsets.find("");
  return stated == graph.file.opsets.end() ? 0 : stated->second;
}

// Of its nodes and of their bodies.
int latest_opset(const Graph& graph) {
  int latest = stated_opset(graph);
  for (NodeId id : graph.nodes()) {
    const Node& node = graph.node(id);
    if (node.domain.empty()) latest = std::max(latest, node.version);
    for (const auto& [name, attribute] : node.attributes.all()) {
      if (const auto* body = std::get_if<std::shared_ptr<const Graph>>(&attribute)) latest = std::max(latest, stated_opset(**body));
    }
  }
  return latest;
}

}  // namespace

void raise_opset(Graph& graph, int version) {
  const int opset = graph.file.opsets[""];
  if (opset >= version) return;
  if (opset < kOldest) throw Error("{}opset {} cannot be raised to {}; convert the model to opset {} first", origin(graph), opset, version, version);
  for (NodeId id : graph.nodes()) {
    if (!graph.node(id).domain.empty()) continue;
    if (find_operator(graph.node(id)) == nullptr) refuse(graph, graph.node(id), version, "the operator is not supported");
    raise_with_bodies(graph, id, version);
  }
  set_opset(graph, version);
}

void raise_to_one_opset(Graph& graph) {
  const int latest = latest_opset(graph);
  for (NodeId id : graph.nodes()) {
    const Node& node = graph.node(id);
    if (!node.domain.empty() || node.version >= latest || find_operator(node) == nullptr) continue;
    if (node.version < kOldest) refuse(graph, node, latest, "its opset is too old");
    raise_with_bodies(graph, id, latest);
  }
  if (latest > stated_opset(graph)) set_opset(graph, latest);
}

}  // namespace halftone
