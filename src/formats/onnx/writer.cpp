// Graph -> ONNX file. Encodings become QuantizeLinear/DequantizeLinear pairs:
//
//   weight W (constant)   W_quantized, W_scale, W_zero_point -> DequantizeLinear -> W
//   bias of a layer       int32 codes with scale s_x s_w (operators/layer.h) -> DequantizeLinear
//   activation v          v (-> Clip) -> QuantizeLinear -> v_quantized -> DequantizeLinear -> v_dequantized, which all readers take
//   graph output v        v_float (-> Clip) -> QuantizeLinear -> v_quantized -> DequantizeLinear -> v
//
// The Clip, to the ends of the grid, stands where the codes' type holds more codes than the grid has. Where that type has 8
// bits a pair on all its codes stands before the Clip too, so that runtimes with integer kernels for them take the node that
// makes v:  v -> QuantizeLinear -> DequantizeLinear -> Clip -> QuantizeLinear -> ...
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/file.h"
#include "base/temporary_path.h"
#include "formats/onnx/external_data.h"
#include "formats/onnx/onnx.h"
#include "formats/onnx/tensor_proto.h"
#include "operators/layer.h"

namespace halftone {
namespace {

constexpr int kFirstOpset = 10;       // QuantizeLinear and DequantizeLinear are there since then,
constexpr int kPerChannelOpset = 13;  // have an axis,
constexpr int kAllTypesOpset = 21;    // and know 4 and 16 bits, and blocks
constexpr int kClipOpset = 11;        // Clip's bounds are inputs since then

bool is_byte(DataType type) { return type == DataType::int8 || type == DataType::uint8; }

int opset_for(const Value& value, const Encoding& grid) {
  if (!is_byte(storage_type(grid)) || grid.per_block()) return kAllTypesOpset;
  if (grid.per_channel()) return kPerChannelOpset;
  return !value.is_constant() && is_narrower_than_stored(grid) ? kClipOpset : kFirstOpset;
}

Tensor codes_tensor(const std::vector<std::int32_t>& codes, DataType type, const Shape& shape) {
  return convert(Tensor::from<std::int32_t>(shape, codes), type);
}

void write_file_facts(const FileFacts& facts, onnx::ModelProto& model) {
  model.set_ir_version(facts.ir_version);
  for (const auto& [domain, version] : facts.opsets) {
    auto* opset = model.add_opset_import();
    opset->set_domain(domain);
    opset->set_version(version);
  }
  if (!facts.producer_name.empty()) model.set_producer_name(facts.producer_name);
  if (!facts.producer_version.empty()) model.set_producer_version(facts.producer_version);
  if (!facts.domain.empty()) model.set_domain(facts.domain);
  if (!facts.doc_string.empty()) model.set_doc_string(facts.doc_string);
  if (facts.model_version != 0) model.set_model_version(facts.model_version);
  for (const auto& [key, value] : facts.metadata) {
    auto* entry = model.add_metadata_props();
    entry->set_key(key);
    entry->set_value(value);
  }
}

class GraphWriter {
 public:
  GraphWriter(const Graph& graph, onnx::GraphProto& out) : graph_(graph), out_(out) {}

  // captured: of a body, what its last inputs are called in the graph around it.
  void write(const std::vector<std::string>& captured = {}) {
    out_.set_name(graph_.name.empty() ? "halftone" : graph_.name);
    name_values();
    const std::size_t formal = graph_.inputs().size() - captured.size();
    for (std::size_t i = 0; i < captured.size(); ++i) made_[graph_.inputs()[formal + i]] = read_[graph_.inputs()[formal + i]] = captured[i];
    for (std::size_t i = 0; i < formal; ++i) {
      const ValueId input = graph_.inputs()[i];
      write_value_info(input, *out_.add_input());
      if (graph_.value(input).encoding) write_pair(input);
    }
    for (NodeId id : graph_.topological_order()) write_node(graph_.node(id));
    for (ValueId output : graph_.outputs()) {
      if (graph_.value(output).is_constant() && !written_.contains(output)) constant_name(output);
      write_value_info(output, *out_.add_output());
    }
  }

 private:
  // The names that producers write and that readers read; they differ around a Q/DQ pair.
  void name_values() {
    for (ValueId id : graph_.values()) taken_.insert(graph_.value(id).name);
    for (NodeId id : graph_.nodes()) node_names_.insert(graph_.node(id).name);
    for (ValueId id : graph_.values()) {
      const Value& value = graph_.value(id);
      made_[id] = read_[id] = value.name;
      if (!value.encoding || value.is_constant()) continue;
      if (graph_.is_output(id) && value.producer != NodeId::none) made_[id] = unique(value.name + "_float");
      else read_[id] = unique(value.name + "_dequantized");
    }
  }

