// Add, Relu, Clip, BatchNormalization.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/parallel.h"
#include "engine/cpu/fusion.h"
#include "engine/cpu/lists.h"
#include "kernels/elementwise.h"

namespace halftone::cpu {
namespace {

constexpr std::int64_t kBlock = 16384;

class AddStep : public Step {
 public:
  AddStep(std::int64_t count, const Clamp& clamp, BufferRef a, BufferRef b, BufferRef out) : count_(count), clamp_(clamp), a_(a), b_(b), out_(out) {}
  void run(const Frame& frame) override {
    const float *a = frame.read<float>(a_), *b = frame.read<float>(b_);
    float* out = frame.write<float>(out_);
    parallel_blocks(count_, kBlock, frame.threads, [&](std::int64_t first, std::int64_t end) {
      add_values(a + first, b + first, end - first, clamp_.low, clamp_.high, out + first);
    });
  }

 private:
  std::int64_t count_;
  Clamp clamp_;
  BufferRef a_, b_, out_;
};

class CodeAddStep : public Step {
 public:
  CodeAddStep(std::int64_t count, const CodeAdd& spec, BufferRef a, BufferRef b, BufferRef out) : count_(count), spec_(spec), a_(a), b_(b), out_(out) {}
  void run(const Frame& frame) override {
    const float *a = frame.read<float>(a_), *b = frame.read<float>(b_);
    float* out = frame.write<float>(out_);
    parallel_blocks(count_, kBlock, frame.threads, [&](std::int64_t first, std::int64_t end) {
      add_codes(a + first, b + first, end - first, spec_, out + first);
    });
  }

 private:
  std::int64_t count_;
  CodeAdd spec_;
  BufferRef a_, b_, out_;
};

class ClampStep : public Step {
 public:
  ClampStep(std::int64_t count, const Clamp& clamp, BufferRef in, BufferRef out) : count_(count), clamp_(clamp), in_(in), out_(out) {}
  void run(const Frame& frame) override {
    const float* in = frame.read<float>(in_);
    float* out = frame.write<float>(out_);
    parallel_blocks(count_, kBlock, frame.threads, [&](std::int64_t first, std::int64_t end) {
      clamp_values(in + first, end - first, clamp_.low, clamp_.high, out + first);
    });
  }

 private:
  std::int64_t count_;
  Clamp clamp_;
  BufferRef in_, out_;
};

class AffineStep : public Step {
 public:
  AffineStep(std::int64_t rows, std::vector<float> gain, std::vector<float> shift, BufferRef in, BufferRef out)
      : rows_(rows), gain_(std::move(gain)), shift_(std::move(shift)), in_(in), out_(out) {}
  void run(const Frame& frame) override {
    const auto channels = static_cast<std::int64_t>(gain_.size());
    const float* in = frame.read<float>(in_);
    float* out = frame.write<float>(out_);
    parallel_blocks(rows_, std::max<std::int64_t>(1, kBlock / channels), frame.threads, [&](std::int64_t first, std::int64_t end) {
      affine_rows(in + first * channels, end - first, channels, gain_.data(), shift_.data(), out + first * channels);
    });
  }

