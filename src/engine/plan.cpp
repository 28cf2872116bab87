#include "engine/plan.h"

#include <algorithm>
#include <numeric>

namespace halftone {

void take_over(std::vector<Buffer>& buffers, const std::vector<Takeover>& takeovers) {
  for (const Takeover& takeover : takeovers) {
    Buffer& to = buffers[static_cast<std::size_t>(takeover.to.index)];
    const std::int32_t above = buffers[static_cast<std::size_t>(takeover.from.index)].within, owner = above >= 0 ? above : takeover.from.index;
    Buffer& from = buffers[static_cast<std::size_t>(owner)];
    if (from.constant != nullptr || from.last_step != takeover.step || to.within >= 0 || to.bytes != from.bytes) continue;
    to.within = owner;
    from.last_step = to.last_step;
  }
}

std::size_t assign_offsets(std::vector<Buffer>& buffers) {
  constexpr std::size_t kAlignment = 64;
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    if (buffers[i].constant == nullptr && buffers[i].first_step >= 0 && buffers[i].within < 0) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return buffers[a].bytes > buffers[b].bytes; });
  std::vector<std::size_t> placed;
  std::size_t arena = 0;
  for (std::size_t i : order) {
    Buffer& buffer = buffers[i];
    std::vector<std::pair<std::size_t, std::size_t>> busy;  // [begin, end) of buffers alive at the same time
    for (std::size_t j : placed) {
      const Buffer& other = buffers[j];
      if (other.first_step <= buffer.last_step && buffer.first_step <= other.last_step) {
        busy.emplace_back(other.offset, other.offset + other.bytes);
      }
    }
    std::sort(busy.begin(), busy.end());
    std::size_t offset = 0;
    for (const auto& [begin, end] : busy) {
      if (offset + buffer.bytes <= begin) break;
      offset = std::max(offset, (end + kAlignment - 1) / kAlignment * kAlignment);
    }
    buffer.offset = offset;
    arena = std::max(arena, offset + buffer.bytes);
    placed.push_back(i);
  }
  for (Buffer& buffer : buffers) {
    if (buffer.within >= 0) buffer.offset = buffers[static_cast<std::size_t>(buffer.within)].offset;
  }
  return arena;
}

}  // namespace halftone
