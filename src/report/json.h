// The JSON that the command line writes (DESIGN, contracts). NaN and infinities become null.
#pragma once

#include <optional>
#include <string>

#include "evaluation/evaluate.h"
#include "operators/facts.h"
#include "pipeline/quantize.h"

namespace halftone {

struct ProcessFigures {
  double seconds = 0;
  std::uint64_t peak_memory_bytes = 0;
};

std::string evaluate_json(const std::string& model, const std::string& as, const std::string& target, const std::optional<std::string>& reference,
                          const Figures& figures, const ProcessFigures& process);
std::string quantize_json(const std::string& model, const std::optional<std::string>& output, const QuantizeOptions& options,
                          const QuantizeReport& report, const ProcessFigures& process);
std::string run_json(const std::string& model, const std::string& as, const std::string& target, const std::string& output, std::int64_t samples,
                     const ProcessFigures& process);
std::string inspect_json(const std::string& model, const Graph& graph, const GraphFacts& facts);

}  // namespace halftone
