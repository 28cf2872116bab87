#include "operators/loss.h"

#include "graph/encoding.h"
#include "operators/indices.h"

namespace halftone {
namespace {

enum class Reduction { none, sum, mean };

Reduction reduction_of(const Call& call) {
  const std::string name = call.attributes().text("reduction", "mean");
  if (name == "none") return Reduction::none;
  if (name == "sum") return Reduction::sum;
  if (name != "mean") throw Error("its reduction is '{}'; there are none, sum and mean", name);
  return Reduction::mean;
}

}  // namespace

TensorSpec loss_spec(const Call& call) {
  require_inputs(call, 2, 3);
  require_float(call, 0);
  require_indices(call, 1);
  require_float(call, 2);
  const Shape &x = call.input(0).shape, &classes = call.input(1).shape;
  Shape wanted = x;
  if (x.size() >= 2) wanted.erase(wanted.begin() + 1);
  if (x.size() < 2 || classes != wanted) throw Error("its classes {} do not belong to scores {}", to_string(classes), to_string(x));
  if (call.has(2) && call.input(2).shape != Shape{x[1]}) throw Error("its weights {} are not of {} classes", to_string(call.input(2).shape), x[1]);
  return {call.input(0).type, reduction_of(call) == Reduction::none ? classes : Shape{}};
}

void negative_log_likelihood(const Call& call, const Tensor& log_probabilities, Tensor& loss) {
  const ChannelWalk walk = channel_walk(log_probabilities.shape(), 1);
  const Reduction reduction = reduction_of(call);
  const bool ignores = call.attributes().has("ignore_index");
  const std::int64_t ignored = call.attributes().integer("ignore_index", 0);
  const std::vector<std::int64_t> classes = to_int64s(call.tensor(1));
  std::span<const float> p = log_probabilities.values<float>();
  std::span<float> out = loss.mutable_values<float>();
  double sum = 0, weights = 0;
  for (std::int64_t i = 0; i < walk.outer * walk.inner; ++i) {
    const std::int64_t given = classes[static_cast<std::size_t>(i)];
    double one = 0;
    if (!ignores || given != ignored) {
      const std::int64_t c = checked_index(given, walk.channels);
      const double weight = call.has(2) ? call.tensor(2).values<float>()[static_cast<std::size_t>(c)] : 1;
      one = -weight * p[static_cast<std::size_t>((i / walk.inner * walk.channels + c) * walk.inner + i % walk.inner)];
      weights += weight;
    }
    if (reduction == Reduction::none) out[static_cast<std::size_t>(i)] = static_cast<float>(one);
    sum += one;
  }
  if (reduction != Reduction::none) out[0] = static_cast<float>(reduction == Reduction::sum ? sum : sum / weights);
}

}  // namespace halftone
