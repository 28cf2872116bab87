#include "formats/onnx/functions.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace halftone {
namespace {

using Names = std::unordered_map<std::string, std::string>;
using Opsets = std::map<std::string, std::int64_t>;

// A few functions that call each other twice each make any number of nodes.
constexpr std::size_t kMostNodes = 200'000, kMostBytes = std::size_t{1} << 30, kMostCalls = 64;

// What the names and attributes of a function's nodes mean in one call of it. The graph itself is a call without renames.
struct Scope {
  const onnx::FunctionProto* function = nullptr;
  std::string prefix;                                                // "<call>/"
  std::vector<Names> names;                                          // of the function, and of the bodies around a node, innermost last
  std::unordered_map<std::string, const onnx::AttributeProto*> attributes;  // what the call gives, or the defaults
  Opsets opsets;                                                     // that differ from the model's
};

std::string id_of(const std::string& domain, const std::string& name, const std::string& overload) {
  return domain_of(domain) + "." + name + (overload.empty() ? "" : ":" + overload);
}

class Inliner {
 public:
  Inliner(onnx::ModelProto& model, const std::string& what) : model_(model), what_(what) {
    for (const auto& opset : model.opset_import()) opsets_[domain_of(opset.domain())] = opset.version();
    for (const onnx::FunctionProto& function : model.functions()) {
      const std::string id = id_of(function.domain(), function.name(), function.overload());
      if (!functions_.emplace(id, &function).second) throw Error("{}: the function '{}' is defined twice", what, id);
    }
  }

  FunctionOpsets run() {
    note_names(model_.graph());
    Scope whole;
    expand_graph(*model_.mutable_graph(), whole);
    for (const auto& [domain, version] : added_opsets_) {
      auto* opset = model_.add_opset_import();
      opset->set_domain(domain);
      opset->set_version(version);
    }
    model_.clear_functions();
    return std::move(node_opsets_);
  }

 private:
  void note_names(const onnx::GraphProto& graph) {
    for (const auto& input : graph.input()) taken_.insert(input.name());
    for (const auto& tensor : graph.initializer()) taken_.insert(tensor.name());
    for (const onnx::NodeProto& node : graph.node()) {
      for (const std::string& name : node.input()) taken_.insert(name);
      for (const std::string& name : node.output()) taken_.insert(name);
      for (const onnx::AttributeProto& attribute : node.attribute()) {
        if (attribute.has_g()) note_names(attribute.g());
      }
    }
  }

  std::string unique(const std::string& wish) {
    std::string name = wish;
    for (int i = 2; !taken_.insert(name).second; ++i) name = fmt::format("{}_{}", wish, i);
    return name;
  }

  std::string meant(const std::string& name, const Scope& scope) const {
    for (auto names = scope.names.rbegin(); names != scope.names.rend(); ++names) {
      if (const auto found = names->find(name); found != names->end()) return found->second;
    }
    return name;
  }

  // A name that the function, or a body in it, defines.
  void define(const std::string& name, Scope& scope) {
    if (!scope.names.empty() && !name.empty()) scope.names.back().emplace(name, unique(scope.prefix + name));
  }

  // In place: renames what the graph names, as the scope says, and expands its nodes.
  void expand_graph(onnx::GraphProto& graph, Scope& scope) {
    google::protobuf::RepeatedPtrField<onnx::NodeProto> nodes;
    nodes.Swap(graph.mutable_node());
    for (onnx::NodeProto& node : nodes) expand(std::move(node), scope, *graph.mutable_node());
  }

  void expand_body(onnx::GraphProto& body, Scope& scope) {
    if (scope.function == nullptr) return expand_graph(body, scope);  // names stay
    scope.names.emplace_back();
    for (const auto& input : body.input()) define(input.name(), scope);
    for (const auto& tensor : body.initializer()) {
      if (!scope.names.back().contains(tensor.name())) define(tensor.name(), scope);
    }
    for (const onnx::NodeProto& node : body.node()) {
      for (const std::string& name : node.output()) define(name, scope);
    }
    for (auto& input : *body.mutable_input()) input.set_name(meant(input.name(), scope));
    for (auto& tensor : *body.mutable_initializer()) tensor.set_name(meant(tensor.name(), scope));
    expand_graph(body, scope);
    for (auto& output : *body.mutable_output()) output.set_name(meant(output.name(), scope));
    body.clear_value_info();
    scope.names.pop_back();
  }

