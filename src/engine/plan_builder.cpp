#include "engine/plan_builder.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "engine/conversions.h"
#include "engine/cpu/implementation.h"
#include "kernels/layout.h"

namespace halftone {

LayoutExtent layout_extent(const Shape& shape) {
  HALFTONE_CHECK(shape.size() >= 2);
  LayoutExtent extent{shape[0], shape[1], 1};
  for (std::size_t i = 2; i < shape.size(); ++i) extent.positions *= shape[i];
  return extent;
}

PlanBuilder::PlanBuilder(const Graph& graph, Arithmetic arithmetic, int threads, const std::set<ValueId>& taps)
    : graph_(graph), arithmetic_(arithmetic), threads_(threads), taps_(taps) {}

std::unique_ptr<Plan> PlanBuilder::build(std::span<const PlannedInput> inputs, const Computed& before) {
  plan_ = std::make_unique<Plan>();
  for (const PlannedInput& input : inputs) specs_[input.value] = {input.type, input.shape};
  for (ValueId id : graph_.values()) {
    const Value& value = graph_.value(id);
    if (!value.is_constant()) continue;
    specs_[id] = {value.constant->type(), value.constant->shape()};
    const bool on_grid = simulated() && value.encoding && !value.encoding->placed_only();
    known_[id] = on_grid ? dequantize(quantize(*value.constant, *value.encoding), *value.encoding, value.constant->shape())
                         : *value.constant;
  }
  for (const auto& [id, tensor] : before.known) {
    specs_[id] = {tensor.type(), tensor.shape()};
    known_[id] = tensor;
  }
  done_ = before.done;
  const std::vector<NodeId> order = graph_.topological_order();
  for (NodeId id : order) infer(graph_.node(id));
  plan_inputs(inputs);
  for (NodeId id : order) plan_node(graph_.node(id));
  plan_outputs();
  take_over(plan_->buffers, takeovers_);
  plan_->arena_bytes = assign_offsets(plan_->buffers);
  std::stable_sort(plan_->taps.begin(), plan_->taps.end(), [](const Location& a, const Location& b) { return a.after < b.after; });
  plan_->after.done = std::move(done_);
  return std::move(plan_);
}

bool PlanBuilder::is_later(const Node& node) const {
  return std::any_of(node.inputs.begin(), node.inputs.end(), [&](ValueId id) { return id != ValueId::none && !specs_.contains(id); });
}

void PlanBuilder::infer(const Node& node) {
  if (done_.contains(node.id)) return;
  if (is_later(node)) {
    later_.insert(node.id);
    return;
  }
  const Operator* op = find_operator(node);
  if (op == nullptr) throw Error("{}{}: the operator (opset {}) is not supported", origin(graph_), describe(node), node.version);
  try {
    const Call the_call = call(node);
    const std::optional<std::vector<TensorSpec>> specs = shapes_of(*op, the_call);
    if (!specs) {
      plan_->waiting.push_back(node.id);
      later_.insert(node.id);
      return;
    }
    bool all_known = true;
    for (const Operand& operand : the_call.inputs) all_known = all_known && (!operand.present || operand.value != nullptr || op->reads_shapes_only);
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      if (node.outputs[i] == ValueId::none) continue;
      if (i >= specs->size()) throw Error("it has {} outputs; at most {} are supported", node.outputs.size(), specs->size());
      specs_[node.outputs[i]] = (*specs)[i];
    }
    if (!all_known || (graph_.encoding(node.output()) != nullptr && simulated())) return;
    std::vector<Tensor> outputs = computed(*op, the_call, *specs);
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      if (node.outputs[i] != ValueId::none) known_[node.outputs[i]] = std::move(outputs[i]);
    }
    done_.insert(node.id);
  } catch (const Cancelled&) {
    throw;
  } catch (const Error& error) {
    throw Error("{}{}: {}; {}", origin(graph_), describe(node), error.what(), inputs_in_words(node));
  }
}

