#include "data/model_input.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.h"

namespace halftone {
namespace {

std::string describe(const std::vector<Dimension>& dims) {
  std::string text = "[";
  for (std::size_t i = 0; i < dims.size(); ++i) {
    const Dimension& dim = dims[i];
    const std::string size = dim.size >= 0 ? fmt::format("{}", dim.size) : dim.symbol.empty() ? "?" : dim.symbol;
    text += (i > 0 ? ", " : "") + size;
  }
  return text + "]";
}

bool is_whole(DataType type) { return is_integer(type) || type == DataType::boolean; }

std::pair<std::int64_t, std::int64_t> bounds_of(DataType type) {
  const auto bounds = [](auto zero) {
    using Limits = std::numeric_limits<decltype(zero)>;
    const auto most = static_cast<std::uint64_t>(Limits::max());
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return std::pair(static_cast<std::int64_t>(Limits::min()), static_cast<std::int64_t>(std::min(most, kMost)));
  };
  switch (type) {
    case DataType::int8: return bounds(std::int8_t{});
    case DataType::uint8: return bounds(std::uint8_t{});
    case DataType::int16: return bounds(std::int16_t{});
    case DataType::uint16: return bounds(std::uint16_t{});
    case DataType::int32: return bounds(std::int32_t{});
    case DataType::uint32: return bounds(std::uint32_t{});
    case DataType::uint64: return bounds(std::uint64_t{});
    case DataType::int4: return {-8, 7};
    case DataType::uint4: return {0, 15};
    default: return bounds(std::int64_t{});
  }
}

void check_values_fit(const Tensor& tensor, const InputSpec& input, const std::string& where) {
  const auto [least, most] = bounds_of(input.type);
  const Tensor wide = convert(tensor, DataType::int64);
  for (const std::int64_t value : wide.values<std::int64_t>()) {
    // A uint64 beyond int64 became negative: no input type but uint64 itself holds it.
    const bool lost = tensor.type() == DataType::uint64 && value < 0;
    if (value < least || value > most || lost) {
      throw Error("{}: holds {}{}, which {} cannot hold", where, lost ? "more than 2^63, as " : "", value, describe(input));
    }
  }
}

}  // namespace

std::string describe(const InputSpec& input) {
  if (input.dims.empty()) return fmt::format("input '{}' ({})", input.name, name_of(input.type));
  return fmt::format("input '{}' ({} {})", input.name, name_of(input.type), describe(input.dims));
}

void check_shape(const Shape& shape, const InputSpec& input, std::size_t from_axis, const std::string& where) {
  if (input.dims.empty()) return;
  bool fits = shape.size() == input.dims.size();
  for (std::size_t i = from_axis; fits && i < shape.size(); ++i) {
    fits = input.dims[i].size < 0 || input.dims[i].size == shape[i];
  }
  if (fits) return;
  throw Error("{}: has shape {}, but the model's input '{}' takes {}{}", where, to_string(shape), input.name,
              describe(input.dims), from_axis == 1 ? " (the first axis counts samples)" : "");
}

void check_type(DataType type, const InputSpec& input, const std::string& where) {
  if (type == input.type) return;
  if (is_float(type) && is_float(input.type)) return;
  if (is_whole(type) && is_integer(input.type)) return;
  const bool pixels = type == DataType::uint8 && is_float(input.type);
  throw Error("{}: holds {}, but the model's input '{}' takes {}; save it as that{}", where, name_of(type), input.name,
              name_of(input.type), pixels ? " (uint8 pictures must be N H W C, C 1 or 3)" : "");
}

Tensor fit_type(const Tensor& tensor, const InputSpec& input, const std::string& where) {
  check_type(tensor.type(), input, where);
  if (tensor.type() == input.type) return tensor;
  if (is_integer(tensor.type())) check_values_fit(tensor, input, where);
  return convert(tensor, input.type);
}

}  // namespace halftone
