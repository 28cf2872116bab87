// ONNX file -> Graph.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "formats/onnx/functions.h"
#include "formats/onnx/nesting.h"
#include "formats/onnx/onnx.h"
#include "formats/onnx/quantized_operators.h"
#include "formats/onnx/sequences.h"
#include "formats/onnx/tensor_proto.h"
#include "operators/operator.h"
#include "operators/opset.h"

namespace halftone {
namespace {

using onnx::AttributeProto;

Attribute attribute_from_proto(const AttributeProto& proto, ExternalData& external, const std::string& what) {
  switch (proto.type()) {
    case AttributeProto::INT: return proto.i();
    case AttributeProto::FLOAT: return proto.f();
    case AttributeProto::STRING: return proto.s();
    case AttributeProto::INTS: return std::vector<std::int64_t>(proto.ints().begin(), proto.ints().end());
    case AttributeProto::FLOATS: return std::vector<float>(proto.floats().begin(), proto.floats().end());
    case AttributeProto::STRINGS: return std::vector<std::string>(proto.strings().begin(), proto.strings().end());
    case AttributeProto::TENSOR: return tensor_from_proto(proto.t(), external, what);
    default: break;
  }
  throw Error("{}: attributes of type {} are not supported", what, AttributeProto::AttributeType_Name(proto.type()));
}

// Files before IR version 3 leave `type` empty.
AttributeProto with_type(const AttributeProto& proto) {
  AttributeProto typed = proto;
  if (typed.type() != AttributeProto::UNDEFINED) return typed;
  if (typed.has_i()) typed.set_type(AttributeProto::INT);
  else if (typed.has_f()) typed.set_type(AttributeProto::FLOAT);
  else if (typed.has_s()) typed.set_type(AttributeProto::STRING);
  else if (typed.has_t()) typed.set_type(AttributeProto::TENSOR);
  else if (typed.ints_size() > 0) typed.set_type(AttributeProto::INTS);
  else if (typed.floats_size() > 0) typed.set_type(AttributeProto::FLOATS);
  else if (typed.strings_size() > 0) typed.set_type(AttributeProto::STRINGS);
  return typed;
}

// Attributes that mean one thing in all of ONNX's operators, and are read in places that do not know the file any more.
void check_kind(const AttributeProto& proto, const std::string& what) {
  struct Known {
    AttributeProto::AttributeType type;
    const char* words;
    std::vector<std::string> names;
  };
  static const Known kKnown[] = {
      {AttributeProto::INT, "an integer", {"axis", "group", "to", "keepdims", "transA", "transB", "num_groups", "block_size", "blocksize", "ceil_mode"}},
      {AttributeProto::INTS, "a list of integers", {"pads", "strides", "dilations", "kernel_shape", "perm", "axes", "output_padding"}},
      {AttributeProto::FLOAT, "a float", {"alpha", "beta", "epsilon"}},
      {AttributeProto::STRING, "a string", {"auto_pad", "mode", "direction"}},
  };
  for (const Known& known : kKnown) {
    if (proto.type() == known.type || std::find(known.names.begin(), known.names.end(), proto.name()) == known.names.end()) continue;
    throw Error("{}: its attribute '{}' is of type {}; {} is needed", what, proto.name(), AttributeProto::AttributeType_Name(proto.type()), known.words);
  }
}

constexpr int kMostNested = 16;  // bodies within bodies

// What the readers of one file share.
struct Source {
  const onnx::ModelProto& model;
  const std::string file;
  ExternalData& external;
  const FunctionOpsets& function_opsets;
};

class GraphReader {
 public:
  explicit GraphReader(const Source& source) : source_(source), where_(source.file) { read_file_facts(); }

  // Of a body: names that it does not define are those of the graph around it. They become its last inputs, in the order of
  // `captures`, to which it adds.
  GraphReader(GraphReader& around, std::vector<std::string>& captures, std::string where)
      : source_(around.source_), where_(std::move(where)), around_(&around), captures_(&captures), depth_(around.depth_ + 1) {
    if (depth_ > kMostNested) throw Error("{}: bodies stand within each other more than {} deep, which is not supported", source_.file, kMostNested);
    graph_.file.opsets = around.graph_.file.opsets;
  }

  Graph read(const onnx::GraphProto& proto) {
    graph_.name = proto.name();
    read_initializers(proto);
    read_inputs(proto);
    make_outputs_of_nodes(proto);
    for (int i = 0; i < proto.node_size(); ++i) read_node(proto.node(i), i);
    read_outputs(proto);
    read_value_infos(proto);
    if (captures_ != nullptr) {
      for (const std::string& name : *captures_) graph_.add_input(value_named(name));
    }
    verify(graph_, where_);
    raise_to_one_opset(graph_);
    dissolve_sequences(graph_);
    expand_quantized_operators(graph_);
    infer_types(graph_);
    if (around_ == nullptr) check_declared_types(proto);
    return std::move(graph_);
  }

