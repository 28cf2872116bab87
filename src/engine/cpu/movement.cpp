// Operators that move elements, as one strided copy in whatever layout the value has; renaming axes copies nothing.
#include <algorithm>

#include "base/parallel.h"
#include "engine/cpu/lists.h"
#include "kernels/layout.h"
#include "operators/movement.h"

namespace halftone::cpu {
namespace {

// Strides of a value per logical axis, in elements, for the layout it is stored in.
std::vector<std::int64_t> strides_of(const Shape& shape, Layout layout) {
  if (layout == Layout::plain || shape.size() < 3) return row_major_strides(shape);
  Shape stored = {shape[0]};
  stored.insert(stored.end(), shape.begin() + 2, shape.end());
  stored.push_back(shape[1]);
  const std::vector<std::int64_t> inner = row_major_strides(stored);
  std::vector<std::int64_t> strides = {inner[0], inner.back()};
  strides.insert(strides.end(), inner.begin() + 1, inner.end() - 1);
  return strides;
}

// Orders the axes by the output's strides, longest first, so that the innermost loop runs over neighbours.
void copy_block(const float* in, const Strided& from, float* out, const Strided& to, const Shape& sizes, int threads) {
  std::vector<std::size_t> order(sizes.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return to.strides[a] > to.strides[b]; });
  Strided sorted_from{from.offset, {}}, sorted_to{to.offset, {}};
  Shape sorted_sizes;
  for (std::size_t axis : order) {
    sorted_from.strides.push_back(from.strides[axis]);
    sorted_to.strides.push_back(to.strides[axis]);
    sorted_sizes.push_back(sizes[axis]);
  }
  copy_strided(in, sorted_from, out, sorted_to, sorted_sizes, threads);
}

struct Block {
  BufferRef in;
  Strided from, to;
  Shape sizes;
};

// Copies blocks into the output, which is filled with a number first where they do not cover it.
class CopyStep : public Step {
 public:
  CopyStep(std::vector<Block> blocks, BufferRef out, std::int64_t count, float fill, bool fills)
      : blocks_(std::move(blocks)), out_(out), count_(count), fill_(fill), fills_(fills) {}
  void run(const Frame& frame) override {
    float* out = frame.write<float>(out_);
    if (fills_) std::fill(out, out + count_, fill_);
    for (const Block& block : blocks_) {
      if (element_count(block.sizes) > 0) copy_block(frame.read<float>(block.in), block.from, out, block.to, block.sizes, frame.threads);
    }
  }

 private:
  std::vector<Block> blocks_;
  BufferRef out_;
  std::int64_t count_;
  float fill_;
  bool fills_;
};

const char* not_four_bytes(const Node& node, const PlanBuilder& plan) {
  if (plan.known(node.input(0)) != nullptr) return "its input is a constant";
  return size_of(plan.type(node.input(0))) == 4 ? nullptr : "not 4 bytes an element";
}

Form form_of(const PlanBuilder& plan, ValueId id, bool codes) {
  return {plan.shape(id).size() == 4 ? Layout::channels_last : Layout::plain, codes};
}

// Both sides of a copy from `node`'s first input to its output, with the strides of the form they are stored in.
Block whole_block(const Node& node, PlanBuilder& plan, bool codes) {
  const Form in = plan.stored_form(node.input(0), form_of(plan, node.input(0), codes));
  const Form out = plan.stored_form(node.output(), form_of(plan, node.output(), codes));
  Block block;
  block.in = plan.input(node.input(0), in);
  block.from.strides = strides_of(plan.shape(node.input(0)), in.layout);
  block.to.strides = strides_of(plan.shape(node.output()), out.layout);
  block.sizes = plan.shape(node.output());
  return block;
}

void add_copy(const Node& node, PlanBuilder& plan, std::vector<Block> blocks, bool codes, float fill, bool fills) {
  const BufferRef out = plan.output(node.output(), form_of(plan, node.output(), codes));
  plan.add_step(std::make_unique<CopyStep>(std::move(blocks), out, element_count(plan.shape(node.output())), fill, fills));
}

}  // namespace

const char* declines_alias(const Node& node, const PlanBuilder& plan) {
  if (node.outputs.size() > 1) return "it has a second output";
  return plan.known(node.input(0)) != nullptr ? "its input is a constant" : nullptr;
}

