#include "operators/elementwise.h"

#include <algorithm>

namespace halftone {
namespace {

bool takes(Elements elements, DataType type) {
  const bool number = type == DataType::float32 || (is_integer(type) && type != DataType::int4 && type != DataType::uint4);
  switch (elements) {
    case Elements::floats: return type == DataType::float32;
    case Elements::numbers: return number;
    case Elements::integers: return number && !is_float(type);
    case Elements::booleans: return type == DataType::boolean;
    case Elements::numbers_and_booleans: return number || type == DataType::boolean;
  }
  return false;
}

const char* words_for(Elements elements) {
  switch (elements) {
    case Elements::floats: return "floats";
    case Elements::numbers: return "numbers";
    case Elements::integers: return "integers";
    case Elements::booleans: return "booleans";
    case Elements::numbers_and_booleans: return "numbers and booleans";
  }
  return "";
}

void require_one_type(const Call& call) {
  for (std::size_t i = 1; i < call.inputs.size(); ++i) {
    if (call.input(i).type == call.input(0).type) continue;
    throw Error("its inputs are {} and {}; they must be of one type", name_of(call.input(0).type), name_of(call.input(i).type));
  }
}

// Before opset 7 an operator broadcast by attributes: B stands at `axis` of A.
void refuse_old_broadcast(const Call& call) {
  if (call.node.version < 7 && call.attributes().integer("broadcast", 0) != 0) throw Error("its broadcast attribute (before opset 7) is not supported");
}

}  // namespace

void require_elements(const Call& call, std::size_t input, Elements elements) {
  if (!takes(elements, call.input(input).type)) throw Error("input {} is {}; it takes {}", input, name_of(call.input(input).type), words_for(elements));
}

std::optional<std::vector<TensorSpec>> unary_shapes(const Call& call, Elements elements) {
  require_inputs(call, 1, 1);
  require_elements(call, 0, elements);
  return same_as_first_input(call);
}

std::optional<std::vector<TensorSpec>> binary_shapes(const Call& call, Elements elements) {
  require_inputs(call, 2, 2);
  return variadic_shapes(call, elements);
}

std::optional<std::vector<TensorSpec>> comparison_shapes(const Call& call, Elements elements) {
  auto specs = binary_shapes(call, elements);
  (*specs)[0].type = DataType::boolean;
  return specs;
}

std::optional<std::vector<TensorSpec>> variadic_shapes(const Call& call, Elements elements) {
  require_inputs(call, std::max<std::size_t>(call.inputs.size(), 1), 100000);
  require_elements(call, 0, elements);
  require_one_type(call);
  refuse_old_broadcast(call);
  return broadcast_of_inputs(call);
}

}  // namespace halftone
