// halftone inspect MODEL
#include "base/text.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "formats/onnx/onnx.h"
#include "operators/facts.h"
#include "report/table.h"

namespace halftone::cli {
namespace {

std::string shape_text(const Value& value) {
  if (!value.dims) return "shape unknown";
  std::vector<std::string> parts;
  for (const Dimension& d : *value.dims) parts.push_back(d.size >= 0 ? std::to_string(d.size) : d.symbol.empty() ? "?" : d.symbol);
  return "[" + join(parts, ", ") + "]";
}

// Nodes as the file has them; parameters and grids as they are meant, not as Q/DQ nodes.
GraphFacts facts_of_file(const Graph& graph) {
  GraphFacts facts = facts_of(graph);
  if (!facts.unsupported.empty()) return facts;
  Graph meant = graph;
  absorb_qdq(meant);
  const GraphFacts inside = facts_of(meant);
  facts.parameters = inside.parameters;
  facts.quantizers = inside.quantizers;
  return facts;
}

}  // namespace

void inspect(const InspectCommand& command, const Common& common) {
  const Graph graph = read_onnx(command.model);
  const GraphFacts facts = facts_of_file(graph);
  const auto opset = graph.file.opsets.find("");
  Table head({Table::Align::left, Table::Align::left}, 1);
  head.add({"model", command.model});
  head.add({"opset", opset == graph.file.opsets.end() ? "none" : std::to_string(opset->second)});
  for (ValueId id : graph.inputs()) head.add({"input", fmt::format("{} {} {}", graph.value(id).name, name_of(graph.value(id).type), shape_text(graph.value(id)))});
  for (ValueId id : graph.outputs()) head.add({"output", fmt::format("{} {} {}", graph.value(id).name, name_of(graph.value(id).type), shape_text(graph.value(id)))});
  head.add({"nodes", std::to_string(facts.nodes)});
  head.add({"parameters", std::to_string(facts.parameters)});
  print(common, head.text() + "\n");
  Table operators({Table::Align::left, Table::Align::right});
  for (const auto& [type, count] : facts.operators) operators.add({type, std::to_string(count)});
  print(common, operators.text());
  if (facts.unsupported.empty()) print(common, "\nhalftone knows all of its operators\n");
  if (!facts.unsupported.empty()) {
    Table missing({Table::Align::left, Table::Align::left}, 1);
    for (const UnsupportedNode& node : facts.unsupported) missing.add({fmt::format("{} (opset {})", node.type, node.version), node.name});
    print(common, fmt::format("\n{} that halftone does not know:\n", counted(std::ssize(facts.unsupported), "node has an operator", "nodes have operators")) + missing.text());
  }
  write_json(common, inspect_json(command.model, graph, facts));
}

}  // namespace halftone::cli
