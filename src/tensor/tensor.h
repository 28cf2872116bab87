// A dense tensor in row-major order. Copies share memory; the first write to shared memory makes a copy of its own.
//
// Layouts other than row-major are the engine's business (engine/plan.h), never a Tensor's.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "base/error.h"
#include "tensor/data_type.h"
#include "tensor/shape.h"

namespace halftone {

class Tensor {
 public:
  Tensor() = default;                      // float32, shape [0]
  Tensor(DataType type, Shape shape);      // zeros, 64-byte aligned
  static Tensor uninitialized(DataType type, Shape shape);  // for a caller that writes every element

  // A tensor over memory of somebody else, which must outlive it and all its copies.
  static Tensor borrow(DataType type, Shape shape, void* data);

  template <typename T>
  static Tensor from(Shape shape, const std::vector<T>& values) {
    Tensor tensor(data_type_of<T>::value, std::move(shape));
    HALFTONE_CHECK(static_cast<std::int64_t>(values.size()) == tensor.size());
    std::span<T> out = tensor.mutable_values<T>();
    for (std::size_t i = 0; i < values.size(); ++i) out[i] = values[i];
    return tensor;
  }
  template <typename T>
  static Tensor scalar(T value) { return from<T>({}, std::vector<T>{value}); }

  DataType type() const { return type_; }
  const Shape& shape() const { return shape_; }
  std::int64_t rank() const { return static_cast<std::int64_t>(shape_.size()); }
  std::int64_t size() const { return size_; }  // elements
  std::size_t bytes() const { return static_cast<std::size_t>(size_) * size_of(type_); }

  const std::byte* data() const { return data_.get(); }
  std::byte* mutable_data();  // unshares

  template <typename T>
  std::span<const T> values() const {
    HALFTONE_CHECK(data_type_of<T>::value == type_);
    return {reinterpret_cast<const T*>(data_.get()), static_cast<std::size_t>(size_)};
  }
  template <typename T>
  std::span<T> mutable_values() {
    HALFTONE_CHECK(data_type_of<T>::value == type_);
    return {reinterpret_cast<T*>(mutable_data()), static_cast<std::size_t>(size_)};
  }

  // The same elements under another shape of the same size; shares memory.
  Tensor reshaped(Shape shape) const;

 private:
  DataType type_ = DataType::float32;
  Shape shape_ = {0};
  std::int64_t size_ = 0;
  std::shared_ptr<std::byte> data_;
};

// Elements converted to another type: between floats rounding to nearest even, float to integer towards zero (as ONNX
// Cast), to boolean x != 0. Out-of-range float to integer saturates; integers wrap, and so does all that goes to 4 bits.
Tensor convert(const Tensor& tensor, DataType type);

// Any numeric tensor as a list; for shapes, axes, bounds.
std::vector<std::int64_t> to_int64s(const Tensor& tensor);
std::vector<float> to_floats(const Tensor& tensor);

// Whether float32 elements are all numbers: no NaN, no infinity. True for other types.
bool is_finite(const Tensor& tensor);

float half_to_float(std::uint16_t bits);
float bfloat16_to_float(std::uint16_t bits);
std::uint16_t float_to_half(float value);
std::uint16_t float_to_bfloat16(float value);

}  // namespace halftone
