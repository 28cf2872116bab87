// Conv, Gemm and MatMul with constant weights on oneDNN: real numbers, or codes (DESIGN idea 5).
#include <algorithm>

#include "base/parallel.h"
#include "engine/cpu/layer_codes.h"
#include "engine/cpu/lists.h"
#include "kernels/convolution.h"
#include "kernels/matrix_product.h"
#include "operators/window.h"

namespace halftone::cpu {
namespace {

// One primitive: in -> (+ addend) -> out.
class LayerStep : public Step {
 public:
  LayerStep(std::unique_ptr<Convolution> primitive, BufferRef in, BufferRef addend, BufferRef out, BufferRef scratch)
      : primitive_(std::move(primitive)), in_(in), addend_(addend), out_(out), scratch_(scratch) {}
  void run(const Frame& frame) override {
    primitive_->run(frame.read<float>(in_), addend_.valid() ? frame.read<float>(addend_) : nullptr, frame.write<float>(out_),
                    frame.write<std::byte>(scratch_));
  }

 private:
  std::unique_ptr<Convolution> primitive_;
  BufferRef in_, addend_, out_, scratch_;
};

// The data's codes as high and low bytes.
class SplitCodesStep : public Step {
 public:
  SplitCodesStep(std::int64_t count, BufferRef in, BufferRef high, BufferRef low) : count_(count), in_(in), high_(high), low_(low) {}
  void run(const Frame& frame) override {
    const float* in = frame.read<float>(in_);
    float *high = frame.write<float>(high_), *low = frame.write<float>(low_);
    parallel_blocks(count_, 16384, frame.threads, [&](std::int64_t first, std::int64_t end) {
      split_codes(in + first, end - first, high + first, low + first);
    });
  }

 private:
  std::int64_t count_;
  BufferRef in_, high_, low_;
};

struct PartSum {
  BufferRef buffer;
  double factor = 1;
};

// Adds up the exact sums of a layer's parts in float64, then requantizes. NUMERICS.md, layers in parts.
class JoinPartsStep : public Step {
 public:
  JoinPartsStep(std::vector<PartSum> parts, std::vector<double> bias, Epilogue epilogue, std::int64_t rows, BufferRef out)
      : parts_(std::move(parts)), bias_(std::move(bias)), epilogue_(std::move(epilogue)), rows_(rows), out_(out) {}
  void run(const Frame& frame) override {
    const auto channels = static_cast<std::int64_t>(epilogue_.multiplier.size());
    struct Source {
      const float* sums;
      double factor;
    };
    std::vector<Source> parts;
    for (const PartSum& part : parts_) parts.push_back({frame.read<float>(part.buffer), part.factor});
    float* out = frame.write<float>(out_);
    parallel_blocks(rows_, 64, frame.threads, [&](std::int64_t first, std::int64_t end) {
      for (std::int64_t r = first; r < end; ++r) {
        float* row = out + r * channels;
        for (std::int64_t c = 0; c < channels; ++c) {
          double sum = bias_.empty() ? 0.0 : bias_[static_cast<std::size_t>(c)];
          for (const Source& part : parts) sum += part.factor * part.sums[r * channels + c];
          row[c] = static_cast<float>(sum);
        }
        requantize(row, 1, channels, epilogue_.multiplier.data(), epilogue_.rounds, epilogue_.low, epilogue_.high, row);
      }
    });
  }

 private:
  std::vector<PartSum> parts_;
  std::vector<double> bias_;
  Epilogue epilogue_;
  std::int64_t rows_;
  BufferRef out_;
};

const float* data_or_null(const std::vector<float>& values) { return values.empty() ? nullptr : values.data(); }

// Where the parts of a layer read its data: the codes, and their high and low bytes where the parts are of those.
class DataPieces {
 public:
  DataPieces(PlanBuilder& plan, ValueId data, Form form, bool splits) : plan_(plan), data_(data), form_(form) {
    if (!splits) return;
    const std::int64_t count = element_count(plan.shape(data));
    const BufferRef in = plan.input(data, form);
    high_ = plan.scratch(static_cast<std::size_t>(count) * sizeof(float));
    low_ = plan.scratch(static_cast<std::size_t>(count) * sizeof(float));
    plan.add_step(std::make_unique<SplitCodesStep>(count, in, high_, low_));
  }
  BufferRef read(DataPiece piece) {
    if (piece == DataPiece::whole) return plan_.input(data_, form_);
    const BufferRef buffer = piece == DataPiece::high ? high_ : low_;
    plan_.reads(buffer);
    return buffer;
  }

