#include "operators/recurrent.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace halftone {
namespace {

std::function<double(double)> activation(const std::string& name, double alpha, double beta) {
  if (name == "Sigmoid") return [](double x) { return 1 / (1 + std::exp(-x)); };
  if (name == "Tanh") return [](double x) { return std::tanh(x); };
  if (name == "Relu") return [](double x) { return std::max(0.0, x); };
  if (name == "Affine") return [=](double x) { return alpha * x + beta; };
  if (name == "LeakyRelu") return [=](double x) { return x < 0 ? alpha * x : x; };
  if (name == "ThresholdedRelu") return [=](double x) { return x > alpha ? x : 0; };
  if (name == "ScaledTanh") return [=](double x) { return alpha * std::tanh(beta * x); };
  if (name == "HardSigmoid") return [=](double x) { return std::clamp(alpha * x + beta, 0.0, 1.0); };
  if (name == "Elu") return [=](double x) { return x < 0 ? alpha * std::expm1(x) : x; };
  if (name == "Softsign") return [](double x) { return x / (1 + std::fabs(x)); };
  if (name == "Softplus") return [](double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); };
  throw Error("the activation '{}' is unknown", name);
}

double default_alpha(const std::string& name) {
  if (name == "LeakyRelu") return 0.01;
  if (name == "HardSigmoid") return 0.2;
  return 1;
}

double default_beta(const std::string& name) { return name == "HardSigmoid" ? 0.5 : name == "ScaledTanh" ? 1 : 0; }

void require_shape(const Call& call, std::size_t input, const Shape& wanted, const char* what) {
  if (call.has(input) && call.input(input).shape != wanted) throw Error("its {} (input {}) is {}; {} is needed", what, input, to_string(call.input(input).shape), to_string(wanted));
}

void read_activations(const Call& call, const std::vector<std::string>& names_by_default, Recurrence& r) {
  const auto* given = call.attributes().has("activations") ? std::get_if<std::vector<std::string>>(&call.attributes().all().at("activations")) : nullptr;
  std::vector<std::string> names;
  for (std::int64_t d = 0; d < r.directions; ++d) names.insert(names.end(), names_by_default.begin(), names_by_default.end());
  if (given != nullptr && !given->empty()) {
    if (given->size() != names.size()) throw Error("it has {} activations; {} are needed", given->size(), names.size());
    names = *given;
  }
  const std::vector<float> alphas = call.attributes().reals("activation_alpha"), betas = call.attributes().reals("activation_beta");
  std::size_t next_alpha = 0, next_beta = 0;   // those that take one, in order
  for (std::string name : names) {
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    for (const char* known : {"Sigmoid", "Tanh", "Relu", "Affine", "LeakyRelu", "ThresholdedRelu", "ScaledTanh", "HardSigmoid", "Elu", "Softsign", "Softplus"}) {
      std::string lower = known;
      std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      if (lower == name) name = known;
    }
    const bool has_beta = name == "Affine" || name == "ScaledTanh" || name == "HardSigmoid";
    const bool has_alpha = has_beta || name == "LeakyRelu" || name == "ThresholdedRelu" || name == "Elu";
    const double alpha = has_alpha && next_alpha < alphas.size() ? alphas[next_alpha++] : default_alpha(name);
    const double beta = has_beta && next_beta < betas.size() ? betas[next_beta++] : default_beta(name);
    r.activations.push_back(activation(name, alpha, beta));
  }
}

}  // namespace

Recurrence recurrence_of(const Call& call, std::int64_t gates, const std::vector<std::string>& default_activations) {
  const Shape &x = call.input(0).shape, &w = call.input(1).shape;
  if (x.size() != 3 || w.size() != 3 || call.input(2).shape.size() != 3) throw Error("X, W and R must have three axes each");
  for (std::size_t i = 0; i < 3; ++i) require_float(call, i);
  Recurrence r;
  r.gates = gates;
  r.batch_first = call.attributes().integer("layout", 0) != 0;
  r.steps = x[r.batch_first ? 1 : 0];
  r.batch = x[r.batch_first ? 0 : 1];
  r.inputs = x[2];
  r.hidden = call.input(2).shape[2];
  const std::string direction = call.attributes().text("direction", "forward");
  if (direction == "forward") r.backwards = {false};
  else if (direction == "reverse") r.backwards = {true};
  else if (direction == "bidirectional") r.backwards = {false, true};
  else throw Error("its direction '{}' is unknown", direction);
  r.directions = std::ssize(r.backwards);
  require_shape(call, 1, {r.directions, gates * r.hidden, r.inputs}, "W");
  require_shape(call, 2, {r.directions, gates * r.hidden, r.hidden}, "R");
  require_shape(call, 3, {r.directions, 2 * gates * r.hidden}, "B");
  require_shape(call, 4, {r.batch}, "list of lengths");
  const Shape state = r.batch_first ? Shape{r.batch, r.directions, r.hidden} : Shape{r.directions, r.batch, r.hidden};
  require_shape(call, 5, state, "initial state");
  require_shape(call, 6, state, "initial cell");
  require_shape(call, 7, {r.directions, 3 * r.hidden}, "peepholes");
  r.lengths.assign(static_cast<std::size_t>(r.batch), r.steps);
  if (call.has(4) && call.input(4).value != nullptr) r.lengths = to_int64s(call.tensor(4));
  for (std::int64_t length : r.lengths) {
    if (length < 0 || length > r.steps) throw Error("a sequence has {} steps of {}", length, r.steps);
  }
  read_activations(call, default_activations, r);
  return r;
}

