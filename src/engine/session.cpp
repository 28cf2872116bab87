#include "engine/session.h"

#include <omp.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <list>
#include <map>
#include <set>

#include "base/memory.h"
#include "base/text.h"
#include "engine/bodies.h"
#include "engine/plan.h"
#include "engine/plan_builder.h"
#include "operators/operator.h"

namespace halftone {
namespace {

constexpr std::size_t kCachedPlans = 2;  // the full batch and the rest at the end

// oneDNN takes the number of threads from OpenMP when a primitive is made and when it runs.
class ThreadScope {
 public:
  explicit ThreadScope(int threads) : before_(omp_get_max_threads()) { omp_set_num_threads(threads); }
  ~ThreadScope() { omp_set_num_threads(before_); }
  ThreadScope(const ThreadScope&) = delete;
  ThreadScope& operator=(const ThreadScope&) = delete;

 private:
  int before_;
};

// Memory that grows to what the largest plan needs.
class Arena {
 public:
  std::byte* of(std::size_t bytes) {
    constexpr std::size_t kPage = 4096;
    if (bytes > size_) {
      memory_.reset();
      size_ = (bytes + kPage - 1) / kPage * kPage;
      memory_.reset(static_cast<std::byte*>(std::aligned_alloc(kPage, size_)));
      if (memory_ == nullptr) {
        const std::size_t wanted = std::exchange(size_, 0);
        throw Error("out of memory: {} bytes for the values of one batch; use a smaller batch", wanted);
      }
    }
    return memory_.get();
  }

 private:
  struct Free {
    void operator()(std::byte* p) const { std::free(p); }
  };
  std::unique_ptr<std::byte, Free> memory_;
  std::size_t size_ = 0;
};

// What a plan was made with: known contents follow from the shapes of earlier plans.
bool same(const Computed& a, const Computed& b) {
  return a.done == b.done && std::equal(a.known.begin(), a.known.end(), b.known.begin(), b.known.end(), [](const auto& x, const auto& y) {
           return x.first == y.first && x.second.type() == y.second.type() && x.second.shape() == y.second.shape() && std::memcmp(x.second.data(), y.second.data(), x.second.bytes()) == 0;
         });
}

}  // namespace

struct Session::State {
  struct Cached {
    std::vector<PlannedInput> inputs;
    Computed before;
    std::unique_ptr<Plan> plan;
  };
  using Fill = std::function<void(std::size_t, std::byte*)>;

  Graph graph;
  Arithmetic arithmetic;
  int threads;
  std::set<ValueId> taps;
  std::vector<std::list<Cached>> plans;  // of the whole graph, of what it leaves, ...; most recently used first
  Arena arena;
  Bodies bodies{1};

  Plan& plan_for(std::size_t segment, const std::vector<PlannedInput>& inputs, const Computed& before) {
    if (plans.size() <= segment) plans.resize(segment + 1);
    std::list<Cached>& known = plans[segment];
    const auto found = std::find_if(known.begin(), known.end(), [&](const Cached& c) { return c.inputs == inputs && same(c.before, before); });
    if (found != known.end()) {
      known.splice(known.begin(), known, found);
      return *known.front().plan;
    }
    if (known.size() == kCachedPlans) known.pop_back();
    known.push_front({inputs, before, PlanBuilder(graph, arithmetic, threads, taps).build(inputs, before)});
    return *known.front().plan;
  }

  Plan& plan_for(std::span<const Shape> shapes) {
    std::vector<PlannedInput> inputs;
    for (std::size_t i = 0; i < shapes.size(); ++i) inputs.push_back({graph.inputs()[i], graph.value(graph.inputs()[i]).type, shapes[i], {}});
    return plan_for(0, inputs, {});
  }

  std::vector<Tensor> run(const std::vector<PlannedInput>& inputs, const Fill& fill, const Tap& on_tap);
  void run(Plan& plan, const Fill& fill, const Tap& on_tap, std::map<ValueId, Tensor>& made);
  std::vector<Tensor> run_bodies(const Node& node, const std::vector<Operand>& operands);
  void run_step(const Plan& plan, std::size_t step, const Frame& frame) const;
  void run_waiting(const Plan& plan, Computed& computed, std::map<ValueId, Tensor>& made);

  void check_count(std::size_t given) const {
    if (given != graph.inputs().size()) throw Error("{}the model has {} inputs, but {} were given", origin(graph), graph.inputs().size(), given);
  }

