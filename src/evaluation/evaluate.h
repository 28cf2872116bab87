// `evaluate`: a model's figures on data, alone or beside a float reference.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/labels.h"
#include "engine/session.h"
#include "evaluation/float_outputs.h"
#include "evaluation/metrics.h"

namespace halftone {

struct OutputFigures {
  std::string name;
  double kl = 0, same_top1 = 0;        // nats, per cent
  std::optional<double> sqnr_db;       // null: identical
};

struct Figures {
  std::int64_t samples = 0;
  std::optional<double> top1, top5, miou;   // per cent; with labels
  std::vector<OutputFigures> outputs;       // with a reference: each float output, the first counts
  double seconds = 0;                       // reading, running and comparing; not opening
};

struct EvaluateOptions {
  Arithmetic arithmetic = Arithmetic::simulated;
  std::int64_t ignore_label = -1;
  std::int64_t most_samples = -1;
  const FloatOutputs* known = nullptr;  // the reference's, of the same data: it does not run
};

// Throws Error: shapes that do not fit, outputs that differ in number, labels of the wrong kind.
Figures evaluate(const Graph& model, const Graph* reference, const SampleSource& data, const Labels* labels,
                 const EvaluateOptions& options, const Job& job);

// Figures of a network that ends in Softmax are taken before it: what they compare is, where a Softmax over the classes makes
// an output, its input.
std::vector<ValueId> compared_values(const Graph& graph);

// The graph with these as its outputs.
Graph without_final_softmax(const Graph& graph);

}  // namespace halftone