  // Takes the attributes from the call that the function's nodes refer to.
  void bind_attributes(onnx::NodeProto& node, const Scope& scope) const {
    google::protobuf::RepeatedPtrField<onnx::AttributeProto> stated;
    stated.Swap(node.mutable_attribute());
    for (onnx::AttributeProto& attribute : stated) {
      if (attribute.ref_attr_name().empty()) {
        *node.add_attribute() = std::move(attribute);
        continue;
      }
      const auto found = scope.attributes.find(attribute.ref_attr_name());
      if (found == scope.attributes.end()) continue;  // optional, and not given
      onnx::AttributeProto& bound = *node.add_attribute();
      bound = *found->second;
      bound.set_name(attribute.name());
    }
  }

  void expand(onnx::NodeProto node, Scope& scope, google::protobuf::RepeatedPtrField<onnx::NodeProto>& out) {
    if (scope.function != nullptr) {
      count(node);
      for (std::string& name : *node.mutable_input()) name = meant(name, scope);
      for (std::string& name : *node.mutable_output()) name = meant(name, scope);
      node.set_name(scope.prefix + (node.name().empty() ? node.op_type() : node.name()));
      bind_attributes(node, scope);
    }
    const auto function = functions_.find(id_of(node.domain(), node.op_type(), node.overload()));
    onnx::NodeProto& placed = *out.Add();
    placed = std::move(node);
    for (onnx::AttributeProto& attribute : *placed.mutable_attribute()) {
      if (attribute.has_g()) expand_body(*attribute.mutable_g(), scope);
    }
    if (function == functions_.end()) {
      if (!scope.opsets.empty()) node_opsets_.emplace(&placed, scope.opsets);
      return;
    }
    const onnx::NodeProto call = std::move(placed);
    out.RemoveLast();
    expand_call(call, *function->second, out);
  }

  void expand_call(const onnx::NodeProto& call, const onnx::FunctionProto& function, google::protobuf::RepeatedPtrField<onnx::NodeProto>& out) {
    const std::string id = id_of(function.domain(), function.name(), function.overload());
    const std::string where = fmt::format("{}: {} '{}'", what_, call.op_type(), call.name());
    if (std::find(active_.begin(), active_.end(), id) != active_.end()) {
      throw Error("{}: the function '{}' calls itself ({} -> {}), which has no end; it cannot be read", what_, id, join(active_, " -> "), id);
    }
    if (active_.size() == kMostCalls) throw Error("{}: functions call each other more than {} deep", what_, kMostCalls);
    if (call.input_size() > function.input_size() || call.output_size() > function.output_size()) {
      throw Error("{} has {} and {}, but the function '{}' has {} and {}", where, counted(call.input_size(), "input"), counted(call.output_size(), "output"), id,
                  function.input_size(), function.output_size());
    }
    Scope scope = scope_of(call, function, where);
    active_.push_back(id);
    for (const onnx::NodeProto& node : function.node()) expand(node, scope, out);
    active_.pop_back();
    pass_on(call, function, scope, out);
  }

