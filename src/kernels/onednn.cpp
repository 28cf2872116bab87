#include "kernels/onednn.h"

#include <limits>

namespace halftone::onednn {

using dnnl::memory;

const dnnl::engine& cpu() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

dnnl::stream& stream() {
  static dnnl::stream stream(cpu());
  return stream;
}

namespace {

// One number a channel (axis 1), to be broadcast over an output of this rank.
memory::desc per_channel(const memory::desc& out) {
  memory::dims dims(static_cast<std::size_t>(out.get_ndims()), 1);
  dims[1] = out.get_dims()[1];
  return {dims, memory::data_type::f32, dims.size() == 2 ? memory::format_tag::ab : memory::format_tag::acdb};
}

// A copy of plain data in the layout that a primitive wants.
memory reordered(const memory::desc& from, const float* data, const memory::desc& to) {
  memory source(from, cpu(), const_cast<float*>(data));
  memory target(to, cpu());
  dnnl::reorder(source, target).execute(stream(), source, target);
  stream().wait();
  return target;
}

}  // namespace

dnnl::primitive_attr attributes(const Epilogue& epilogue, const memory::desc& out) {
  using dnnl::algorithm;
  dnnl::post_ops ops;
  if (epilogue.add) ops.append_binary(algorithm::binary_add, out);
  if (!epilogue.multiplier.empty()) ops.append_binary(algorithm::binary_mul, per_channel(out));
  if (epilogue.rounds) ops.append_eltwise(algorithm::eltwise_round, 0, 0);
  if (epilogue.clamps()) {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    if (epilogue.low == 0 && epilogue.high == kInfinity) ops.append_eltwise(algorithm::eltwise_relu, 0, 0);
    else ops.append_eltwise(algorithm::eltwise_clip, epilogue.low, epilogue.high);
  }
  dnnl::primitive_attr attr;
  attr.set_post_ops(ops);
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attr;
}

void FusedPrimitive::bind(const memory::desc& source, const memory::desc& target, const memory::desc& scratch) {
  source_ = arguments_[DNNL_ARG_SRC] = memory(source, cpu(), nullptr);
  target_ = arguments_[DNNL_ARG_DST] = memory(target, cpu(), nullptr);
  scratch_ = arguments_[DNNL_ARG_SCRATCHPAD] = memory(scratch, cpu(), nullptr);
}

void FusedPrimitive::bind_weights(const memory::desc& plain, const float* weights, const memory::desc& wanted) {
  arguments_[DNNL_ARG_WEIGHTS] = reordered(plain, weights, wanted);
}

void FusedPrimitive::bind_bias(const memory::desc& desc, const float* bias) {
  arguments_[DNNL_ARG_BIAS] = reordered(desc, bias, desc);
}

void FusedPrimitive::bind_post_ops(const memory::desc& target, const Epilogue& epilogue) {
  int post_op = 0;
  if (epilogue.add) {
    addend_ = memory(target, cpu(), nullptr);
    arguments_[DNNL_ARG_ATTR_MULTIPLE_POST_OP(post_op++) | DNNL_ARG_SRC_1] = addend_;
  }
  if (!epilogue.multiplier.empty()) {
    const memory::desc desc = per_channel(target);
    arguments_[DNNL_ARG_ATTR_MULTIPLE_POST_OP(post_op++) | DNNL_ARG_SRC_1] = reordered(desc, epilogue.multiplier.data(), desc);
  }
}

void FusedPrimitive::run(const float* in, const float* addend, float* out, void* scratch) {
  source_.set_data_handle(const_cast<float*>(in));
  target_.set_data_handle(out);
  scratch_.set_data_handle(scratch);
  if (addend_) addend_.set_data_handle(const_cast<float*>(addend));
  primitive_.execute(stream(), arguments_);
  stream().wait();
}

}  // namespace halftone::onednn
