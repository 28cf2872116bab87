// Unique: the different elements, or the different slices along an axis, in ascending order or (sorted 0) in that of their first
// occurrence; where each occurs first, which of them each element is, and how often each occurs. NaNs are equal, and greater than
// numbers. ONNX since 11.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "graph/encoding.h"
#include "operators/elementwise.h"

namespace halftone {
namespace {

// [outer, channels, inner]: the slices are the channels.
ChannelWalk slices_of(const Call& call) {
  const Shape& x = call.input(0).shape;
  if (!call.attributes().has("axis")) return channel_walk({element_count(x)}, 0);
  return channel_walk(x, static_cast<int>(normalized_axis(call.attributes().integer("axis", 0), std::ssize(x))));
}

template <typename T>
int compare(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(a) || std::isnan(b)) return static_cast<int>(std::isnan(a)) - static_cast<int>(std::isnan(b));
  }
  return a < b ? -1 : static_cast<int>(b < a);
}

// The slices in ascending order, equal ones in that of their occurrence, and for each whether it differs from the one before.
struct Sorted {
  std::vector<std::int64_t> order;
  std::vector<bool> is_new;
};

Sorted sorted_slices(const Tensor& x, const ChannelWalk& walk) {
  Sorted sorted{std::vector<std::int64_t>(static_cast<std::size_t>(walk.channels)), std::vector<bool>(static_cast<std::size_t>(walk.channels), true)};
  std::iota(sorted.order.begin(), sorted.order.end(), std::int64_t{0});
  const auto sort = [&]<typename T>(std::span<const T> values) {
    const auto difference = [&](std::int64_t a, std::int64_t b) {
      for (std::int64_t o = 0; o < walk.outer; ++o) {
        for (std::int64_t i = 0; i < walk.inner; ++i) {
          const auto at = [&](std::int64_t c) { return values[static_cast<std::size_t>((o * walk.channels + c) * walk.inner + i)]; };
          if (const int sign = compare<T>(at(a), at(b)); sign != 0) return sign;
        }
      }
      return 0;
    };
    std::stable_sort(sorted.order.begin(), sorted.order.end(), [&](std::int64_t a, std::int64_t b) { return difference(a, b) < 0; });
    for (std::size_t i = 1; i < sorted.order.size(); ++i) sorted.is_new[i] = difference(sorted.order[i - 1], sorted.order[i]) != 0;
  };
  if (is_float(x.type())) {
    sort(convert(x, DataType::float64).values<double>());
  } else {
    dispatch_plain(x.type(), [&](auto zero) { sort(x.values<decltype(zero)>()); });
  }
  return sorted;
}

struct Groups {
  std::vector<std::int64_t> first, count, of_slice;  // a group: where it occurs first, and how often; the group of each slice
};

Groups groups_of(const Call& call) {
  const Sorted sorted = sorted_slices(call.tensor(0), slices_of(call));
  Groups ascending;
  ascending.of_slice.resize(sorted.order.size());
  for (std::size_t i = 0; i < sorted.order.size(); ++i) {
    if (sorted.is_new[i]) {
      ascending.first.push_back(sorted.order[i]);
      ascending.count.push_back(0);
    }
    ++ascending.count.back();
    ascending.of_slice[static_cast<std::size_t>(sorted.order[i])] = std::ssize(ascending.first) - 1;
  }
  if (call.attributes().integer("sorted", 1) != 0) return ascending;
  std::vector<std::size_t> order(ascending.first.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return ascending.first[a] < ascending.first[b]; });
  Groups groups;
  std::vector<std::int64_t> place(order.size());
  for (std::size_t group : order) {
    place[group] = std::ssize(groups.first);
    groups.first.push_back(ascending.first[group]);
    groups.count.push_back(ascending.count[group]);
  }
  for (std::int64_t group : ascending.of_slice) groups.of_slice.push_back(place[static_cast<std::size_t>(group)]);
  return groups;
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, 1, 1);
  const ChannelWalk walk = slices_of(call);
  if (call.input(0).value == nullptr) return std::nullopt;
  const std::int64_t count = std::ssize(groups_of(call).first);
  Shape y = {count};
  if (call.attributes().has("axis")) {
    y = call.input(0).shape;
    y[static_cast<std::size_t>(normalized_axis(call.attributes().integer("axis", 0), std::ssize(y)))] = count;
  }
  return std::vector<TensorSpec>{{call.input(0).type, y}, {DataType::int64, {count}}, {DataType::int64, {walk.channels}}, {DataType::int64, {count}}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const ChannelWalk walk = slices_of(call);
  const Groups groups = groups_of(call);
  const std::size_t run = static_cast<std::size_t>(walk.inner) * size_of(outputs[0].type());
  std::byte* to = outputs[0].mutable_data();
  for (std::int64_t o = 0; o < walk.outer; ++o) {
    for (std::int64_t first : groups.first) {
      std::memcpy(to, call.tensor(0).data() + static_cast<std::size_t>(o * walk.channels + first) * run, run);
      to += run;
    }
  }
  std::copy(groups.first.begin(), groups.first.end(), outputs[1].mutable_values<std::int64_t>().begin());
  std::copy(groups.of_slice.begin(), groups.of_slice.end(), outputs[2].mutable_values<std::int64_t>().begin());
  std::copy(groups.count.begin(), groups.count.end(), outputs[3].mutable_values<std::int64_t>().begin());
}

std::vector<DataType> types(const Node&, const std::vector<DataType>& inputs) { return {inputs[0], DataType::int64, DataType::int64, DataType::int64}; }

}  // namespace

extern const Operator kUnique{.type = "Unique", .since = 11, .shapes = shapes, .grid = GridRule::none, .reference = reference, .floats = Floats::any, .types = types};

}  // namespace halftone