std::string PlanBuilder::inputs_in_words(const Node& node) const {
  constexpr std::size_t kMost = 5;
  std::vector<std::string> words;
  for (ValueId id : node.inputs) {
    if (words.size() == kMost) break;
    if (id != ValueId::none) words.push_back(fmt::format("'{}' ({} {})", graph_.value(id).name, name_of(type(id)), to_string(shape(id))));
  }
  if (words.empty()) return "it has no inputs";
  return fmt::format("its {} {}{}", words.size() == 1 ? "input is" : "inputs are", join(words, ", "), node.inputs.size() > kMost ? ", ..." : "");
}

void PlanBuilder::plan_inputs(std::span<const PlannedInput> inputs) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const ValueId id = inputs[i].value;
    const Form form = stored_form(id, inputs[i].form);
    const BufferRef buffer = new_buffer(bytes_of(id));
    use(buffer, 0);
    plan_->inputs.push_back({id, buffer, form, type(id), shape(id), -1});
    const Encoding* encoding = grid(id);
    HALFTONE_CHECK(!form.codes || encoding != nullptr);
    if (encoding == nullptr || form.codes) {
      stored_[id] = {{form, buffer}};
    } else {
      const BufferRef codes = new_buffer(bytes_of(id));
      push(make_quantize_step(element_count(shape(id)), code_grid(*encoding), buffer, codes), std::array{buffer}, std::array{codes});
      stored_[id] = {{{form.layout, true}, codes}};
    }
    if (inputs[i].is_new) fresh_.push_back(id);
  }
  plan_->step_nodes.resize(plan_->steps.size(), NodeId::none);
  place_taps();
}

void PlanBuilder::plan_node(const Node& node) {
  if (done_.contains(node.id) || later_.contains(node.id)) return;
  report_ = {node.name, "", ""};
  try {
    for (const cpu::Implementation& candidate : cpu::implementations_of(node.type)) {
      if (const char* reason = candidate.declines(node, *this)) {
        report_.declined += fmt::format("{}{}: {}", report_.declined.empty() ? "" : "; ", candidate.name, reason);
        continue;
      }
      report_.implementation = candidate.name;
      candidate.prepare(node, *this);
      plan_->step_nodes.resize(plan_->steps.size(), node.id);
      break;
    }
  } catch (const Error& error) {
    throw Error("{}{}: {}", origin(graph_), describe(node), error.what());
  }
  HALFTONE_CHECK(!report_.implementation.empty());
  done_.insert(node.id);
  plan_->reports.push_back(report_);
  place_taps();
}

// What this plan has and nodes beyond it read; graph outputs first.
std::vector<ValueId> PlanBuilder::wanted_later() const {
  std::vector<ValueId> wanted;
  const auto want = [&](ValueId id) {
    if (id != ValueId::none && specs_.contains(id) && std::find(wanted.begin(), wanted.end(), id) == wanted.end()) wanted.push_back(id);
  };
  for (ValueId id : graph_.outputs()) want(id);
  for (NodeId node : later_) {
    for (ValueId id : graph_.node(node).inputs) want(id);
  }
  return wanted;
}

void PlanBuilder::plan_outputs() {
  for (ValueId id : wanted_later()) {
    if (known(id) != nullptr && !graph_.is_output(id)) {
      if (!graph_.value(id).is_constant()) plan_->after.known.emplace(id, *known(id));
      continue;
    }
    const BufferRef buffer = input(id, {});
    pending_reads_.clear();
    plan_->outputs.push_back({id, buffer, {}, type(id), shape(id), -1});
  }
  for (ValueId id : taps_) {
    if (!known_.contains(id) || graph_.value(id).is_constant() || type(id) != DataType::float32) continue;
    plan_->taps.push_back({id, input(id, {}), {}, type(id), shape(id), -1});
    pending_reads_.clear();
  }
  // They are read when all steps have run, those too that bring other outputs into their form.
  for (const Location& output : plan_->outputs) use(output.buffer, static_cast<int>(plan_->steps.size()));
}

void PlanBuilder::place_taps() {
  const int after = static_cast<int>(plan_->steps.size()) - 1;
  for (ValueId id : std::exchange(fresh_, {})) {
    if (!taps_.contains(id) || type(id) != DataType::float32) continue;
    const Stored& stored = stored_.at(id).front();
    use(stored.buffer, std::max(after, 0));
    plan_->taps.push_back({id, stored.buffer, stored.form, type(id), shape(id), after});
  }
}