 private:
  void read_file_facts() {
    const onnx::ModelProto& model = source_.model;
    FileFacts& facts = graph_.file;
    facts.path = source_.file;
    facts.ir_version = model.ir_version();
    for (const auto& opset : model.opset_import()) read_opset(domain_of(opset.domain()), opset.version());
    if (facts.opsets.empty() && facts.ir_version >= 3) {
      throw Error("{}: states no opset, which files of IR version {} must; it may be damaged or truncated", where_, facts.ir_version);
    }
    if (facts.opsets.empty()) facts.opsets[""] = 1;  // IR versions before 3
    facts.producer_name = model.producer_name();
    facts.producer_version = model.producer_version();
    facts.domain = model.domain();
    facts.doc_string = model.doc_string();
    facts.model_version = model.model_version();
    for (const auto& entry : model.metadata_props()) facts.metadata.emplace_back(entry.key(), entry.value());
  }

  void read_opset(const std::string& domain, std::int64_t version) {
    check_opset(domain, version, where_);
    const auto [known, is_new] = graph_.file.opsets.emplace(domain, static_cast<int>(version));
    if (is_new || known->second == version) return;
    throw Error("{}: states two opsets of {}, {} and {}", where_, domain.empty() ? "ONNX" : "'" + domain + "'", known->second, version);
  }

  bool knows(const std::string& name) const { return by_name_.contains(name) || (around_ != nullptr && around_->knows(name)); }

  // ValueId::none: there is none of that name, here or around.
  ValueId value_named(const std::string& name) {
    if (const auto found = by_name_.find(name); found != by_name_.end()) return found->second;
    if (around_ == nullptr || !around_->knows(name)) return ValueId::none;
    const ValueId id = graph_.add_value(name);
    by_name_.emplace(name, id);
    if (std::find(captures_->begin(), captures_->end(), name) == captures_->end()) captures_->push_back(name);
    return id;
  }

  // Bodies of one node capture the same values.
  void read_bodies(const onnx::NodeProto& proto, Node& node, const std::string& what) {
    struct Body {
      std::string attribute;
      Graph graph;
      std::size_t captured;
    };
    std::vector<std::string> captures;
    std::vector<Body> bodies;
    for (const AttributeProto& attribute : proto.attribute()) {
      if (attribute.type() == AttributeProto::GRAPHS) throw Error("{}: the attribute '{}' holds several graphs, which is not supported", what, attribute.name());
      if (attribute.type() != AttributeProto::GRAPH) continue;
      Graph graph = GraphReader(*this, captures, fmt::format("{}: {}", what, attribute.name())).read(attribute.g());
      bodies.push_back({attribute.name(), std::move(graph), captures.size()});
    }
    for (Body& body : bodies) {
      for (std::size_t i = body.captured; i < captures.size(); ++i) body.graph.add_input(body.graph.add_value(body.graph.unique_value_name(captures[i])));
      node.attributes.set(body.attribute, std::make_shared<const Graph>(std::move(body.graph)));
    }
    for (const std::string& name : captures) node.inputs.push_back(value_named(name));
    node.captured = captures.size();
  }

  // What the graph says a name is: "input", "initializer", "output of Relu 'relu1'".
  static std::vector<std::string> definitions_of(const std::string& name, const onnx::GraphProto& proto) {
    std::vector<std::string> found;
    for (const auto& tensor : proto.initializer()) {
      if (tensor.name() == name) found.push_back("an initializer");
    }
    for (const auto& input : proto.input()) {
      if (input.name() == name) found.push_back("an input");
    }
    for (const onnx::NodeProto& node : proto.node()) {
      const auto count = std::count(node.output().begin(), node.output().end(), name);
      found.insert(found.end(), static_cast<std::size_t>(count), fmt::format("the output of {} '{}'", node.op_type(), node.name()));
    }
    return found;
  }

  void define(const std::string& name, ValueId id, const char* kind, const onnx::GraphProto& proto) {
    if (name.empty()) throw Error("{}: {} has no name", where_, kind);
    if (by_name_.emplace(name, id).second) return;
    throw Error("{}: '{}' is defined more than once ({}); a name stands for one value", where_, name, join(definitions_of(name, proto), ", "));
  }

