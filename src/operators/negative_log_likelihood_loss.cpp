// NegativeLogLikelihoodLoss: of log-probabilities and classes (loss.h). ONNX since 12.
#include "operators/loss.h"

namespace halftone {
namespace {

std::optional<std::vector<TensorSpec>> shapes(const Call& call) { return std::vector<TensorSpec>{loss_spec(call)}; }

void reference(const Call& call, std::span<Tensor> outputs) { negative_log_likelihood(call, call.tensor(0), outputs[0]); }

}  // namespace

extern const Operator kNegativeLogLikelihoodLoss{.type = "NegativeLogLikelihoodLoss", .since = 12, .shapes = shapes, .grid = GridRule::none, .reference = reference};

}  // namespace halftone
