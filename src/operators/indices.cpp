#include "operators/indices.h"

#include <algorithm>

#include "operators/elementwise.h"

namespace halftone {

void require_indices(const Call& call, std::size_t input) {
  const DataType type = call.input(input).type;
  if (type != DataType::int32 && type != DataType::int64) throw Error("its indices (input {}) are {}; they must be int32 or int64", input, name_of(type));
}

std::int64_t checked_index(std::int64_t index, std::int64_t size) {
  if (index < -size || index >= size) throw Error("index {} is beyond an axis of {}", index, size);
  return index < 0 ? index + size : index;
}

std::vector<std::int64_t> indices_of(const Tensor& indices, std::int64_t size) {
  std::vector<std::int64_t> checked = to_int64s(indices);
  for (std::int64_t& index : checked) index = checked_index(index, size);
  return checked;
}

void require_within(const Shape& indices, const Shape& data, std::size_t axis) {
  bool within = indices.size() == data.size();
  for (std::size_t i = 0; within && i < data.size(); ++i) within = i == axis || indices[i] <= data[i];
  if (!within) throw Error("indices {} do not fit data {} along axis {}", to_string(indices), to_string(data), axis);
}

ScatterRule scatter_rule(const Call& call) {
  const std::string name = call.attributes().text("reduction", "none");
  const std::pair<const char*, ScatterRule> rules[] = {
      {"none", ScatterRule::replace}, {"add", ScatterRule::add}, {"mul", ScatterRule::multiply}, {"max", ScatterRule::greatest}, {"min", ScatterRule::least}};
  for (const auto& [known, rule] : rules) {
    if (name == known) return rule;
  }
  throw Error("its reduction is '{}'; there are none, add, mul, max and min", name);
}

void scatter(ScatterRule rule, const Tensor& updates, std::int64_t from, Tensor& data, std::int64_t to, std::int64_t count) {
  const std::size_t width = size_of(data.type());
  if (rule == ScatterRule::replace) {
    std::memcpy(data.mutable_data() + static_cast<std::size_t>(to) * width, updates.data() + static_cast<std::size_t>(from) * width, static_cast<std::size_t>(count) * width);
    return;
  }
  dispatch_numeric(data.type(), [&](auto zero) {
    using T = decltype(zero);
    const T* update = updates.values<T>().data() + from;
    T* element = data.mutable_values<T>().data() + to;
    for (std::int64_t i = 0; i < count; ++i) {
      switch (rule) {
        case ScatterRule::add: element[i] = wrapping(element[i], update[i], [](auto a, auto b) { return a + b; }); break;
        case ScatterRule::multiply: element[i] = wrapping(element[i], update[i], [](auto a, auto b) { return a * b; }); break;
        case ScatterRule::greatest: element[i] = std::max(element[i], update[i]); break;
        case ScatterRule::least: element[i] = std::min(element[i], update[i]); break;
        case ScatterRule::replace: break;
      }
    }
  });
}

}  // namespace halftone