 private:
  std::int64_t rows_;
  std::vector<float> gain_, shift_;
  BufferRef in_, out_;
};

bool in_bytes(const Encoding& grid) { return storage_type(grid) == DataType::int8 || storage_type(grid) == DataType::uint8; }

const char* not_two_equal(const Node& node, const PlanBuilder& plan) {
  if (node.inputs.size() != 2 || plan.type(node.input(0)) != DataType::float32) return "not two float32 values";
  if (plan.shape(node.input(0)) != plan.shape(node.input(1))) return "it broadcasts";
  return nullptr;
}

Form picture_form(const PlanBuilder& plan, ValueId id, bool codes) {
  return {plan.shape(id).size() == 4 ? Layout::channels_last : Layout::plain, codes};
}

struct AddBuffers {
  BufferRef a, b, out;
  std::int64_t count = 0;
};

AddBuffers add_buffers(const Node& node, PlanBuilder& plan, const Tail& tail, bool codes) {
  AddBuffers buffers;
  buffers.a = plan.input(node.input(0), picture_form(plan, node.input(0), codes));
  buffers.b = plan.input(node.input(1), picture_form(plan, node.input(1), codes));
  buffers.out = plan.output(tail.output, picture_form(plan, tail.output, codes));
  buffers.count = element_count(plan.shape(node.output()));
  plan.may_overwrite(buffers.a, buffers.out);
  plan.may_overwrite(buffers.b, buffers.out);
  for (NodeId id : tail.swallowed) plan.swallow(id);
  return buffers;
}

}  // namespace

const char* declines_add(const Node& node, const PlanBuilder& plan) { return not_two_equal(node, plan); }

void prepare_add(const Node& node, PlanBuilder& plan) {
  const Tail tail = find_tail(node, plan, false);
  const AddBuffers buffers = add_buffers(node, plan, tail, false);
  plan.add_step(std::make_unique<AddStep>(buffers.count, tail.clamp, buffers.a, buffers.b, buffers.out));
}

const char* declines_add_on_codes(const Node& node, const PlanBuilder& plan) {
  if (!plan.simulated()) return "real arithmetic";
  if (const char* reason = not_two_equal(node, plan)) return reason;
  if (plan.grid(node.input(0)) == nullptr || plan.grid(node.input(1)) == nullptr) return "an input has no grid";
  const Encoding* out = plan.grid(find_tail(node, plan, false).output);
  if (out == nullptr) return "its output has no grid";
  for (const Encoding* grid : {plan.grid(node.input(0)), plan.grid(node.input(1)), out}) {
    if (!in_bytes(*grid)) return "a grid is not stored in 8 bits";
  }
  return nullptr;
}

void prepare_add_on_codes(const Node& node, PlanBuilder& plan) {
  const Tail tail = find_tail(node, plan, false);
  const Encoding &ea = *plan.grid(node.input(0)), &eb = *plan.grid(node.input(1)), &ey = *plan.grid(tail.output);
  const Clamp clamp = clamp_on_grid(tail.clamp, code_grid(ey));
  const auto zero = [](const Encoding& e) { return static_cast<float>(e.zero_point[0]); };
  const CodeAdd spec{ea.scale[0] / ey.scale[0], eb.scale[0] / ey.scale[0], zero(ea), zero(eb), zero(ey), clamp.low, clamp.high};
  const AddBuffers buffers = add_buffers(node, plan, tail, true);
  plan.add_step(std::make_unique<CodeAddStep>(buffers.count, spec, buffers.a, buffers.b, buffers.out));
}

const char* declines_clamp(const Node& node, const PlanBuilder& plan) {
  if (plan.type(node.input(0)) != DataType::float32) return "not float32";
  return clamp_of(plan.graph(), node) ? nullptr : "its bounds are no constants";
}

void prepare_clamp(const Node& node, PlanBuilder& plan) {
  const BufferRef in = plan.input(node.input(0), picture_form(plan, node.input(0), false));
  const BufferRef out = plan.output(node.output(), picture_form(plan, node.output(), false));
  plan.may_overwrite(in, out);
  plan.add_step(std::make_unique<ClampStep>(element_count(plan.shape(node.output())), *clamp_of(plan.graph(), node), in, out));
}

const char* declines_batch_norm(const Node& node, const PlanBuilder& plan) {
  if (plan.shape(node.input(0)).size() != 4 && plan.shape(node.input(0)).size() != 2) return "neither pictures nor vectors";
  for (std::size_t i = 1; i < 5; ++i) {
    if (plan.known(node.input(i)) == nullptr) return "its parameters are no constants";
  }
  return element_count(plan.shape(node.input(0))) == 0 ? "its input is empty" : nullptr;
}

void prepare_batch_norm(const Node& node, PlanBuilder& plan) {
  const auto parameter = [&](std::size_t i) { return plan.known(node.input(i))->values<float>(); };
  const double epsilon = node.attributes.real("epsilon", 1e-5f);
  const auto channels = static_cast<std::size_t>(plan.shape(node.input(0))[1]);
  std::vector<float> gain(channels), shift(channels);
  for (std::size_t c = 0; c < channels; ++c) {
    const double g = parameter(1)[c] / std::sqrt(static_cast<double>(parameter(4)[c]) + epsilon);
    gain[c] = static_cast<float>(g);
    shift[c] = static_cast<float>(parameter(2)[c] - g * parameter(3)[c]);
  }
  const std::int64_t rows = element_count(plan.shape(node.input(0))) / static_cast<std::int64_t>(channels);
  const Form form = {Layout::channels_last, false};
  // A value whose channels-last form settles to plain still has its channels innermost: positions is 1, or channels is.
  const BufferRef in = plan.input(node.input(0), form);
  const BufferRef out = plan.output(node.output(), form);
  plan.may_overwrite(in, out);
  plan.add_step(std::make_unique<AffineStep>(rows, std::move(gain), std::move(shift), in, out));
}

}  // namespace halftone::cpu
