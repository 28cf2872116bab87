// Steps that change the form of a value: layout, and codes <-> real numbers.
#pragma once

#include "engine/plan.h"
#include "engine/plan_builder.h"

namespace halftone {

std::unique_ptr<Step> make_layout_step(const LayoutExtent& extent, Layout to, BufferRef in, BufferRef out);
std::unique_ptr<Step> make_quantize_step(std::int64_t count, const CodeGrid& grid, BufferRef in, BufferRef out);
std::unique_ptr<Step> make_dequantize_step(std::int64_t count, float scale, BufferRef in, BufferRef out);

}  // namespace halftone
