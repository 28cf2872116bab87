// What operators that take indices share.
#pragma once

#include <vector>

#include "operators/operator.h"

namespace halftone {

void require_indices(const Call& call, std::size_t input);  // int32 or int64; throws Error

// Indices of elements along one axis: those that are negative count from the end. Throws Error for one beyond the axis.
std::int64_t checked_index(std::int64_t index, std::int64_t size);
std::vector<std::int64_t> indices_of(const Tensor& indices, std::int64_t size);

// Indices for elements along `axis`: of the data's rank, and no longer along the other axes. Throws Error.
void require_within(const Shape& indices, const Shape& data, std::size_t axis);

// What becomes of an element that is written again: ScatterElements and ScatterND.
enum class ScatterRule { replace, add, multiply, greatest, least };
ScatterRule scatter_rule(const Call& call);
void scatter(ScatterRule rule, const Tensor& updates, std::int64_t from, Tensor& data, std::int64_t to, std::int64_t count);

// ScatterElements, and Scatter, its old name.
std::optional<std::vector<TensorSpec>> scatter_elements_shapes(const Call& call);
void scatter_elements(const Call& call, std::span<Tensor> outputs);

}  // namespace halftone