 private:
  PlanBuilder& plan_;
  ValueId data_;
  Form form_;
  BufferRef high_, low_;
};

// The steps of a layer on codes. make(weights, bias, epilogue) makes its primitive.
template <typename Make>
void add_code_steps(PlanBuilder& plan, const Layer& layer, const Tail& tail, Form form, std::int64_t rows, const Make& make) {
  const LayerCodes codes = make_layer_codes(plan, layer, tail);
  const bool out_on_grid = plan.grid(tail.output) != nullptr;
  if (codes.one_sum) {
    const std::vector<float> bias(codes.bias.begin(), codes.bias.end());
    auto primitive = make(codes.parts[0].weights, data_or_null(bias), codes.epilogue);
    plan.report("onednn on codes: " + primitive->implementation());
    const BufferRef in = plan.input(layer.data, {form.layout, true});
    const BufferRef out = plan.output(tail.output, {form.layout, out_on_grid});
    const BufferRef scratch = plan.scratch(primitive->scratch_bytes());
    plan.add_step(std::make_unique<LayerStep>(std::move(primitive), in, BufferRef{}, out, scratch));
    return;
  }
  DataPieces data(plan, layer.data, {form.layout, true}, codes.splits_data());
  std::vector<PartSum> sums;
  const auto sum_bytes = static_cast<std::size_t>(rows * layer.channels) * sizeof(float);
  for (const LayerPart& part : codes.parts) {
    auto primitive = make(part.weights, nullptr, Epilogue{});
    plan.report(fmt::format("onednn on codes, {} parts: {}", codes.parts.size(), primitive->implementation()));
    const BufferRef in = data.read(part.data);
    sums.push_back({plan.scratch(sum_bytes), part.factor});
    const BufferRef scratch = plan.scratch(primitive->scratch_bytes());
    plan.add_step(std::make_unique<LayerStep>(std::move(primitive), in, BufferRef{}, sums.back().buffer, scratch));
  }
  for (const PartSum& sum : sums) plan.reads(sum.buffer);
  const BufferRef out = plan.output(tail.output, {form.layout, out_on_grid});
  plan.add_step(std::make_unique<JoinPartsStep>(sums, codes.bias, codes.epilogue, rows, out));
}

template <typename Make>
void add_real_step(PlanBuilder& plan, const Layer& layer, const Tail& tail, Form form, const Make& make) {
  Epilogue epilogue;
  epilogue.add = tail.addend != ValueId::none;
  epilogue.low = tail.clamp.low;
  epilogue.high = tail.clamp.high;
  std::vector<float> bias;
  if (layer.bias != ValueId::none) bias = to_floats(*plan.known(layer.bias));
  if (bias.size() == 1) bias.assign(static_cast<std::size_t>(layer.channels), bias[0]);
  auto primitive = make(*plan.known(layer.weight), data_or_null(bias), epilogue);
  plan.report("onednn: " + primitive->implementation());
  const BufferRef in = plan.input(layer.data, form);
  const BufferRef addend = epilogue.add ? plan.input(tail.addend, form) : BufferRef{};
  const BufferRef out = plan.output(tail.output, form);
  const BufferRef scratch = plan.scratch(primitive->scratch_bytes());
  plan.add_step(std::make_unique<LayerStep>(std::move(primitive), in, addend, out, scratch));
}

// --- Conv ---

ConvolutionShape convolution_shape(const Node& node, const PlanBuilder& plan) {
  const Shape &x = plan.shape(node.input(0)), &w = plan.shape(node.input(1));
  const Window window = window_of(node, x, {w.begin() + 2, w.end()});
  ConvolutionShape s;
  s.batch = x[0];
  s.in_channels = x[1];
  s.out_channels = w[0];
  s.groups = node.attributes.integer("group", 1);
  for (std::size_t axis = 0; axis < 2; ++axis) {
    s.in[axis] = window.in[axis];
    s.out[axis] = window.out[axis];
    s.kernel[axis] = window.kernel[axis];
    s.stride[axis] = window.strides[axis];
    s.dilation[axis] = window.dilations[axis];
    s.pad_begin[axis] = window.pads_begin[axis];
    // what the last window reaches, not what the file says: oneDNN wants both to agree
    const std::int64_t reach = (s.out[axis] - 1) * s.stride[axis] + (s.kernel[axis] - 1) * s.dilation[axis] + 1;
    s.pad_end[axis] = reach - s.in[axis] - s.pad_begin[axis];
  }
  return s;
}

const char* not_a_layer(const Node& node, const PlanBuilder& plan) {
  if (!layer_of(plan.graph(), node.id)) return "weight or bias is no constant";
  if (plan.known(node.input(0)) != nullptr) return "its input is a constant";
  if (element_count(plan.shape(node.output())) == 0) return "its output is empty";
  return nullptr;
}

const char* not_two_dimensional(const Node& node, const PlanBuilder& plan) {
  return plan.shape(node.input(0)).size() == 4 ? nullptr : "not two-dimensional";
}

const char* not_on_codes(const Node& node, const PlanBuilder& plan) {
  if (!plan.simulated()) return "real arithmetic";
  if (!is_quantized(plan.graph(), *layer_of(plan.graph(), node.id))) return "input or weight has no grid";
  return nullptr;
}

auto make_convolution(const ConvolutionShape& shape) {
  return [shape](const Tensor& weight, const float* bias, const Epilogue& epilogue) {
    return std::make_unique<Convolution>(shape, weight.values<float>().data(), bias, epilogue);
  };
}

constexpr Form kPicture = {Layout::channels_last, false};

// --- Gemm, MatMul ---

ProductShape product_shape(const Node& node, const PlanBuilder& plan) {
  const Shape &x = plan.shape(node.input(0)), &w = plan.shape(node.input(1));
  ProductShape s;
  s.transposed = node.type == "Gemm" && node.attributes.integer("transB", 0) != 0;
  s.inner = w[s.transposed ? 1 : 0];
  s.columns = w[s.transposed ? 0 : 1];
  s.rows = element_count(x) / s.inner;
  return s;
}

const char* no_plain_product(const Node& node, const PlanBuilder& plan) {
  const Shape &x = plan.shape(node.input(0)), &w = plan.shape(node.input(1));
  if (w.size() != 2 || x.size() < 2) return "not a matrix with a matrix";
  return nullptr;
}

auto make_product(const ProductShape& s) {
  return [s](const Tensor& weight, const float* bias, const Epilogue& epilogue) {
    return make_matrix_product(s, weight.values<float>().data(), bias, epilogue);
  };
}

void swallow_all(PlanBuilder& plan, const Tail& tail) {
  for (NodeId id : tail.swallowed) plan.swallow(id);
}

}  // namespace

const char* declines_convolution(const Node& node, const PlanBuilder& plan) {
  if (const char* reason = not_a_layer(node, plan)) return reason;
  return not_two_dimensional(node, plan);
}

const char* declines_convolution_on_codes(const Node& node, const PlanBuilder& plan) {
  if (const char* reason = declines_convolution(node, plan)) return reason;
  return not_on_codes(node, plan);
}

void prepare_convolution(const Node& node, PlanBuilder& plan) {
  const ConvolutionShape shape = convolution_shape(node, plan);
  Tail tail = find_tail(node, plan, true);
  if (tail.addend != ValueId::none && !Convolution::is_fast(shape, {.add = true})) tail = find_tail(node, plan, false);
  add_real_step(plan, *layer_of(plan.graph(), node.id), tail, kPicture, make_convolution(shape));
  swallow_all(plan, tail);
}

void prepare_convolution_on_codes(const Node& node, PlanBuilder& plan) {
  const Tail tail = find_tail(node, plan, false);
  const ConvolutionShape shape = convolution_shape(node, plan);
  add_code_steps(plan, *layer_of(plan.graph(), node.id), tail, kPicture, shape.batch * shape.out[0] * shape.out[1],
                              make_convolution(shape));
  swallow_all(plan, tail);
}

const char* declines_product(const Node& node, const PlanBuilder& plan) {
  if (const char* reason = not_a_layer(node, plan)) return reason;
  return no_plain_product(node, plan);
}

const char* declines_product_on_codes(const Node& node, const PlanBuilder& plan) {
  if (const char* reason = declines_product(node, plan)) return reason;
  return not_on_codes(node, plan);
}

void prepare_product(const Node& node, PlanBuilder& plan) {
  const Tail tail = find_tail(node, plan, true);
  add_real_step(plan, *layer_of(plan.graph(), node.id), tail, {}, make_product(product_shape(node, plan)));
  swallow_all(plan, tail);
}

void prepare_product_on_codes(const Node& node, PlanBuilder& plan) {
  const Tail tail = find_tail(node, plan, false);
  const ProductShape shape = product_shape(node, plan);
  add_code_steps(plan, *layer_of(plan.graph(), node.id), tail, {}, shape.rows, make_product(shape));
  swallow_all(plan, tail);
}

}  // namespace halftone::cpu
