// How deep the messages of an ONNX file stand within each other, told without recursion.
#pragma once

#include <cstddef>
#include <span>

namespace halftone {

constexpr int kMostNestedMessages = 100;  // protobuf's own limit; a body takes three, a sequence of a type two

// Of bodies within bodies and types within types; where the bytes are no messages any more, what was found so far.
int nesting_of_model(std::span<const std::byte> bytes);

}  // namespace halftone