  Scope scope_of(const onnx::NodeProto& call, const onnx::FunctionProto& function, const std::string& where) {
    Scope scope;
    scope.function = &function;
    scope.prefix = call.name();
    for (const std::string& output : call.output()) scope.prefix = scope.prefix.empty() ? output : scope.prefix;
    scope.prefix += "/";
    for (const auto& opset : function.opset_import()) note_opset(domain_of(opset.domain()), opset.version(), scope);
    Names& names = scope.names.emplace_back();
    for (int i = 0; i < function.input_size(); ++i) names.emplace(function.input(i), i < call.input_size() ? call.input(i) : "");
    std::unordered_set<std::string> made;
    for (const onnx::NodeProto& node : function.node()) made.insert(node.output().begin(), node.output().end());
    for (int i = 0; i < call.output_size(); ++i) {
      if (!call.output(i).empty() && made.contains(function.output(i))) names.emplace(function.output(i), call.output(i));
    }
    for (const onnx::NodeProto& node : function.node()) {
      for (const std::string& name : node.output()) {
        if (!names.contains(name)) define(name, scope);
      }
      for (const std::string& name : node.input()) {
        if (name.empty() || made.contains(name) || names.contains(name)) continue;
        throw Error("{}: in the function '{}' {} '{}' reads '{}', which nothing in the function makes: it is no input and no node's output", where,
                    function.name(), node.op_type(), node.name(), name);
      }
    }
    for (const onnx::AttributeProto& attribute : function.attribute_proto()) scope.attributes[attribute.name()] = &attribute;
    for (const onnx::AttributeProto& attribute : call.attribute()) {
      if (attribute.has_g() || attribute.graphs_size() > 0) throw Error("{}: hands the body '{}' to a function, which is not supported", where, attribute.name());
      scope.attributes[attribute.name()] = &attribute;
    }
    return scope;
  }

  // Outputs that are inputs of the function, or another output once more, or made by nothing.
  void pass_on(const onnx::NodeProto& call, const onnx::FunctionProto& function, const Scope& scope, google::protobuf::RepeatedPtrField<onnx::NodeProto>& out) {
    for (int i = 0; i < call.output_size(); ++i) {
      const auto found = scope.names.front().find(function.output(i));
      if (found == scope.names.front().end()) {
        throw Error("{}: the output '{}' of the function '{}' is made by no node of it", what_, function.output(i), function.name());
      }
      if (call.output(i).empty() || found->second == call.output(i)) continue;
      onnx::NodeProto& identity = *out.Add();
      identity.set_op_type("Identity");
      identity.set_name(scope.prefix + function.output(i));
      identity.add_input(found->second);
      identity.add_output(call.output(i));
    }
  }

  void note_opset(const std::string& domain, std::int64_t version, Scope& scope) {
    check_opset(domain, version, fmt::format("{}: the function '{}'", what_, scope.function->name()));
    const auto models = opsets_.find(domain);
    if (models == opsets_.end()) {
      opsets_.emplace(domain, version);
      added_opsets_.emplace(domain, version);
    } else if (models->second != version) {
      scope.opsets[domain] = version;
    }
  }

  void count(const onnx::NodeProto& node) {
    bytes_ += node.ByteSizeLong();
    if (++nodes_ > kMostNodes || bytes_ > kMostBytes) {
      throw Error("{}: its functions stand for more than {} nodes or {} bytes; a small file that grows so much is taken for damaged", what_, kMostNodes,
                  kMostBytes);
    }
  }

  onnx::ModelProto& model_;
  const std::string what_;
  std::unordered_map<std::string, const onnx::FunctionProto*> functions_;
  Opsets opsets_, added_opsets_;
  FunctionOpsets node_opsets_;
  std::unordered_set<std::string> taken_;
  std::vector<std::string> active_;  // functions that are being expanded, outermost first
  std::size_t nodes_ = 0, bytes_ = 0;
};

}  // namespace

void check_opset(const std::string& domain, std::int64_t version, const std::string& what) {
  constexpr int kNewest = 28;  // later ones may have changed what operators mean
  if (version < 1 || version > std::numeric_limits<int>::max()) {
    throw Error("{}: states opset {} of {}, which cannot be; the file may be damaged", what, version, domain.empty() ? "ONNX" : "'" + domain + "'");
  }
  if (domain.empty() && version > kNewest) {
    throw Error("{}: is of opset {}, but halftone knows opsets up to {}; convert the model to opset {}", what, version, kNewest, kNewest);
  }
}

FunctionOpsets inline_functions(onnx::ModelProto& model, const std::string& what) {
  if (model.functions_size() == 0) return {};
  return Inliner(model, what).run();
}

}  // namespace halftone
