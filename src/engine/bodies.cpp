#include "engine/bodies.h"

#include <algorithm>

#include "operators/bodies.h"

namespace halftone {
namespace {

constexpr std::int64_t kMostIterations = 1 << 20;

std::vector<Tensor> captured_of(const Node& node, const std::vector<const Tensor*>& inputs) {
  std::vector<Tensor> captured;
  for (std::size_t i = inputs.size() - node.captured; i < inputs.size(); ++i) captured.push_back(*inputs[i]);
  return captured;
}

bool holds(const Tensor& condition) {
  if (condition.type() != DataType::boolean || condition.size() != 1) throw Error("its condition is not one boolean");
  return condition.values<bool>()[0];
}

Tensor one(DataType type, std::int64_t value) { return convert(Tensor::scalar(value), type); }

// [count, ...] of as many tensors of one shape.
Tensor stacked(const std::vector<Tensor>& parts) {
  Shape shape = parts.front().shape();
  shape.insert(shape.begin(), std::ssize(parts));
  Tensor all(parts.front().type(), shape);
  std::byte* to = all.mutable_data();
  for (const Tensor& part : parts) {
    if (part.shape() != parts.front().shape()) throw Error("its iterations make {} and {}, which do not stack", to_string(parts.front().shape()), to_string(part.shape()));
    std::memcpy(to, part.data(), part.bytes());
    to += part.bytes();
  }
  return all;
}

}  // namespace

bool has_bodies(const Node& node) {
  const auto& attributes = node.attributes.all();
  return std::any_of(attributes.begin(), attributes.end(), [](const auto& entry) { return std::holds_alternative<std::shared_ptr<const Graph>>(entry.second); });
}

std::vector<Tensor> Bodies::run(const Node& node, const std::vector<const Tensor*>& inputs) {
  return node.type == "If" ? run_if(node, inputs) : run_loop(node, inputs);
}

std::vector<Tensor> Bodies::run_if(const Node& node, const std::vector<const Tensor*>& inputs) {
  return run_body(body_of(node, holds(*inputs[0]) ? "then_branch" : "else_branch"), captured_of(node, inputs));
}

std::vector<Tensor> Bodies::run_loop(const Node& node, const std::vector<const Tensor*>& inputs) {
  const Graph& body = body_of(node, "body");
  const std::vector<Tensor> captured = captured_of(node, inputs);
  const std::size_t states = inputs.size() - node.captured - 2;
  if (body.inputs().size() != states + 2 + captured.size() || body.outputs().size() < states + 1) throw Error("its body does not have its {} states", states);
  if (inputs[0] != nullptr && inputs[0]->size() != 1) throw Error("its trip count is not one number");
  const std::int64_t trips = inputs[0] == nullptr ? kMostIterations : to_int64s(*inputs[0]).at(0);
  if (trips > kMostIterations) throw Error("{} iterations are too many", trips);
  bool goes_on = inputs[1] == nullptr || holds(*inputs[1]);
  std::vector<Tensor> now;
  for (std::size_t i = 0; i < states; ++i) now.push_back(*inputs[i + 2]);
  std::vector<std::vector<Tensor>> scans(body.outputs().size() - states - 1);
  for (std::int64_t trip = 0; trip < trips && goes_on; ++trip) {
    std::vector<Tensor> arguments = {one(DataType::int64, trip), one(DataType::boolean, 1)};
    arguments.insert(arguments.end(), now.begin(), now.end());
    arguments.insert(arguments.end(), captured.begin(), captured.end());
    std::vector<Tensor> made = run_body(body, arguments);
    goes_on = holds(made[0]);
    for (std::size_t i = 0; i < states; ++i) now[i] = std::move(made[i + 1]);
    for (std::size_t i = 0; i < scans.size(); ++i) scans[i].push_back(std::move(made[i + states + 1]));
  }
  for (std::size_t i = 0; i < scans.size(); ++i) {
    now.push_back(scans[i].empty() ? Tensor(body.value(body.outputs()[i + states + 1]).type, {0}) : stacked(scans[i]));
  }
  return now;
}

std::vector<Tensor> Bodies::run_body(const Graph& body, const std::vector<Tensor>& inputs) {
  std::unique_ptr<Session>& session = sessions_[&body];
  if (session == nullptr) {
    Graph typed = body;  // captured values say nothing of their types and shapes
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      Value& value = typed.edit(typed.inputs()[i]);
      value.type = inputs[i].type();
      value.dims.reset();
    }
    infer_types(typed);
    session = std::make_unique<Session>(typed, Arithmetic::float32, threads_);
  }
  return session->run(inputs);
}

}  // namespace halftone
