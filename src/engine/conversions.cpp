#include "engine/conversions.h"

#include <algorithm>

#include "base/parallel.h"
#include "kernels/layout.h"

namespace halftone {
namespace {

constexpr std::int64_t kBlock = 16384;

class LayoutStep : public Step {
 public:
  LayoutStep(const LayoutExtent& extent, Layout to, BufferRef in, BufferRef out) : extent_(extent), to_(to), in_(in), out_(out) {}
  void run(const Frame& frame) override {
    const bool last = to_ == Layout::channels_last;
    transpose_inner(frame.read<float>(in_), extent_.batch, last ? extent_.channels : extent_.positions,
                    last ? extent_.positions : extent_.channels, frame.write<float>(out_), frame.threads);
  }

 private:
  LayoutExtent extent_;
  Layout to_;
  BufferRef in_, out_;
};

class QuantizeStep : public Step {
 public:
  QuantizeStep(std::int64_t count, const CodeGrid& grid, BufferRef in, BufferRef out) : count_(count), grid_(grid), in_(in), out_(out) {}
  void run(const Frame& frame) override {
    const float* in = frame.read<float>(in_);
    float* out = frame.write<float>(out_);
    parallel_blocks(count_, kBlock, frame.threads, [&](std::int64_t first, std::int64_t end) {
      quantize_to_codes(in + first, end - first, grid_, out + first);
    });
  }

 private:
  std::int64_t count_;
  CodeGrid grid_;
  BufferRef in_, out_;
};

class DequantizeStep : public Step {
 public:
  DequantizeStep(std::int64_t count, float scale, BufferRef in, BufferRef out) : count_(count), scale_(scale), in_(in), out_(out) {}
  void run(const Frame& frame) override {
    const float* in = frame.read<float>(in_);
    float* out = frame.write<float>(out_);
    parallel_blocks(count_, kBlock, frame.threads, [&](std::int64_t first, std::int64_t end) {
      scale_values(in + first, end - first, scale_, out + first);
    });
  }

 private:
  std::int64_t count_;
  float scale_;
  BufferRef in_, out_;
};

}  // namespace

std::unique_ptr<Step> make_layout_step(const LayoutExtent& extent, Layout to, BufferRef in, BufferRef out) {
  return std::make_unique<LayoutStep>(extent, to, in, out);
}
std::unique_ptr<Step> make_quantize_step(std::int64_t count, const CodeGrid& grid, BufferRef in, BufferRef out) {
  return std::make_unique<QuantizeStep>(count, grid, in, out);
}
std::unique_ptr<Step> make_dequantize_step(std::int64_t count, float scale, BufferRef in, BufferRef out) {
  return std::make_unique<DequantizeStep>(count, scale, in, out);
}

}  // namespace halftone
