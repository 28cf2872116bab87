#include "engine/bodies.h"

#include <algorithm>

#include "operators/bodies.h"
#include "operators/flex_attention.h"

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

// As many tensors of one shape along a new axis.
Tensor stacked(const std::vector<Tensor>& parts, const Scanned& how = {}) {
  Shape shape = parts.front().shape();
  const auto axis = static_cast<std::size_t>(normalized_axis(how.axis, std::ssize(shape) + 1));
  shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis), std::ssize(parts));
  Tensor all(parts.front().type(), shape);
  const ChannelWalk walk = channel_walk(shape, static_cast<int>(axis));
  const std::size_t run = static_cast<std::size_t>(walk.inner) * size_of(all.type());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Tensor& part = parts[how.backwards ? parts.size() - 1 - i : i];
    if (part.type() != all.type() || part.shape() != parts.front().shape()) throw Error("its iterations make {} and {}, which do not stack", to_string(parts.front().shape()), to_string(part.shape()));
    for (std::size_t o = 0; o < static_cast<std::size_t>(walk.outer); ++o) std::memcpy(all.mutable_data() + (o * parts.size() + i) * run, part.data() + o * run, run);
  }
  return all;
}

// Element `index` along an axis, without it.
Tensor element(const Tensor& tensor, std::int64_t axis, std::int64_t index) {
  Shape shape = tensor.shape();
  const ChannelWalk walk = channel_walk(shape, static_cast<int>(axis));
  shape.erase(shape.begin() + axis);
  Tensor part = Tensor::uninitialized(tensor.type(), shape);
  const std::size_t run = static_cast<std::size_t>(walk.inner) * size_of(tensor.type());
  for (std::int64_t o = 0; o < walk.outer; ++o) std::memcpy(part.mutable_data() + static_cast<std::size_t>(o) * run, tensor.data() + static_cast<std::size_t>(o * walk.channels + index) * run, run);
  return part;
}

}  // namespace

bool has_bodies(const Node& node) {
  const auto& attributes = node.attributes.all();
  return std::any_of(attributes.begin(), attributes.end(), [](const auto& entry) { return std::holds_alternative<std::shared_ptr<const Graph>>(entry.second); });
}

