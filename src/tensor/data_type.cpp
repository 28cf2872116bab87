#include "tensor/data_type.h"

#include "base/error.h"

namespace halftone {
namespace {

struct TypeFacts {
  std::string_view name;
  std::size_t size;
  enum { floating, integer, other } kind;
};

const TypeFacts& facts(DataType type) {
  static constexpr TypeFacts table[] = {
      {"float32", 4, TypeFacts::floating}, {"float64", 8, TypeFacts::floating}, {"float16", 2, TypeFacts::floating},
      {"bfloat16", 2, TypeFacts::floating}, {"int8", 1, TypeFacts::integer},    {"uint8", 1, TypeFacts::integer},
      {"int16", 2, TypeFacts::integer},    {"uint16", 2, TypeFacts::integer},   {"int32", 4, TypeFacts::integer},
      {"uint32", 4, TypeFacts::integer},   {"int64", 8, TypeFacts::integer},    {"uint64", 8, TypeFacts::integer},
      {"bool", 1, TypeFacts::other},       {"int4", 1, TypeFacts::integer},     {"uint4", 1, TypeFacts::integer},
  };
  const auto index = static_cast<std::size_t>(type);
  HALFTONE_CHECK(index < sizeof table / sizeof table[0]);
  return table[index];
}

}  // namespace

std::size_t size_of(DataType type) { return facts(type).size; }
std::string_view name_of(DataType type) { return facts(type).name; }
bool is_float(DataType type) { return facts(type).kind == TypeFacts::floating; }
bool is_integer(DataType type) { return facts(type).kind == TypeFacts::integer; }

}  // namespace halftone