std::vector<TensorSpec> recurrent_shapes(const Recurrence& r, bool has_cell) {
  const Shape all = r.batch_first ? Shape{r.batch, r.steps, r.directions, r.hidden} : Shape{r.steps, r.directions, r.batch, r.hidden};
  const Shape last = r.batch_first ? Shape{r.batch, r.directions, r.hidden} : Shape{r.directions, r.batch, r.hidden};
  std::vector<TensorSpec> specs = {{DataType::float32, all}, {DataType::float32, last}};
  if (has_cell) specs.push_back({DataType::float32, last});
  return specs;
}

namespace {

std::int64_t state_place(const Recurrence& r, std::int64_t direction, std::int64_t sequence) {
  return (r.batch_first ? sequence * r.directions + direction : direction * r.batch + sequence) * r.hidden;
}

std::int64_t output_place(const Recurrence& r, std::int64_t step, std::int64_t direction, std::int64_t sequence) {
  return (r.batch_first ? (sequence * r.steps + step) * r.directions + direction : (step * r.directions + direction) * r.batch + sequence) * r.hidden;
}

}  // namespace

std::vector<double> initial_state(const Call& call, std::size_t index, const Recurrence& r, std::int64_t direction, std::int64_t sequence) {
  std::vector<double> state(static_cast<std::size_t>(r.hidden), 0.0);
  if (!call.has(index)) return state;
  const float* given = call.tensor(index).values<float>().data() + state_place(r, direction, sequence);
  std::copy(given, given + r.hidden, state.begin());
  return state;
}

std::vector<double> times_r(const Call& call, const Recurrence& r, std::int64_t direction, std::int64_t gate, const std::vector<double>& vector) {
  const float* rows = call.tensor(2).values<float>().data() + (direction * r.gates + gate) * r.hidden * r.hidden;
  std::vector<double> product;
  for (std::int64_t h = 0; h < r.hidden; ++h) {
    double sum = 0;
    for (std::int64_t k = 0; k < r.hidden; ++k) sum += vector[static_cast<std::size_t>(k)] * rows[h * r.hidden + k];
    product.push_back(sum);
  }
  return product;
}

void run_recurrence(const Call& call, const Recurrence& r, bool has_cell, std::span<Tensor> outputs, const Step& step) {
  const float *x = call.tensor(0).values<float>().data(), *w = call.tensor(1).values<float>().data();
  const float* b = call.has(3) ? call.tensor(3).values<float>().data() : nullptr;
  float* y = outputs[0].mutable_values<float>().data();
  float* last = outputs[1].mutable_values<float>().data();
  const std::int64_t rows = r.gates * r.hidden;
  GateSums sums;
  sums.input.resize(static_cast<std::size_t>(rows));
  sums.state.resize(sums.input.size());
  for (std::int64_t d = 0; d < r.directions; ++d) {
    for (std::int64_t n = 0; n < r.batch; ++n) {
      const std::int64_t length = r.lengths[static_cast<std::size_t>(n)];
      std::vector<double> state = initial_state(call, 5, r, d, n), cell = has_cell ? initial_state(call, 6, r, d, n) : std::vector<double>();
      for (std::int64_t s = 0; s < r.steps; ++s) {
        if (s >= length) {
          for (std::int64_t h = 0; h < r.hidden; ++h) y[output_place(r, s, d, n) + h] = 0;
          continue;
        }
        const std::int64_t t = r.backwards[static_cast<std::size_t>(d)] ? length - 1 - s : s;
        const float* row = x + (r.batch_first ? n * r.steps + t : t * r.batch + n) * r.inputs;
        for (std::int64_t i = 0; i < rows; ++i) {
          const float* weights = w + (d * rows + i) * r.inputs;
          double sum = b == nullptr ? 0 : b[d * 2 * rows + i];
          for (std::int64_t k = 0; k < r.inputs; ++k) sum += static_cast<double>(row[k]) * weights[k];
          sums.input[static_cast<std::size_t>(i)] = sum;
        }
        const std::vector<double>& multiplied = r.state_for_r ? r.state_for_r(state) : state;
        for (std::int64_t g = 0; g < r.gates; ++g) {
          const std::vector<double> part = times_r(call, r, d, g, multiplied);
          for (std::int64_t h = 0; h < r.hidden; ++h) {
            sums.state[static_cast<std::size_t>(g * r.hidden + h)] = part[static_cast<std::size_t>(h)] + (b == nullptr ? 0 : b[d * 2 * rows + rows + g * r.hidden + h]);
          }
        }
        step(d, sums, state, cell);
        for (std::int64_t h = 0; h < r.hidden; ++h) y[output_place(r, t, d, n) + h] = static_cast<float>(state[static_cast<std::size_t>(h)]);
      }
      std::transform(state.begin(), state.end(), last + state_place(r, d, n), [](double v) { return static_cast<float>(v); });
      if (has_cell) std::transform(cell.begin(), cell.end(), outputs[2].mutable_values<float>().data() + state_place(r, d, n), [](double v) { return static_cast<float>(v); });
    }
  }
}

double clipped(const Call& call, double x) {
  if (!call.attributes().has("clip")) return x;
  const double bound = call.attributes().real("clip", 0);
  return std::clamp(x, -bound, bound);
}

}  // namespace halftone