  static std::string unique_in(std::unordered_set<std::string>& taken, const std::string& wish) {
    std::string name = wish;
    for (int i = 2; !taken.insert(name).second; ++i) name = fmt::format("{}_{}", wish, i);
    return name;
  }
  std::string unique(const std::string& wish) { return unique_in(taken_, wish); }

  void write_value_info(ValueId id, onnx::ValueInfoProto& info) {
    const Value& value = graph_.value(id);
    info.set_name(graph_.is_output(id) && graph_.producer(id) == nullptr ? read_[id] : value.name);
    auto* type = info.mutable_type()->mutable_tensor_type();
    type->set_elem_type(data_type_to_proto(value.type));
    if (!value.dims) return;
    auto* shape = type->mutable_shape();
    for (const Dimension& dimension : *value.dims) {
      auto* dim = shape->add_dim();
      if (dimension.size >= 0) dim->set_dim_value(dimension.size);
      else if (!dimension.symbol.empty()) dim->set_dim_param(dimension.symbol);
    }
  }

  void write_initializer(const std::string& name, const Tensor& tensor) {
    tensor_to_proto(tensor, name, *out_.add_initializer());
  }

  onnx::NodeProto& add_node(const std::string& type, const std::string& name, const std::vector<std::string>& inputs,
                            const std::string& output) {
    onnx::NodeProto& node = *out_.add_node();
    node.set_op_type(type);
    node.set_name(unique_in(node_names_, name));
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(output);
    return node;
  }

  static void set_integer(onnx::NodeProto& node, const char* name, std::int64_t value) {
    auto* attribute = node.add_attribute();
    attribute->set_name(name);
    attribute->set_type(onnx::AttributeProto::INT);
    attribute->set_i(value);
  }

  static void set_axis(onnx::NodeProto& node, const Encoding& grid) {
    if (!grid.per_tensor()) set_integer(node, "axis", grid.axis);
    if (grid.per_block()) set_integer(node, "block_size", grid.block_size);
  }

  // scale and zero_point initializers of a grid, of the shape that the value's grid asks for; returns their names.
  std::vector<std::string> write_grid(const std::string& stem, const std::vector<float>& scale,
                                      const std::vector<std::int32_t>& zero_point, DataType type, const Shape& shape) {
    const std::vector<std::string> names = {unique(stem + "_scale"), unique(stem + "_zero_point")};
    write_initializer(names[0], Tensor::from<float>(shape, scale));
    write_initializer(names[1], codes_tensor(zero_point, type, shape));
    return names;
  }

  void write_dequantize(const std::string& codes, const std::vector<std::string>& grid, const std::string& output, const Encoding& encoding) {
    set_axis(add_node("DequantizeLinear", output + "_DequantizeLinear", {codes, grid[0], grid[1]}, output), encoding);
  }

  void write_pair(ValueId id) {
    const Value& value = graph_.value(id);
    const Encoding encoding = stored_grid(value);
    const Shape shape = encoding.per_channel() ? Shape{std::ssize(encoding.scale)} : Shape{};
    const std::vector<std::string> grid = write_grid(value.name, encoding.scale, encoding.zero_point, storage_type(encoding), shape);
    const std::string real = is_narrower_than_stored(encoding) ? write_clip(value, encoding, grid) : made_[id];
    write_quantize_dequantize(value.name, real, grid, encoding, read_[id]);
  }

  void write_quantize_dequantize(const std::string& stem, const std::string& real, const std::vector<std::string>& grid, const Encoding& encoding, const std::string& output) {
    const std::string codes = unique(stem + "_quantized");
    set_axis(add_node("QuantizeLinear", stem + "_QuantizeLinear", {real, grid[0], grid[1]}, codes), encoding);
    write_dequantize(codes, grid, output, encoding);
  }

