// What NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss share: of log-probabilities [N, C, d...] and classes [N, d...],
//     loss = -weight[class] log_probability[class],  0 where the class is ignore_index,
// as it is (reduction none), summed, or (mean) summed and divided by the sum of the weights.
#pragma once

#include "operators/operator.h"

namespace halftone {

TensorSpec loss_spec(const Call& call);  // checks the inputs: scores, classes, and optional weights
void negative_log_likelihood(const Call& call, const Tensor& log_probabilities, Tensor& loss);

}  // namespace halftone
