// 2-D convolution of channels-last float32 pictures on oneDNN, with its epilogue fused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "kernels/epilogue.h"

namespace halftone {

struct ConvolutionShape {
  std::int64_t batch = 1, in_channels = 1, out_channels = 1, groups = 1;
  std::int64_t in[2] = {1, 1}, out[2] = {1, 1}, kernel[2] = {1, 1};
  std::int64_t stride[2] = {1, 1}, dilation[2] = {1, 1}, pad_begin[2] = {0, 0}, pad_end[2] = {0, 0};
};

// Made once: chooses the kernel, reorders the weights. Running allocates nothing. Sums are formed in float32 in an order
// that does not depend on the number of threads; they are exact where all partial sums are integers below 2^24.
class Convolution {
 public:
  // weight: [out_channels, in_channels / groups, kernel 0, kernel 1], plain. bias: [out_channels] or null. Both are copied.
  Convolution(const ConvolutionShape& shape, const float* weight, const float* bias, const Epilogue& epilogue);
  ~Convolution();

  // in [N, H, W, C], out [N, OH, OW, OC], addend like out (with Epilogue::add). scratch: scratch_bytes(), 64-byte aligned.
  void run(const float* in, const float* addend, float* out, void* scratch) const;

  // Whether oneDNN has more than its own reference for this shape with this epilogue (grouped ones with an addend: not).
  static bool is_fast(const ConvolutionShape& shape, const Epilogue& epilogue);

  std::size_t scratch_bytes() const;
  std::string implementation() const;  // oneDNN's name of the kernel

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace halftone