  void check_input(std::size_t index, const Tensor& tensor) const {
    const Value& value = graph.value(graph.inputs()[index]);
    if (tensor.type() != value.type) {
      throw Error("{}input '{}': the model takes {}, the data are {}", origin(graph), value.name, name_of(value.type), name_of(tensor.type()));
    }
    if (!value.dims) return;
    bool fits = value.dims->size() == tensor.shape().size();
    std::string declared;
    for (std::size_t i = 0; i < value.dims->size(); ++i) {
      const Dimension& d = (*value.dims)[i];
      declared += fmt::format("{}{}", i > 0 ? ", " : "", d.size >= 0 ? std::to_string(d.size) : d.symbol.empty() ? "?" : d.symbol);
      fits = fits && (d.size < 0 || d.size == tensor.shape()[i]);
    }
    if (!fits) throw Error("{}input '{}': the model takes [{}], the data are {}", origin(graph), value.name, declared, to_string(tensor.shape()));
  }
};

Session::Session(const Graph& graph, Arithmetic arithmetic, int threads, std::vector<ValueId> taps)
    : state_(std::make_unique<State>()) {
  state_->graph = graph;
  state_->arithmetic = arithmetic;
  state_->threads = std::max(1, threads);
  state_->bodies = Bodies(state_->threads);
  state_->taps.insert(taps.begin(), taps.end());
}

Session::~Session() = default;
Session::Session(Session&&) noexcept = default;

std::vector<Tensor> Session::run(std::span<const Tensor> inputs, const Tap& on_tap) {
  state_->check_count(inputs.size());
  std::vector<PlannedInput> planned;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    state_->check_input(i, inputs[i]);
    planned.push_back({state_->graph.inputs()[i], inputs[i].type(), inputs[i].shape(), {}});
  }
  const ThreadScope scope(state_->threads);
  return state_->run(planned, [&](std::size_t i, std::byte* to) { std::memcpy(to, inputs[i].data(), inputs[i].bytes()); }, on_tap);
}

std::vector<Tensor> Session::run(std::span<const TapView> inputs, const Fill& fill, const Tap& on_tap) {
  state_->check_count(inputs.size());
  std::vector<PlannedInput> planned;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const TapView& view = inputs[i];
    planned.push_back({state_->graph.inputs()[i], state_->graph.value(state_->graph.inputs()[i]).type, view.shape, {view.channels_last ? Layout::channels_last : Layout::plain, view.codes != nullptr}});
  }
  const ThreadScope scope(state_->threads);
  return state_->run(planned, [&](std::size_t i, std::byte* to) { fill(i, reinterpret_cast<float*>(to)); }, on_tap);
}

std::vector<Tensor> Session::State::run(const std::vector<PlannedInput>& inputs, const Fill& fill, const Tap& on_tap) {
  std::map<ValueId, Tensor> made;
  Plan* plan = &plan_for(0, inputs, {});
  run(*plan, fill, on_tap, made);
  Computed computed = plan->after;
  for (std::size_t segment = 1; !plan->waiting.empty(); ++segment) {
    std::set<ValueId> seen;
    for (const auto& [id, tensor] : made) seen.insert(id);
    run_waiting(*plan, computed, made);
    std::vector<PlannedInput> rest;
    std::vector<const Tensor*> contents;
    for (const auto& [id, tensor] : made) {
      const std::vector<NodeId>& readers = graph.value(id).readers;
      const bool is_new = !seen.contains(id), is_read = std::any_of(readers.begin(), readers.end(), [&](NodeId r) { return !computed.done.contains(r); });
      if (!is_read && !(is_new && taps.contains(id))) continue;
      rest.push_back({id, tensor.type(), tensor.shape(), {}, is_new});
      contents.push_back(&tensor);
    }
    plan = &plan_for(segment, rest, computed);
    std::map<ValueId, Tensor> more;
    run(*plan, [&](std::size_t i, std::byte* to) { std::memcpy(to, contents[i]->data(), contents[i]->bytes()); }, on_tap, more);
    for (auto& [id, tensor] : more) made.insert_or_assign(id, std::move(tensor));
    computed.done = plan->after.done;
    computed.known.insert(plan->after.known.begin(), plan->after.known.end());
  }
  std::vector<Tensor> outputs;
  for (ValueId id : graph.outputs()) outputs.push_back(made.at(id));
  return outputs;
}

