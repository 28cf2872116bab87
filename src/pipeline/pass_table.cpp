#include "pipeline/pass_table.h"

#include <algorithm>
#include <chrono>

#include "base/text.h"

namespace halftone {

std::span<const Pass* const> all_passes() {
  static constexpr const Pass* kOrder[] = {
      &kFoldConstants,         // shape chains and Constant nodes become constants
      &kFoldBias,              // an addition behind a layer is its bias
      &kFoldBatchNorm,         // a layer and its BatchNormalization are one layer
      &kPlaceQuantizers,       // which values get a grid
      &kCalibrate,             // what the values look like on the samples
      &kFreeConcats,           // what one grid cannot hold
      &kFoldConstantChannels,  // before ranges: such channels ruin per-tensor ones
      &kEqualizeActivations,   // channels fill the grid that is coming
      &kLoadEncodings,         // grids that are known
      &kWeightRanges,          // the weights' scales
      &kActivationRanges,      // the activations' grids
      &kExactSums,             // those of sums, one scale for several
      &kRoundFast,             // the weights' codes, for these grids
      &kCorrectBias,           // where they are the nearest ones: what that shifts the means by
  };
  return kOrder;
}

namespace {

std::string underscored(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

const Pass* find_pass(const std::string& wanted) {
  std::vector<std::string> names;
  for (const Pass* pass : all_passes()) {
    if (pass->name == underscored(wanted)) return pass;
    names.emplace_back(pass->name);
  }
  const std::string near = did_you_mean(underscored(wanted), names);
  throw UsageError("there is no pass '{}'{}", wanted, near.empty() ? "; there are " + join(names, ", ") : near);
}

}  // namespace

std::vector<const Pass*> choose_passes(const std::vector<std::string>& named, const std::vector<std::string>& disabled) {
  std::vector<const Pass*> wanted, unwanted, chosen;
  for (const std::string& name : named) wanted.push_back(find_pass(name));
  for (const std::string& name : disabled) unwanted.push_back(find_pass(name));
  const auto holds = [](const std::vector<const Pass*>& list, const Pass* pass) { return std::find(list.begin(), list.end(), pass) != list.end(); };
  for (const Pass* pass : all_passes()) {
    if ((named.empty() || holds(wanted, pass)) && !holds(unwanted, pass)) chosen.push_back(pass);
  }
  return chosen;
}

PassRecord run_pass(const Pass& pass, Graph& graph, PassContext& context) {
  context.job.throw_if_cancelled();
  const auto start = std::chrono::steady_clock::now();
  PassReport report = pass.run(graph, context);
  verify(graph, fmt::format("after {}", pass.name));
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return {pass.name, seconds, true, report.changed, std::move(report.summary), std::move(report.notes)};
}

}  // namespace halftone
