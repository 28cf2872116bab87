// References of elementwise operators.
#pragma once

#include <cmath>
#include <string>
#include <type_traits>
#include <vector>

#include "operators/broadcast.h"
#include "operators/operator.h"

namespace halftone {

// Calls body(T{}) with the C++ type of a numeric tensor type. Throws Error for booleans, and for floats that are widened.
template <typename Body>
void dispatch_numeric(DataType type, const Body& body) {
  switch (type) {
    case DataType::float32: return body(float{});
    case DataType::int8: return body(std::int8_t{});
    case DataType::uint8: return body(std::uint8_t{});
    case DataType::int16: return body(std::int16_t{});
    case DataType::uint16: return body(std::uint16_t{});
    case DataType::int32: return body(std::int32_t{});
    case DataType::uint32: return body(std::uint32_t{});
    case DataType::int64: return body(std::int64_t{});
    case DataType::uint64: return body(std::uint64_t{});
    default: throw Error("{} is not computed", name_of(type));
  }
}

template <typename Body>
void dispatch_integers(DataType type, const Body& body) {
  if (is_float(type)) throw Error("{} is not computed", name_of(type));
  dispatch_numeric(type, [&](auto zero) {
    if constexpr (std::is_integral_v<decltype(zero)>) body(zero);
  });
}

// Booleans too.
template <typename Body>
void dispatch_plain(DataType type, const Body& body) {
  if (type == DataType::boolean) return body(bool{});
  dispatch_numeric(type, body);
}

// Which element types an operator takes.
enum class Elements { floats, numbers, integers, booleans, numbers_and_booleans };
void require_elements(const Call& call, std::size_t input, Elements elements);

// Shape rules: one input, output like it; two inputs of one type, broadcast, output of that type or boolean; any number.
std::optional<std::vector<TensorSpec>> unary_shapes(const Call& call, Elements elements);
std::optional<std::vector<TensorSpec>> binary_shapes(const Call& call, Elements elements);
std::optional<std::vector<TensorSpec>> comparison_shapes(const Call& call, Elements elements);
std::optional<std::vector<TensorSpec>> variadic_shapes(const Call& call, Elements elements);

// y = f(x), of float32.
template <typename F>
void map_floats(const Call& call, std::span<Tensor> outputs, const F& f) {
  std::span<const float> x = call.tensor(0).values<float>();
  std::span<float> y = outputs[0].mutable_values<float>();
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = static_cast<float>(f(x[i]));
}

// y = f(x), of any number.
template <typename F>
void map_numbers(const Call& call, std::span<Tensor> outputs, const F& f) {
  dispatch_numeric(call.input(0).type, [&](auto zero) {
    using T = decltype(zero);
    std::span<const T> x = call.tensor(0).values<T>();
    std::span<T> y = outputs[0].mutable_values<T>();
    for (std::size_t i = 0; i < x.size(); ++i) y[i] = static_cast<T>(f(x[i]));
  });
}

template <typename F>
void map_integers(const Call& call, std::span<Tensor> outputs, const F& f) {
  dispatch_integers(call.input(0).type, [&](auto zero) {
    using T = decltype(zero);
    std::span<const T> x = call.tensor(0).values<T>();
    std::span<T> y = outputs[0].mutable_values<T>();
    for (std::size_t i = 0; i < x.size(); ++i) y[i] = static_cast<T>(f(x[i]));
  });
}

// y = f(a, b) of broadcast tensors with elements T; y has elements R.
template <typename T, typename R, typename F>
void map_pairs(const Tensor& a, const Tensor& b, Tensor& y, const F& f) {
  const T* left = reinterpret_cast<const T*>(a.data());
  const T* right = reinterpret_cast<const T*>(b.data());
  R* out = reinterpret_cast<R*>(y.mutable_data());
  for_each_run(y.shape(), {a.shape(), b.shape()}, [&](std::int64_t count, const std::vector<BroadcastPlace>& at) {
    const T *l = left + at[0].offset, *r = right + at[1].offset;
    for (std::int64_t i = 0; i < count; ++i) *out++ = static_cast<R>(f(l[i * at[0].step], r[i * at[1].step]));
  });
}

// The operators that fold a list of inputs: y = f(f(a, b), c).
template <typename T, typename F>
void fold_inputs(const Call& call, Tensor& y, const F& f) {
  Tensor sum = call.tensor(0);
  for (std::size_t i = 1; i < call.inputs.size(); ++i) {
    Tensor next(y.type(), broadcast_shapes(sum.shape(), call.input(i).shape));
    map_pairs<T, T>(sum, call.tensor(i), next, f);
    sum = std::move(next);
  }
  std::memcpy(y.mutable_data(), sum.data(), sum.bytes());
}

// Integers wrap, as they do in ONNX Runtime, without signed overflow.
template <typename T, typename F>
T wrapping(T a, T b, const F& f) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(f(static_cast<std::uint64_t>(a), static_cast<std::uint64_t>(b)));
  } else {
    return f(a, b);
  }
}

}  // namespace halftone
