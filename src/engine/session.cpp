#include "engine/session.h"

#include <omp.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <list>
#include <set>

#include "engine/plan.h"
#include "engine/plan_builder.h"

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

}  // namespace

struct Session::State {
  struct Cached {
    std::vector<PlannedInput> inputs;
    std::unique_ptr<Plan> plan;
  };

  Graph graph;
  Arithmetic arithmetic;
  int threads;
  std::set<ValueId> taps;
  std::list<Cached> plans;  // most recently used first
  Arena arena;

  Plan& plan_for(const std::vector<PlannedInput>& inputs) {
    const auto found = std::find_if(plans.begin(), plans.end(), [&](const Cached& c) { return c.inputs == inputs; });
    if (found != plans.end()) {
      plans.splice(plans.begin(), plans, found);
      return *plans.front().plan;
    }
    if (plans.size() == kCachedPlans) plans.pop_back();
    plans.push_front({inputs, PlanBuilder(graph, arithmetic, threads, taps).build(inputs)});
    return *plans.front().plan;
  }

  Plan& plan_for(std::span<const Shape> shapes) {
    std::vector<PlannedInput> inputs;
    for (const Shape& shape : shapes) inputs.push_back({shape, {}});
    return plan_for(inputs);
  }

  std::vector<Tensor> run(Plan& plan, const std::function<void(std::size_t, std::byte*)>& fill, const Tap& on_tap);

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
  state_->taps.insert(taps.begin(), taps.end());
}

Session::~Session() = default;
Session::Session(Session&&) noexcept = default;

std::vector<Tensor> Session::run(std::span<const Tensor> inputs, const Tap& on_tap) {
  state_->check_count(inputs.size());
  std::vector<PlannedInput> planned;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    state_->check_input(i, inputs[i]);
    planned.push_back({inputs[i].shape(), {}});
  }
  const ThreadScope scope(state_->threads);
  return state_->run(state_->plan_for(planned), [&](std::size_t i, std::byte* to) { std::memcpy(to, inputs[i].data(), inputs[i].bytes()); }, on_tap);
}

std::vector<Tensor> Session::run(std::span<const TapView> inputs, const Fill& fill, const Tap& on_tap) {
  state_->check_count(inputs.size());
  std::vector<PlannedInput> planned;
  for (const TapView& view : inputs) planned.push_back({view.shape, {view.channels_last ? Layout::channels_last : Layout::plain, view.codes != nullptr}});
  const ThreadScope scope(state_->threads);
  return state_->run(state_->plan_for(planned), [&](std::size_t i, std::byte* to) { fill(i, reinterpret_cast<float*>(to)); }, on_tap);
}

std::vector<Tensor> Session::State::run(Plan& plan, const std::function<void(std::size_t, std::byte*)>& fill, const Tap& on_tap) {
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
    plan.steps[s]->run(frame);
    show_taps(static_cast<int>(s));
  }
  std::vector<Tensor> outputs;
  for (const Location& output : plan.outputs) {
    outputs.emplace_back(output.type, output.shape);
    std::memcpy(outputs.back().mutable_data(), frame.read<std::byte>(output.buffer), outputs.back().bytes());
  }
  return outputs;
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
