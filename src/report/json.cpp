#include "report/json.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "passes/layer_bits.h"

namespace halftone {
namespace {

using Json = nlohmann::ordered_json;

Json number(std::optional<double> value) { return value && std::isfinite(*value) ? Json(*value) : Json(nullptr); }

Json reference_block(const std::string& model, const Figures& figures) {
  Json block = {{"model", model}};
  if (figures.outputs.empty()) return block;
  const OutputFigures& first = figures.outputs.front();
  block["same_top1"] = number(first.same_top1);
  block["kl"] = number(first.kl);
  block["sqnr_db"] = number(first.sqnr_db);
  if (figures.outputs.size() > 1) {
    for (const OutputFigures& output : figures.outputs) {
      block["outputs"].push_back({{"name", output.name}, {"same_top1", number(output.same_top1)}, {"kl", number(output.kl)}, {"sqnr_db", number(output.sqnr_db)}});
    }
  }
  return block;
}

Json dims(const Value& value) {
  if (!value.dims) return nullptr;
  Json list = Json::array();
  for (const Dimension& d : *value.dims) list.push_back(d.size >= 0 ? Json(d.size) : Json(d.symbol.empty() ? "?" : d.symbol));
  return list;
}

Json value_list(const Graph& graph, const std::vector<ValueId>& ids) {
  Json list = Json::array();
  for (ValueId id : ids) {
    const Value& value = graph.value(id);
    list.push_back({{"name", value.name}, {"type", name_of(value.type)}, {"shape", dims(value)}});
  }
  return list;
}

const char* name_of_method(RangeMethod method) {
  switch (method) {
    case RangeMethod::mse: return "mse";
    case RangeMethod::minmax: return "minmax";
    case RangeMethod::mean_minmax: return "mean-minmax";
    case RangeMethod::percentile: return "percentile";
    case RangeMethod::kl: return "kl";
  }
  return "";
}

Json list_of(const std::vector<NamedBits>& named_bits) {
  Json list = Json::array();
  for (const NamedBits& named : named_bits) list.push_back(named.glob + "=" + describe(named.bits));
  return list;
}

Json settings_block(const QuantizeOptions& s) {
  const std::string first_last = describe(s.first_last);
  const char* symmetric = s.symmetric_weights ? (s.symmetric_activations ? "both" : "weights") : s.symmetric_activations ? "activations" : "none";
  return {{"weights", code_type_name(s.weight_bits, true)},
          {"activations", code_type_name(s.activation_bits, s.signed_activations)},
          {"bits", list_of(s.named_bits)},
          {"first_last", first_last.empty() ? Json(nullptr) : Json(first_last)},
          {"granularity", s.granularity == Granularity::channel ? "channel" : "tensor"}, {"block_size", s.block_size},
          {"symmetric", symmetric},
          {"weight_range", name_of_method(s.weight_range)},
          {"activation_range", name_of_method(s.activation_range)},
          {"rounding", s.rounding == Rounding::fast ? "fast" : "nearest"},
          {"seed", s.seed},
          {"percentile", s.percentile},
          {"bins", s.bins},
          {"exclude", s.exclude},
          {"passes", s.passes},
          {"disabled_passes", s.disabled_passes},
          {"load_encodings", s.load_encodings.empty() ? Json(nullptr) : Json(s.load_encodings)}};
}

// A scalar where there is one, else the list; null where there is none yet.
template <typename T>
Json one_or_list(const std::vector<T>& values) {
  if (values.empty()) return nullptr;
  return values.size() == 1 ? Json(values.front()) : Json(values);
}

}  // namespace

std::string evaluate_json(const std::string& model, const std::string& as, const std::string& target, const std::optional<std::string>& reference,
                          const Figures& figures, const ProcessFigures& process) {
  Json json = {{"model", model}, {"as", as}, {"target", target}, {"samples", figures.samples}};
  if (figures.miou) {
    json["miou"] = number(figures.miou);
  } else {
    json["top1"] = number(figures.top1);
    json["top5"] = number(figures.top5);
  }
  if (reference) json["reference"] = reference_block(*reference, figures);
  json["seconds"] = process.seconds;
  json["samples_per_second"] = number(static_cast<double>(figures.samples) / figures.seconds);
  json["peak_memory_bytes"] = process.peak_memory_bytes;
  return json.dump(2) + "\n";
}

std::string run_json(const std::string& model, const std::string& as, const std::string& target, const std::string& output, std::int64_t samples, const ProcessFigures& process) {
  const Json json = {{"model", model},     {"as", as}, {"target", target}, {"output", output}, {"samples", samples}, {"seconds", process.seconds},
                     {"peak_memory_bytes", process.peak_memory_bytes}};
  return json.dump(2) + "\n";
}

std::string quantize_json(const std::string& model, const std::optional<std::string>& output, const QuantizeOptions& options,
                          const QuantizeReport& report, const ProcessFigures& process) {
  Json json = {{"model", model}, {"output", output ? Json(*output) : Json(nullptr)}, {"target", report.target}, {"settings", settings_block(options)}};
  json["bytes"] = {{"float", report.float_bytes}, {"quantized", output ? Json(report.quantized_bytes) : Json(nullptr)}};
  json["passes"] = Json::array();
  for (const PassRecord& pass : report.passes) {
    std::vector<std::string> notes = pass.notes;
    if (!pass.summary.empty()) notes.insert(notes.begin(), pass.summary);
    json["passes"].push_back({{"name", pass.name}, {"seconds", pass.seconds}, {"kept", pass.kept}, {"kl", nullptr}, {"sqnr_db", nullptr},
                              {"changed", pass.changed}, {"notes", notes}});
  }
  json["values"] = Json::array();
  for (const ValueRecord& value : report.values) {
    json["values"].push_back({{"name", value.name}, {"bits", value.bits}, {"grid", value.grid}, {"scale", one_or_list(value.scale)},
                              {"zero_point", one_or_list(value.zero_point)}, {"sqnr_db", number(value.sqnr_db)}, {"reason", value.reason}});
  }
  json["rounded"] = Json::array();
  for (const RoundedLayer& layer : report.rounded) {
    json["rounded"].push_back({{"node", layer.node}, {"bits", layer.bits}, {"nearest_error", number(layer.nearest)}, {"error", number(layer.now)}});
  }
  json["float_layers"] = Json::array();
  for (const FloatLayer& layer : report.float_layers) {
    json["float_layers"].push_back({{"node", layer.node}, {"operator", layer.type}, {"reason", layer.reason}});
  }
  json["warnings"] = report.warnings;
  json["figures"] = report.figures ? reference_block(model, *report.figures) : Json(nullptr);
  for (const auto& [stage, seconds] : report.stages) json["stages"][stage] = seconds;
  json["seconds"] = process.seconds;
  json["peak_memory_bytes"] = process.peak_memory_bytes;
  return json.dump(2) + "\n";
}

std::string inspect_json(const std::string& model, const Graph& graph, const GraphFacts& facts) {
  const auto opset = graph.file.opsets.find("");
  Json json = {{"model", model}, {"opset", opset == graph.file.opsets.end() ? Json(nullptr) : Json(opset->second)}};
  json["ir_version"] = graph.file.ir_version;
  json["inputs"] = value_list(graph, graph.inputs());
  json["outputs"] = value_list(graph, graph.outputs());
  json["nodes"] = facts.nodes;
  json["parameters"] = facts.parameters;
  json["operators"] = Json::object();
  for (const auto& [type, count] : facts.operators) json["operators"][type] = count;
  json["unsupported"] = Json::array();
  for (const UnsupportedNode& node : facts.unsupported) {
    json["unsupported"].push_back({{"node", node.name}, {"operator", node.type}, {"opset", node.version}});
  }
  json["quantizers"] = facts.quantizers;
  return json.dump(2) + "\n";
}

}  // namespace halftone
