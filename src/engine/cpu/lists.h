// The implementations of engine/cpu/, by the file that holds them. lists.cpp puts them in order.
#pragma once

#include "engine/cpu/implementation.h"

namespace halftone::cpu {

// layers.cpp: Conv, Gemm, MatMul
const char* declines_convolution_on_codes(const Node&, const PlanBuilder&);
void prepare_convolution_on_codes(const Node&, PlanBuilder&);
const char* declines_convolution(const Node&, const PlanBuilder&);
void prepare_convolution(const Node&, PlanBuilder&);
const char* declines_product_on_codes(const Node&, const PlanBuilder&);
void prepare_product_on_codes(const Node&, PlanBuilder&);
const char* declines_product(const Node&, const PlanBuilder&);
void prepare_product(const Node&, PlanBuilder&);

// elementwise.cpp: Add, Relu, Clip, BatchNormalization
const char* declines_add_on_codes(const Node&, const PlanBuilder&);
void prepare_add_on_codes(const Node&, PlanBuilder&);
const char* declines_add(const Node&, const PlanBuilder&);
void prepare_add(const Node&, PlanBuilder&);
const char* declines_clamp(const Node&, const PlanBuilder&);
void prepare_clamp(const Node&, PlanBuilder&);
const char* declines_batch_norm(const Node&, const PlanBuilder&);
void prepare_batch_norm(const Node&, PlanBuilder&);

// pooling.cpp: MaxPool, AveragePool, GlobalAveragePool, GlobalMaxPool, ReduceMean over the spatial axes
const char* declines_pool(const Node&, const PlanBuilder&);
void prepare_pool(const Node&, PlanBuilder&);
const char* declines_pool_all(const Node&, const PlanBuilder&);
void prepare_pool_all(const Node&, PlanBuilder&);

// movement.cpp: Slice, Pad, Concat, Transpose; and what only renames axes
const char* declines_alias(const Node&, const PlanBuilder&);
void prepare_alias(const Node&, PlanBuilder&);
const char* declines_slice(const Node&, const PlanBuilder&);
void prepare_slice(const Node&, PlanBuilder&);
const char* declines_pad(const Node&, const PlanBuilder&);
void prepare_pad(const Node&, PlanBuilder&);
const char* declines_concat(const Node&, const PlanBuilder&);
void prepare_concat(const Node&, PlanBuilder&);
const char* declines_transpose(const Node&, const PlanBuilder&);
void prepare_transpose(const Node&, PlanBuilder&);

// reference.cpp: the operator's own definition
const char* never_declines(const Node&, const PlanBuilder&);
void prepare_reference(const Node&, PlanBuilder&);

}  // namespace halftone::cpu