void Session::State::run(Plan& plan, const Fill& fill, const Tap& on_tap, std::map<ValueId, Tensor>& made) {
  if (plan.arena_bytes > memory_of_machine()) {
    throw Error("{}its values of one batch take {}, but this machine has {} of memory", origin(graph), format_bytes(plan.arena_bytes), format_bytes(memory_of_machine()));
  }
  const Frame frame{arena.of(plan.arena_bytes), &plan.buffers, threads};
  for (std::size_t i = 0; i < plan.inputs.size(); ++i) fill(i, frame.write<std::byte>(plan.inputs[i].buffer));
  std::size_t next_tap = 0;
  const auto show_taps = [&](int after) {
    for (; next_tap < plan.taps.size() && plan.taps[next_tap].after <= after; ++next_tap) {
      const Location& tap = plan.taps[next_tap];
      if (!on_tap) continue;
      on_tap({tap.value, frame.read<float>(tap.buffer), tap.shape, tap.form.layout == Layout::channels_last,
              tap.form.codes ? graph.encoding(tap.value) : nullptr});
    }
  };
  show_taps(-1);
  for (std::size_t s = 0; s < plan.steps.size(); ++s) {
    run_step(plan, s, frame);
    show_taps(static_cast<int>(s));
  }
  for (const Location& output : plan.outputs) {
    Tensor tensor = Tensor::uninitialized(output.type, output.shape);
    std::memcpy(tensor.mutable_data(), frame.read<std::byte>(output.buffer), tensor.bytes());
    made.insert_or_assign(output.value, std::move(tensor));
  }
}

// What is wrong with contents shows only here: an index beyond an axis.
void Session::State::run_step(const Plan& plan, std::size_t step, const Frame& frame) const {
  try {
    plan.steps[step]->run(frame);
  } catch (const Cancelled&) {
    throw;
  } catch (const Error& error) {
    const NodeId id = step < plan.step_nodes.size() ? plan.step_nodes[step] : NodeId::none;
    if (id == NodeId::none) throw;
    throw Error("{}{}: {}", origin(graph), describe(graph.node(id)), error.what());
  }
}

namespace {

std::vector<Tensor> computed_outputs(const Call& call) {
  const Operator& op = *find_operator(call.node);
  const auto specs = shapes_of(op, call);
  if (!specs) throw Error("its outputs' shapes cannot be told from its inputs");
  return computed(op, call, *specs);
}

}  // namespace

std::vector<Tensor> Session::State::run_bodies(const Node& node, const std::vector<Operand>& operands) {
  std::vector<const Tensor*> inputs;
  for (const Operand& operand : operands) inputs.push_back(operand.value);
  return bodies.run(node, inputs);
}

// The nodes that the plan ended before: their inputs are there now.
void Session::State::run_waiting(const Plan& plan, Computed& computed, std::map<ValueId, Tensor>& made) {
  for (NodeId id : plan.waiting) {
    const Node& node = graph.node(id);
    std::vector<Operand> operands;
    for (ValueId input : node.inputs) {
      if (input == ValueId::none) {
        operands.emplace_back();
        continue;
      }
      const auto found = made.find(input), known = computed.known.find(input);
      const Tensor* tensor = found != made.end() ? &found->second : known != computed.known.end() ? &known->second : graph.constant(input);
      HALFTONE_CHECK(tensor != nullptr);
      operands.push_back({true, tensor->type(), tensor->shape(), tensor});
    }
    try {
      std::vector<Tensor> outputs = has_bodies(node) ? run_bodies(node, operands) : computed_outputs({node, operands});
      for (std::size_t i = 0; i < node.outputs.size(); ++i) {
        if (node.outputs[i] == ValueId::none) continue;
        if (i >= outputs.size()) throw Error("it has {} outputs; at most {} are supported", node.outputs.size(), outputs.size());
        made.insert_or_assign(node.outputs[i], std::move(outputs[i]));
      }
    } catch (const Error& error) {
      throw Error("{}{}: {}", origin(graph), describe(node), error.what());
    }
    computed.done.insert(id);
  }
}

std::vector<StepReport> Session::explain(std::span<const Shape> input_shapes) {
  const ThreadScope scope(state_->threads);
  return state_->plan_for(input_shapes).reports;
}

std::size_t Session::value_bytes(std::span<const Shape> input_shapes) {
  const ThreadScope scope(state_->threads);
  return state_->plan_for(input_shapes).arena_bytes;
}

}  // namespace halftone