  void read_initializers(const onnx::GraphProto& proto) {
    if (proto.sparse_initializer_size() > 0) {
      throw Error("{}: '{}' is a sparse initializer, which is not supported; store it dense", where_, proto.sparse_initializer(0).values().name());
    }
    for (const onnx::TensorProto& tensor : proto.initializer()) {
      const std::string what = where_ + ": initializer '" + tensor.name() + "'";
      define(tensor.name(), graph_.add_constant(tensor.name(), tensor_from_proto(tensor, source_.external, what)), "an initializer", proto);
    }
  }

  std::optional<std::vector<Dimension>> dims_of(const onnx::TypeProto_Tensor& type, const std::string& what) const {
    if (!type.has_shape()) return std::nullopt;
    std::vector<Dimension> dims;
    for (const auto& dim : type.shape().dim()) {
      if (dim.dim_value() < -1) throw Error("{}: dimension {} is negative", what, dim.dim_value());
      dims.push_back(dim.has_dim_value() && dim.dim_value() != -1 ? Dimension{dim.dim_value(), ""} : Dimension{-1, dim.dim_param()});
    }
    return dims;
  }

  void read_inputs(const onnx::GraphProto& proto) {
    for (const onnx::ValueInfoProto& info : proto.input()) {
      const auto known = by_name_.find(info.name());
      if (known != by_name_.end() && graph_.value(known->second).is_constant()) continue;  // an initializer that is listed among the inputs too
      const std::string what = where_ + ": input '" + info.name() + "'";
      const bool says_type = info.type().value_case() != onnx::TypeProto::VALUE_NOT_SET;
      if (!info.type().has_tensor_type() && (says_type || around_ == nullptr)) throw Error("{}: is no tensor, which is not supported", what);
      const auto& type = info.type().tensor_type();
      const ValueId id = says_type ? graph_.add_value(info.name(), data_type_from_proto(type.elem_type(), what), dims_of(type, what)) : graph_.add_value(info.name());
      define(info.name(), id, "an input", proto);
      graph_.add_input(id);
    }
  }

  void make_outputs_of_nodes(const onnx::GraphProto& proto) {
    for (const onnx::NodeProto& node : proto.node()) {
      for (const std::string& name : node.output()) {
        if (!name.empty()) define(name, graph_.add_value(name), "a value", proto);
      }
    }
  }

  std::string made_name(const onnx::NodeProto& proto, int index) {
    std::string name = proto.name();
    if (name.empty()) name = proto.output_size() > 0 && !proto.output(0).empty() ? proto.output(0) : fmt::format("{}_{}", proto.op_type(), index);
    std::string unique = name;
    for (int i = 2; !node_names_.insert(unique).second; ++i) unique = fmt::format("{}_{}", name, i);
    return unique;
  }

  int version_of(const onnx::NodeProto& proto, const std::string& domain) const {
    if (const auto own = source_.function_opsets.find(&proto); own != source_.function_opsets.end()) {
      if (const auto version = own->second.find(domain); version != own->second.end()) return static_cast<int>(version->second);
    }
    const auto opset = graph_.file.opsets.find(domain);
    return opset == graph_.file.opsets.end() ? 0 : opset->second;
  }

  void read_node(const onnx::NodeProto& proto, int index) {
    Node node;
    node.type = proto.op_type();
    node.domain = domain_of(proto.domain());
    node.name = made_name(proto, index);
    const std::string what = where_ + ": " + describe(node);
    node.version = version_of(proto, node.domain);
    for (const std::string& name : proto.input()) {
      if (name.empty()) {
        node.inputs.push_back(ValueId::none);
        continue;
      }
      const ValueId id = value_named(name);
      if (id == ValueId::none) {
        throw Error("{} reads '{}', which nothing makes: it is no input, no initializer and no node's output", what, name);
      }
      node.inputs.push_back(id);
    }
    for (const std::string& name : proto.output()) node.outputs.push_back(name.empty() ? ValueId::none : by_name_.at(name));
    for (const AttributeProto& attribute : proto.attribute()) {
      if (attribute.type() == AttributeProto::GRAPH || attribute.type() == AttributeProto::GRAPHS) continue;  // read_bodies
      const AttributeProto typed = with_type(attribute);
      if (node.domain.empty()) check_kind(typed, what);
      node.attributes.set(attribute.name(), attribute_from_proto(typed, source_.external, what + ": attribute '" + attribute.name() + "'"));
    }
    read_bodies(proto, node, what);
    graph_.add_node(std::move(node));
  }