  // Real numbers clipped to the ends of the grid have the codes of the grid in a wider type too.
  std::string write_clip(const Value& value, const Encoding& encoding, const std::vector<std::string>& grid) {
    if (encoding.per_channel()) throw Error("value '{}': a grid of {} cannot be stored in {}", value.name, describe(encoding), name_of(storage_type(encoding)));
    std::string real = made_[value.id];
    if (is_byte(storage_type(encoding)) && value.producer != NodeId::none) {
      const std::string wide = unique(value.name + "_wide");
      write_quantize_dequantize(wide, real, grid, encoding, wide);
      real = wide;
    }
    const std::vector<std::string> bounds = {unique(value.name + "_low"), unique(value.name + "_high")};
    write_initializer(bounds[0], Tensor::scalar(encoding.real_min()));
    write_initializer(bounds[1], Tensor::scalar(encoding.real_max()));
    const std::string clipped = unique(value.name + "_clipped");
    add_node("Clip", value.name + "_Clip", {real, bounds[0], bounds[1]}, clipped);
    return clipped;
  }

  // The value's grid as this file holds it: codes of 4 bits stand in 8 before the opset that has them.
  Encoding stored_grid(const Value& value) const {
    Encoding grid = *value.encoding;
    HALFTONE_CHECK(!grid.placed_only());
    const auto opset = graph_.file.opsets.find("");
    const int version = opset == graph_.file.opsets.end() ? 0 : opset->second;
    if (grid.bits <= 4 && version < kAllTypesOpset) store_in(grid, 8);
    const int needed = opset_for(value, grid);
    if (version < needed) {
      throw Error("value '{}': {} needs opset {}, but the file has opset {}; convert the model to opset {} first{}", value.name, describe(grid), needed,
                  version, std::max(needed, kPerChannelOpset), needed == kPerChannelOpset && version >= kFirstOpset ? ", or give --granularity tensor" : "");
    }
    return grid;
  }

  // A constant is written when the first node reads it.
  std::string constant_name(ValueId id) {
    const Value& value = graph_.value(id);
    if (!written_.insert(id).second) return value.name;
    if (!value.encoding) {
      write_initializer(value.name, *value.constant);
      return value.name;
    }
    const Encoding encoding = stored_grid(value);
    const std::string codes = unique(value.name + "_quantized");
    write_initializer(codes, codes_tensor(quantize(*value.constant, encoding), storage_type(encoding), value.constant->shape()));
    const auto grid = write_grid(value.name, encoding.scale, encoding.zero_point, storage_type(encoding), scale_shape(value.constant->shape(), encoding));
    write_dequantize(codes, grid, value.name, encoding);
    return value.name;
  }

  std::string bias_name(const Layer& layer) {
    const BiasCodes bias = derive_bias(graph_, layer);
    const Value& value = graph_.value(layer.bias);
    const bool shared = value.readers.size() > 1;
    const std::string name = shared ? unique(graph_.node(layer.node).name + "_bias") : value.name;
    const std::string codes = unique(name + "_quantized");
    const Shape shape = {layer.channels};
    write_initializer(codes, Tensor::from<std::int32_t>(shape, bias.codes));
    const bool per_channel = bias.scale.size() > 1 || graph_.encoding(layer.weight)->per_channel();
    const std::vector<std::int32_t> zeros(bias.scale.size(), 0);
    const Shape scales = per_channel ? Shape{std::ssize(bias.scale)} : Shape{};
    write_dequantize(codes, write_grid(name, bias.scale, zeros, DataType::int32, scales), name, {.axis = per_channel ? 0 : Encoding::kPerTensor});
    return name;
  }

  std::string input_name(const std::optional<Layer>& layer, std::size_t index, ValueId id) {
    if (id == ValueId::none) return "";
    if (layer && index == layer->bias_index && id == layer->bias) return bias_name(*layer);
    return graph_.value(id).is_constant() ? constant_name(id) : read_[id];
  }

  void write_node(const Node& node) {
    std::optional<Layer> layer = layer_of(graph_, node.id);
    if (layer && !is_quantized(graph_, *layer)) layer.reset();
    std::vector<std::string> inputs;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) inputs.push_back(input_name(layer, i, node.inputs[i]));
    onnx::NodeProto& proto = *out_.add_node();
    proto.set_op_type(node.type);
    proto.set_name(node.name);
    if (!node.domain.empty()) proto.set_domain(node.domain);
    const auto formal = inputs.end() - static_cast<std::ptrdiff_t>(node.captured);
    for (auto input = inputs.begin(); input != formal; ++input) proto.add_input(*input);
    for (ValueId output : node.outputs) proto.add_output(output == ValueId::none ? "" : made_[output]);
    for (const auto& [name, attribute] : node.attributes.all()) write_attribute(name, attribute, {formal, inputs.end()}, *proto.add_attribute());
    for (ValueId output : node.outputs) {
      if (output != ValueId::none && graph_.value(output).encoding) write_pair(output);
    }
  }