void prepare_alias(const Node& node, PlanBuilder& plan) {
  const bool codes = plan.keeps_codes(node);
  const bool same_shape = plan.shape(node.input(0)) == plan.shape(node.output());
  const Form form = same_shape ? form_of(plan, node.input(0), codes) : Form{Layout::plain, codes};
  plan.alias(node.output(), plan.input(node.input(0), form), form);
}

const char* declines_slice(const Node& node, const PlanBuilder& plan) { return not_four_bytes(node, plan); }

void prepare_slice(const Node& node, PlanBuilder& plan) {
  const SliceSpec spec = *slice_spec(plan.call(node));
  const bool codes = plan.keeps_codes(node);
  Block block = whole_block(node, plan, codes);
  for (std::size_t axis = 0; axis < spec.starts.size(); ++axis) {
    block.from.offset += spec.starts[axis] * block.from.strides[axis];
    block.from.strides[axis] *= spec.steps[axis];
  }
  add_copy(node, plan, {block}, codes, 0, false);
}

const char* declines_pad(const Node& node, const PlanBuilder& plan) {
  if (const char* reason = not_four_bytes(node, plan)) return reason;
  if (plan.type(node.input(0)) != DataType::float32) return "not float32";
  const auto spec = pad_spec(plan.call(node));
  if (spec->mode != "constant") return "not a constant border";
  if (node.version >= 11 && node.input(2) != ValueId::none && plan.known(node.input(2)) == nullptr) return "its value is no constant";
  return nullptr;
}

void prepare_pad(const Node& node, PlanBuilder& plan) {
  const Call call = plan.call(node);
  const PadSpec spec = *pad_spec(call);
  const float value = node.version < 11 ? node.attributes.real("value", 0) : call.has(2) ? to_floats(call.tensor(2))[0] : 0.0f;
  const bool codes = plan.keeps_codes(node) && value == 0;
  Block block = whole_block(node, plan, codes);
  block.sizes = plan.shape(node.input(0));
  bool covers = true;
  for (std::size_t axis = 0; axis < spec.before.size(); ++axis) {
    const std::int64_t removed = std::max<std::int64_t>(-spec.before[axis], 0), added = std::max<std::int64_t>(spec.before[axis], 0);
    block.from.offset += removed * block.from.strides[axis];
    block.to.offset += added * block.to.strides[axis];
    block.sizes[axis] -= removed + std::max<std::int64_t>(-spec.after[axis], 0);
    covers = covers && added == 0 && spec.after[axis] <= 0;
  }
  add_copy(node, plan, {block}, codes, value, !covers);
}

const char* declines_transpose(const Node& node, const PlanBuilder& plan) { return not_four_bytes(node, plan); }

void prepare_transpose(const Node& node, PlanBuilder& plan) {
  const std::vector<std::int64_t> perm = permutation_of(node, static_cast<std::int64_t>(plan.shape(node.input(0)).size()));
  const bool codes = plan.keeps_codes(node);
  Block block = whole_block(node, plan, codes);
  const std::vector<std::int64_t> strides = block.from.strides;
  for (std::size_t i = 0; i < perm.size(); ++i) block.from.strides[i] = strides[static_cast<std::size_t>(perm[i])];
  add_copy(node, plan, {block}, codes, 0, false);
}

const char* declines_concat(const Node& node, const PlanBuilder& plan) {
  return plan.type(node.output()) == DataType::float32 ? nullptr : "not float32";
}

// On codes where all inputs hold the output's grid; else from real numbers, quantized to it afterwards.
void prepare_concat(const Node& node, PlanBuilder& plan) {
  const auto axis = static_cast<std::size_t>(concat_axis(plan.call(node)));
  const Encoding* grid = plan.grid(node.output());
  const bool codes = grid != nullptr && std::all_of(node.inputs.begin(), node.inputs.end(), [&](ValueId id) {
    return plan.grid(id) != nullptr && *plan.grid(id) == *grid;
  });
  const Form out = plan.stored_form(node.output(), form_of(plan, node.output(), codes));
  std::vector<Block> blocks;
  std::int64_t before = 0;
  for (ValueId id : node.inputs) {
    const Form in = plan.stored_form(id, form_of(plan, id, codes));
    Block block;
    block.in = plan.input(id, in);
    block.from.strides = strides_of(plan.shape(id), in.layout);
    block.to.strides = strides_of(plan.shape(node.output()), out.layout);
    block.to.offset = before * block.to.strides[axis];
    block.sizes = plan.shape(id);
    before += block.sizes[axis];
    blocks.push_back(std::move(block));
  }
  add_copy(node, plan, std::move(blocks), codes, 0, false);
}

}  // namespace halftone::cpu