const Tensor* PlanBuilder::known(ValueId id) const {
  const auto found = known_.find(id);
  return found == known_.end() ? nullptr : &found->second;
}

Call PlanBuilder::call(const Node& node) const {
  operands_.assign(node.inputs.size(), Operand{});
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const ValueId id = node.inputs[i];
    if (id == ValueId::none) continue;
    operands_[i] = {true, type(id), shape(id), known(id)};
  }
  return {node, operands_};
}

const Encoding* PlanBuilder::grid(ValueId id) const {
  if (!simulated() || id == ValueId::none) return nullptr;
  const Encoding* encoding = graph_.encoding(id);
  if (encoding == nullptr || encoding->placed_only() || !encoding->per_tensor() || type(id) != DataType::float32) return nullptr;
  return encoding;
}

bool PlanBuilder::is_hidden(ValueId id) const {
  if (graph_.only_reader(id) == nullptr || grid(id) != nullptr) return false;
  const Node* producer = graph_.producer(id);
  const bool rounded_over = producer != nullptr && grid(producer->input(0)) != nullptr;
  return !taps_.contains(id) || rounded_over;
}

bool PlanBuilder::is_ready(ValueId id) const { return stored_.contains(id) || known_.contains(id); }

bool PlanBuilder::keeps_codes(const Node& node) const {
  const Encoding *in = grid(node.input(0)), *out = grid(node.output());
  return in != nullptr && out != nullptr && *in == *out && known(node.input(0)) == nullptr;
}

std::size_t PlanBuilder::bytes_of(ValueId id) const {
  return static_cast<std::size_t>(element_count(shape(id))) * size_of(type(id));
}

Form PlanBuilder::stored_form(ValueId id, Form form) const {
  const Shape& s = shape(id);
  if (s.size() < 3 || size_of(type(id)) != 4) form.layout = Layout::plain;  // conversions are of float32
  if (form.layout == Layout::channels_last) {
    const LayoutExtent extent = layout_extent(s);
    if (extent.channels == 1 || extent.positions == 1) form.layout = Layout::plain;
  }
  return form;
}

BufferRef PlanBuilder::new_buffer(std::size_t bytes) {
  plan_->buffers.push_back({std::max<std::size_t>(bytes, 4)});
  return {static_cast<std::int32_t>(plan_->buffers.size()) - 1};
}

BufferRef PlanBuilder::constant_buffer(const Tensor& tensor) {
  plan_->kept.push_back(tensor);
  const BufferRef ref = new_buffer(tensor.bytes());
  plan_->buffers.back().constant = plan_->kept.back().data();
  return ref;
}

const PlanBuilder::Stored* PlanBuilder::stored(ValueId id, Form form) const {
  const auto found = stored_.find(id);
  if (found == stored_.end()) return nullptr;
  for (const Stored& candidate : found->second) {
    if (candidate.form == form) return &candidate;
  }
  return nullptr;
}

BufferRef PlanBuilder::input(ValueId id, Form wanted) {
  const Form form = stored_form(id, wanted);
  BufferRef buffer;
  if (const Stored* found = stored(id, form)) buffer = found->buffer;
  else if (known(id) != nullptr) buffer = constant_input(id, form);
  else buffer = convert(id, Stored(stored_.at(id).front()), form);
  pending_reads_.push_back(buffer);
  return buffer;
}

BufferRef PlanBuilder::constant_input(ValueId id, Form form) {
  Tensor tensor = known_.at(id);
  if (form.codes) {
    HALFTONE_CHECK(grid(id) != nullptr);
    Tensor codes(DataType::float32, tensor.shape());
    quantize_to_codes(tensor.values<float>().data(), tensor.size(), code_grid(*grid(id)), codes.mutable_values<float>().data());
    tensor = codes;
  }
  if (form.layout == Layout::channels_last) {
    const LayoutExtent extent = layout_extent(tensor.shape());
    Tensor last(DataType::float32, tensor.shape());
    transpose_inner(tensor.values<float>().data(), extent.batch, extent.channels, extent.positions,
                    last.mutable_values<float>().data(), threads_);
    tensor = last;
  }
  const BufferRef buffer = constant_buffer(tensor);
  stored_[id].push_back({form, buffer});
  return buffer;
}

