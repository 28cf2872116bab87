// Pools over channels-last pictures; on codes where the grids allow.
#include "base/parallel.h"
#include "engine/cpu/lists.h"
#include "kernels/pool.h"
#include "operators/pooling.h"
#include "operators/reduce.h"

namespace halftone::cpu {
namespace {

constexpr std::int64_t kBlock = 16384;

// Averages over whole pictures, on codes, get the output's grid: y = round(mean(x - z_x) * (s_x / s_y)).
struct Requantization {
  bool wanted = false;
  float factor = 1;
  CodeGrid grid;

  void apply(float* values, std::int64_t count, int threads) const {
    if (!wanted) return;
    parallel_blocks(count, kBlock, threads, [&](std::int64_t first, std::int64_t end) {
      requantize(values + first, end - first, 1, &factor, true, grid.low, grid.high, values + first);
    });
  }
};

class PoolStep : public Step {
 public:
  PoolStep(PoolKind kind, const PoolShape& shape, BufferRef in, BufferRef out) : kind_(kind), shape_(shape), in_(in), out_(out) {}
  void run(const Frame& frame) override { pool_channels_last(frame.read<float>(in_), kind_, shape_, frame.write<float>(out_), frame.threads); }

 private:
  PoolKind kind_;
  PoolShape shape_;
  BufferRef in_, out_;
};

class PoolAllStep : public Step {
 public:
  PoolAllStep(PoolKind kind, const LayoutExtent& extent, const Requantization& requantization, BufferRef in, BufferRef out)
      : kind_(kind), extent_(extent), requantization_(requantization), in_(in), out_(out) {}
  void run(const Frame& frame) override {
    float* out = frame.write<float>(out_);
    pool_all_channels_last(frame.read<float>(in_), kind_, extent_.batch, extent_.positions, extent_.channels, out, frame.threads);
    requantization_.apply(out, extent_.batch * extent_.channels, frame.threads);
  }

 private:
  PoolKind kind_;
  LayoutExtent extent_;
  Requantization requantization_;
  BufferRef in_, out_;
};

PoolShape pool_shape(const Node& node, const PlanBuilder& plan) {
  const Window window = pool_window(plan.call(node));
  const Shape& x = plan.shape(node.input(0));
  PoolShape s;
  s.batch = x[0];
  s.channels = x[1];
  s.count_padding = node.attributes.integer("count_include_pad", 0) != 0;
  for (std::size_t axis = 0; axis < 2; ++axis) {
    s.in[axis] = window.in[axis];
    s.out[axis] = window.out[axis];
    s.kernel[axis] = window.kernel[axis];
    s.stride[axis] = window.strides[axis];
    s.dilation[axis] = window.dilations[axis];
    s.pad_begin[axis] = window.pads_begin[axis];
    s.pad_end[axis] = window.pads_end[axis];
  }
  return s;
}

const char* no_float_picture(const Node& node, const PlanBuilder& plan) {
  if (plan.type(node.input(0)) != DataType::float32) return "not float32";
  if (plan.shape(node.input(0)).size() != 4) return "not two-dimensional";
  if (element_count(plan.shape(node.input(0))) == 0) return "its input is empty";
  return plan.known(node.input(0)) != nullptr ? "its input is a constant" : nullptr;
}

}  // namespace

const char* declines_pool(const Node& node, const PlanBuilder& plan) {
  if (const char* reason = no_float_picture(node, plan)) return reason;
  return node.output(1) != ValueId::none ? "its second output, the indices, is read" : nullptr;
}

void prepare_pool(const Node& node, PlanBuilder& plan) {
  const PoolKind kind = node.type == "MaxPool" ? PoolKind::max : PoolKind::average;
  const PoolShape shape = pool_shape(node, plan);
  const Form form = {Layout::channels_last, kind == PoolKind::max && plan.keeps_codes(node)};  // averages sum real numbers
  const BufferRef in = plan.input(node.input(0), form);
  const BufferRef out = plan.output(node.output(), form);
  plan.add_step(std::make_unique<PoolStep>(kind, shape, in, out));
}

const char* declines_pool_all(const Node& node, const PlanBuilder& plan) {
  if (const char* reason = no_float_picture(node, plan)) return reason;
  if (node.type != "ReduceMean") return nullptr;
  const auto reduced = reduced_axes(plan.call(node));
  return reduced && *reduced == std::vector<bool>{false, false, true, true} ? nullptr : "not over the two spatial axes";
}

void prepare_pool_all(const Node& node, PlanBuilder& plan) {
  const PoolKind kind = node.type == "GlobalMaxPool" ? PoolKind::max : PoolKind::average;
  const Encoding *from = plan.grid(node.input(0)), *to = plan.grid(node.output());
  Requantization requantization;
  if (kind == PoolKind::average && from != nullptr && to != nullptr) requantization = {true, from->scale[0] / to->scale[0], code_grid(*to)};
  const bool codes = requantization.wanted || (kind == PoolKind::max && plan.keeps_codes(node));
  const BufferRef in = plan.input(node.input(0), {Layout::channels_last, codes});
  const BufferRef out = plan.output(node.output(), {Layout::plain, codes});
  plan.add_step(std::make_unique<PoolAllStep>(kind, layout_extent(plan.shape(node.input(0))), requantization, in, out));
}

}  // namespace halftone::cpu