  void read_outputs(const onnx::GraphProto& proto) {
    for (const onnx::ValueInfoProto& info : proto.output()) {
      const ValueId id = value_named(info.name());
      if (id == ValueId::none) throw Error("{}: the output '{}' is made by no node, and is no input and no initializer", where_, info.name());
      graph_.add_output(id);
      read_value_info(info);
    }
    if (graph_.outputs().empty()) throw Error("{}: the graph has no outputs; is it an ONNX model?", where_);
  }

  void read_value_info(const onnx::ValueInfoProto& info) {
    const auto found = by_name_.find(info.name());
    if (found == by_name_.end() || !info.type().has_tensor_type()) return;
    Value& value = graph_.edit(found->second);
    if (value.is_constant() || info.type().tensor_type().elem_type() == onnx::TensorProto::UNDEFINED) return;
    const std::string what = where_ + ": value '" + info.name() + "'";
    value.type = data_type_from_proto(info.type().tensor_type().elem_type(), what);
    value.dims = dims_of(info.type().tensor_type(), what);
  }

  void read_value_infos(const onnx::GraphProto& proto) {
    for (const onnx::ValueInfoProto& info : proto.value_info()) read_value_info(info);
  }

  // What the nodes make, which infer_types has told, against what the file says of it.
  void check_declared_type(const onnx::ValueInfoProto& info) const {
    const auto found = by_name_.find(info.name());
    if (found == by_name_.end() || !info.type().has_tensor_type() || info.type().tensor_type().elem_type() == onnx::TensorProto::UNDEFINED) return;
    const Value& value = graph_.value(found->second);
    const DataType declared = data_type_from_proto(info.type().tensor_type().elem_type(), where_);
    // Where an operator mixes floats of several widths, which one it makes is not always told.
    if (value.id == ValueId::none || declared == value.type || (is_float(declared) && is_float(value.type))) return;
    const Node* producer = graph_.producer(value.id);
    throw Error("{}: '{}' is declared as {}, but {} makes it {}; the file contradicts itself", where_, value.name, name_of(declared),
                producer == nullptr ? "its initializer" : describe(*producer), name_of(value.type));
  }

  void check_declared_types(const onnx::GraphProto& proto) const {
    for (const onnx::ValueInfoProto& info : proto.output()) check_declared_type(info);
    for (const onnx::ValueInfoProto& info : proto.value_info()) check_declared_type(info);
  }

  const Source source_;
  const std::string where_;  // the file, and the nodes whose bodies lead here: the beginning of messages
  Graph graph_;
  GraphReader* around_ = nullptr;
  std::vector<std::string>* captures_ = nullptr;
  int depth_ = 0;
  std::unordered_map<std::string, ValueId> by_name_;
  std::unordered_set<std::string> node_names_;
};

template <typename Message>
Message parse(const std::filesystem::path& path, const char* kind) {
  const MappedFile file(path);
  const std::span<const std::byte> bytes = file.bytes();
  if (bytes.empty()) throw Error("{}: is empty (0 bytes); give {}", path.string(), kind);
  if (bytes.size() > kLargestModelFile) {
    throw Error("{}: {} bytes, but protobuf files hold at most {}; save the model with its weights in a file of their own (external data)", path.string(),
                bytes.size(), kLargestModelFile);
  }
  Message message;
  if (message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return message;
  if (const int depth = nesting_of_model(bytes); depth > kMostNestedMessages) {
    throw Error("{}: bodies or types stand within each other {} messages deep; at most {} can be read", path.string(), depth, kMostNestedMessages);
  }
  throw Error("{}: is not {}, or it is damaged or truncated ({} bytes)", path.string(), kind, bytes.size());
}

}  // namespace

Graph read_onnx(const ModelFiles& files) {
  const std::string name = files.model.string();
  auto model = parse<onnx::ModelProto>(files.model, "an ONNX model");
  if (!model.has_graph() || model.graph().node_size() + model.graph().output_size() == 0) {
    throw Error("{}: is not an ONNX model: it holds no graph", name);
  }
  const FunctionOpsets function_opsets = inline_functions(model, name);
  ExternalData external(files);
  Graph graph = GraphReader({model, name, external, function_opsets}).read(model.graph());
  graph.file.data_files = external.read_files();
  return graph;
}

Graph read_onnx(const std::filesystem::path& path) { return read_onnx(ModelFiles(path, {}, {})); }

Tensor read_onnx_tensor(const std::filesystem::path& path) {
  ExternalData external(ModelFiles(path, {}, {}));
  return tensor_from_proto(parse<onnx::TensorProto>(path, "an ONNX tensor"), external, path.string());
}

}  // namespace halftone