BufferRef PlanBuilder::convert(ValueId id, const Stored& from, Form to) {
  HALFTONE_CHECK(size_of(type(id)) == 4);
  Stored now = from;
  const std::int64_t count = element_count(shape(id));
  if (now.form.codes != to.codes) {
    HALFTONE_CHECK(grid(id) != nullptr);
    const BufferRef changed = new_buffer(bytes_of(id));
    auto step = to.codes ? make_quantize_step(count, code_grid(*grid(id)), now.buffer, changed)
                         : make_dequantize_step(count, grid(id)->scale[0], now.buffer, changed);
    may_overwrite(now.buffer, changed);
    push(std::move(step), std::array{now.buffer}, std::array{changed});
    now = {{now.form.layout, to.codes}, changed};
    stored_[id].push_back(now);
  }
  if (now.form.layout != to.layout) {
    const BufferRef changed = new_buffer(bytes_of(id));
    push(make_layout_step(layout_extent(shape(id)), to.layout, now.buffer, changed), std::array{now.buffer}, std::array{changed});
    now = {to, changed};
    stored_[id].push_back(now);
  }
  return now.buffer;
}

BufferRef PlanBuilder::output(ValueId id, Form wanted) {
  const Form form = stored_form(id, wanted);
  const BufferRef buffer = new_buffer(bytes_of(id));
  pending_writes_.push_back(buffer);
  fresh_.push_back(id);
  if (grid(id) != nullptr && !form.codes) {
    pending_quantize_.push_back({id, buffer, form.layout});
  } else {
    stored_[id].push_back({form, buffer});
  }
  return buffer;
}

BufferRef PlanBuilder::scratch(std::size_t bytes) {
  const BufferRef buffer = new_buffer(bytes);
  pending_writes_.push_back(buffer);
  return buffer;
}

void PlanBuilder::alias(ValueId id, BufferRef buffer, Form form) {
  stored_[id].push_back({stored_form(id, form), buffer});
  pending_reads_.clear();
  if (grid(id) != nullptr && !form.codes) {
    const Layout layout = stored_[id].front().form.layout;
    const BufferRef codes = new_buffer(bytes_of(id));
    push(make_quantize_step(element_count(shape(id)), code_grid(*grid(id)), buffer, codes), std::array{buffer}, std::array{codes});
    stored_[id] = {{{layout, true}, codes}};
  }
  fresh_.push_back(id);
}

void PlanBuilder::may_overwrite(BufferRef from, BufferRef to) { takeovers_.push_back({from, to, static_cast<int>(plan_->steps.size())}); }

void PlanBuilder::add_step(std::unique_ptr<Step> step) {
  const std::vector<BufferRef> reads = std::exchange(pending_reads_, {}), writes = std::exchange(pending_writes_, {});
  push(std::move(step), reads, writes);
  for (const PendingQuantize& pending : std::exchange(pending_quantize_, {})) {
    const BufferRef codes = new_buffer(bytes_of(pending.value));
    may_overwrite(pending.real, codes);
    push(make_quantize_step(element_count(shape(pending.value)), code_grid(*grid(pending.value)), pending.real, codes),
         std::array{pending.real}, std::array{codes});
    stored_[pending.value].push_back({{pending.layout, true}, codes});
  }
}

void PlanBuilder::push(std::unique_ptr<Step> step, std::span<const BufferRef> reads, std::span<const BufferRef> writes) {
  const int index = static_cast<int>(plan_->steps.size());
  for (BufferRef buffer : reads) use(buffer, index);
  for (BufferRef buffer : writes) use(buffer, index);
  plan_->steps.push_back(std::move(step));
}

void PlanBuilder::use(BufferRef ref, int step) {
  Buffer& buffer = plan_->buffers[static_cast<std::size_t>(ref.index)];
  buffer.first_step = buffer.first_step < 0 ? step : std::min(buffer.first_step, step);
  buffer.last_step = std::max(buffer.last_step, step);
}

}  // namespace halftone
