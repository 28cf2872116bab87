// FlexAttention's parts: between them its bodies change what they hold (engine/bodies.h).
#pragma once

#include "operators/operator.h"

namespace halftone {

Tensor attention_scores(const Call& call);                                    // scale Q K', [batch, heads, queries, keys]
Tensor attention_probabilities(const Tensor& scores);                         // softmax over the keys
Tensor attention_values(const Call& call, const Tensor& probabilities);       // P V, [batch, heads, queries, value size]
DataType score_type(const Node& node, DataType input);                        // what the bodies are given: softmax_precision

}  // namespace halftone