  static void write_attribute(const std::string& name, const Attribute& attribute, const std::vector<std::string>& captured, onnx::AttributeProto& proto) {
    using Proto = onnx::AttributeProto;
    proto.set_name(name);
    if (const auto* value = std::get_if<std::int64_t>(&attribute)) {
      proto.set_type(Proto::INT);
      proto.set_i(*value);
    } else if (const auto* real = std::get_if<float>(&attribute)) {
      proto.set_type(Proto::FLOAT);
      proto.set_f(*real);
    } else if (const auto* text = std::get_if<std::string>(&attribute)) {
      proto.set_type(Proto::STRING);
      proto.set_s(*text);
    } else if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&attribute)) {
      proto.set_type(Proto::INTS);
      for (std::int64_t i : *integers) proto.add_ints(i);
    } else if (const auto* reals = std::get_if<std::vector<float>>(&attribute)) {
      proto.set_type(Proto::FLOATS);
      for (float f : *reals) proto.add_floats(f);
    } else if (const auto* texts = std::get_if<std::vector<std::string>>(&attribute)) {
      proto.set_type(Proto::STRINGS);
      for (const std::string& s : *texts) proto.add_strings(s);
    } else if (const auto* tensor = std::get_if<Tensor>(&attribute)) {
      proto.set_type(Proto::TENSOR);
      tensor_to_proto(*tensor, name, *proto.mutable_t());
    } else {
      proto.set_type(Proto::GRAPH);
      GraphWriter(*std::get<std::shared_ptr<const Graph>>(attribute), *proto.mutable_g()).write(captured);
    }
  }

  const Graph& graph_;
  onnx::GraphProto& out_;
  std::unordered_map<ValueId, std::string> made_, read_;
  std::unordered_set<std::string> taken_, node_names_;
  std::unordered_set<ValueId> written_;
};

}  // namespace

int opset_for_grids(const Graph& graph) {
  int needed = 0;
  for (ValueId id : graph.values()) {
    const Value& value = graph.value(id);
    if (value.encoding) needed = std::max(needed, opset_for(value, *value.encoding));
  }
  return needed;
}

namespace {

onnx::ModelProto model_of(const Graph& graph) {
  onnx::ModelProto model;
  write_file_facts(graph.file, model);
  GraphWriter(graph, *model.mutable_graph()).write();
  return model;
}

std::string bytes_of(const onnx::ModelProto& model, const std::filesystem::path& path) {
  std::string bytes;
  if (model.ByteSizeLong() > kLargestModelFile || !model.SerializeToString(&bytes)) throw Error("{}: the model cannot be written as protobuf", path.string());
  return bytes;
}

void write_in_two(onnx::ModelProto& model, const ModelFiles& files) {
  const auto is_special = [](const std::filesystem::path& path) { return std::filesystem::exists(path) && !std::filesystem::is_regular_file(path); };
  for (const auto& path : {files.model, files.data}) {
    if (is_special(path)) throw Error("{}: is no regular file, and the model is too large for one file; give a file name", path.string());
  }
  TemporaryPath data(files.data, "new"), main(files.model, "new");
  write_under(data, [&](const std::filesystem::path& path) {
    write_file_atomically(path, [&](const Append& append) { move_weights_out(*model.mutable_graph(), files.data_name, append); });
  });
  write_under(main, [&](const std::filesystem::path& path) { write_file_atomically(path, bytes_of(model, files.model)); });
  data.keep();
  main.keep();
}

}  // namespace

ModelFiles::ModelFiles(const std::filesystem::path& model_) : model(model_), data(model_.string() + ".data"), data_name(model_.filename().string() + ".data") {}

void write_onnx(const Graph& graph, const ModelFiles& files, std::uint64_t largest) {
  verify(graph, files.model.string());
  onnx::ModelProto model = model_of(graph);
  if (model.ByteSizeLong() > largest) return write_in_two(model, files);
  write_file_atomically(files.model, bytes_of(model, files.model));
}

void write_onnx(const Graph& graph, const std::filesystem::path& path) {
  std::error_code ignored;
  write_onnx(graph, ModelFiles(std::filesystem::is_symlink(path, ignored) ? std::filesystem::weakly_canonical(path) : path));
}

}  // namespace halftone
