#include "operators/window.h"

#include <algorithm>

namespace halftone {
namespace {

constexpr std::int64_t kLargest = std::int64_t{1} << 31;  // of any size here: sums and products stay in 64 bits

std::vector<std::int64_t> read_sizes(const Node& node, const char* name, std::size_t count, std::int64_t otherwise, std::int64_t least) {
  std::vector<std::int64_t> values = node.attributes.integers(name);
  if (values.empty()) values.assign(count, otherwise);
  if (values.size() != count) throw Error("{} has {} numbers; {} are needed", name, values.size(), count);
  for (std::int64_t v : values) {
    if (v < least || v > kLargest) throw Error("{} holds {}; {} to {} are possible", name, v, least, kLargest);
  }
  return values;
}

std::int64_t out_size(const Window& w, std::size_t axis, bool ceil_mode) {
  const std::int64_t covered = w.dilations[axis] * (w.kernel[axis] - 1) + 1;
  const std::int64_t room = w.in[axis] + w.pads_begin[axis] + w.pads_end[axis] - covered;
  if (room < 0) {
    throw Error("the kernel covers {} positions of axis {}, but with its pads the input has {}", covered, axis + 2, room + covered);
  }
  std::int64_t out = room / w.strides[axis] + 1;
  if (ceil_mode && room % w.strides[axis] != 0 && out * w.strides[axis] < w.in[axis] + w.pads_begin[axis]) ++out;
  return out;
}

void apply_auto_pad(Window& w, const std::string& mode) {
  for (std::size_t axis = 0; axis < w.rank(); ++axis) {
    w.pads_begin[axis] = w.pads_end[axis] = 0;
    if (mode == "VALID") continue;
    const std::int64_t out = (w.in[axis] + w.strides[axis] - 1) / w.strides[axis];
    const std::int64_t covered = w.dilations[axis] * (w.kernel[axis] - 1) + 1;
    const std::int64_t total = std::max<std::int64_t>((out - 1) * w.strides[axis] + covered - w.in[axis], 0);
    w.pads_begin[axis] = mode == "SAME_UPPER" ? total / 2 : total - total / 2;
    w.pads_end[axis] = total - w.pads_begin[axis];
  }
}

}  // namespace

Window window_of(const Node& node, const Shape& input, const std::vector<std::int64_t>& kernel) {
  if (input.size() < 3) throw Error("its input has rank {}; at least 3 is needed (N, C, and the picture's axes)", input.size());
  const std::size_t rank = input.size() - 2;
  if (kernel.size() != rank) throw Error("its kernel has {} axes, but the input has {} spatial ones", kernel.size(), rank);
  Window w;
  w.in.assign(input.begin() + 2, input.end());
  for (std::int64_t size : w.in) {
    if (size > kLargest) throw Error("an axis of {} is too long", size);
  }
  w.kernel = kernel;
  for (std::int64_t k : kernel) {
    if (k < 1 || k > kLargest) throw Error("a kernel of size {} is not possible", k);
  }
  w.strides = read_sizes(node, "strides", rank, 1, 1);
  w.dilations = read_sizes(node, "dilations", rank, 1, 1);
  const std::vector<std::int64_t> pads = read_sizes(node, "pads", 2 * rank, 0, 0);
  w.pads_begin.assign(pads.begin(), pads.begin() + static_cast<std::ptrdiff_t>(rank));
  w.pads_end.assign(pads.begin() + static_cast<std::ptrdiff_t>(rank), pads.end());
  const std::string mode = node.attributes.text("auto_pad", "NOTSET");
  if (mode == "VALID" || mode == "SAME_UPPER" || mode == "SAME_LOWER") apply_auto_pad(w, mode);
  else if (mode != "NOTSET" && !mode.empty()) throw Error("auto_pad '{}' is unknown", mode);
  for (std::size_t axis = 0; axis < rank; ++axis) {
    w.out.push_back(out_size(w, axis, node.attributes.integer("ceil_mode", 0) != 0));
  }
  return w;
}

}  // namespace halftone