std::vector<Tensor> Bodies::run(const Node& node, const std::vector<const Tensor*>& inputs) {
  if (node.type == "If") return run_if(node, inputs);
  if (node.type == "Loop") return run_loop(node, inputs);
  return node.type == "Scan" ? run_scan(node, inputs) : run_flex_attention(node, inputs);
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
  for (std::size_t i = 0; i < states; ++i) {
    if (inputs[i + 2] == nullptr) throw Error("input {} is missing", i + 2);
    now.push_back(*inputs[i + 2]);
  }
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

std::vector<Tensor> Bodies::run_scan(const Node& node, const std::vector<const Tensor*>& inputs) {
  const ScanSpec spec = scan_spec(node);
  if (spec.batched) return run_scan_of_batches(node, spec, inputs);
  std::vector<Tensor> formal;
  for (std::size_t i = 0; i < spec.states + spec.inputs.size(); ++i) formal.push_back(*inputs[i]);
  return scan(body_of(node, "body"), spec, std::move(formal), captured_of(node, inputs));
}

// Opset 8: each element of the batch for itself.
std::vector<Tensor> Bodies::run_scan_of_batches(const Node& node, const ScanSpec& spec, const std::vector<const Tensor*>& inputs) {
  const std::size_t count = spec.states + spec.inputs.size();
  const Shape& first = inputs[1]->shape();
  std::vector<std::vector<Tensor>> made(spec.states + spec.outputs.size());
  for (std::int64_t b = 0; b < (first.empty() ? 0 : first[0]); ++b) {
    std::vector<Tensor> formal;
    for (std::size_t i = 1; i <= count; ++i) {
      if (inputs[i]->shape().empty() || inputs[i]->shape()[0] != first[0]) throw Error("its inputs {} and {} are not of one batch", to_string(first), to_string(inputs[i]->shape()));
      formal.push_back(element(*inputs[i], 0, b));
    }
    std::vector<Tensor> results = scan(body_of(node, "body"), spec, std::move(formal), captured_of(node, inputs));
    for (std::size_t i = 0; i < made.size(); ++i) made[i].push_back(std::move(results[i]));
  }
  std::vector<Tensor> outputs;
  for (const std::vector<Tensor>& parts : made) {
    if (parts.empty()) throw Error("its batch {} is empty", to_string(first));
    outputs.push_back(stacked(parts));
  }
  return outputs;
}

std::vector<Tensor> Bodies::scan(const Graph& body, const ScanSpec& spec, std::vector<Tensor> formal, const std::vector<Tensor>& captured) {
  std::vector<Tensor> now(formal.begin(), formal.begin() + static_cast<std::ptrdiff_t>(spec.states));
  std::vector<std::int64_t> axes;
  std::int64_t steps = 0;
  for (std::size_t i = 0; i < spec.inputs.size(); ++i) {
    const Shape& shape = formal[spec.states + i].shape();
    axes.push_back(normalized_axis(spec.inputs[i].axis, std::ssize(shape)));
    const std::int64_t size = shape[static_cast<std::size_t>(axes[i])];
    if (i > 0 && size != steps) throw Error("its scanned inputs have {} and {} steps", steps, size);
    steps = size;
  }
  std::vector<std::vector<Tensor>> scans(spec.outputs.size());
  for (std::int64_t step = 0; step < steps; ++step) {
    std::vector<Tensor> arguments = now;
    for (std::size_t i = 0; i < spec.inputs.size(); ++i) arguments.push_back(element(formal[spec.states + i], axes[i], spec.inputs[i].backwards ? steps - 1 - step : step));
    arguments.insert(arguments.end(), captured.begin(), captured.end());
    std::vector<Tensor> made = run_body(body, arguments);
    for (std::size_t i = 0; i < spec.states; ++i) now[i] = std::move(made[i]);
    for (std::size_t i = 0; i < scans.size(); ++i) scans[i].push_back(std::move(made[spec.states + i]));
  }
  for (std::size_t i = 0; i < scans.size(); ++i) {
    now.push_back(scans[i].empty() ? Tensor(body.value(body.outputs()[spec.states + i]).type, {0}) : stacked(scans[i], spec.outputs[i]));
  }
  return now;
}

std::vector<Tensor> Bodies::run_flex_attention(const Node& node, const std::vector<const Tensor*>& inputs) {
  std::vector<Tensor> floats;
  std::vector<Operand> operands;
  for (std::size_t i = 0; i < 3; ++i) floats.push_back(convert(*inputs[i], DataType::float32));
  for (const Tensor& tensor : floats) operands.push_back({true, tensor.type(), tensor.shape(), &tensor});
  const Call call{node, operands};
  const auto modified = [&](const char* attribute, const Tensor& scores) {
    if (!node.attributes.has(attribute)) return scores;
    std::vector<Tensor> arguments = captured_of(node, inputs);
    arguments.insert(arguments.begin(), convert(scores, score_type(node, inputs[0]->type())));
    const Graph& body = body_of(node, attribute);
    if (body.inputs().size() != arguments.size() || body.outputs().size() != 1) throw Error("its {} is not from one tensor to one", attribute);
    const Tensor made = convert(run_body(body, arguments)[0], DataType::float32);
    if (made.shape() != scores.shape()) throw Error("its {} makes {} of {}", attribute, to_string(made.shape()), to_string(scores.shape()));
    return made;
  };
  const Tensor probabilities = attention_probabilities(modified("score_mod", attention_scores(call)));
  return {convert(attention_values(call, modified("prob_mod", probabilities)), inputs[0]->type())};
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
