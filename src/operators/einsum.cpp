// Einsum: sums the product of the inputs over all indices that the output lacks, as "ij,jk->ik" says. An index that a term repeats
// walks a diagonal; "..." stands for axes that broadcast. Without "->" the output has the ellipsis's axes and then the indices that
// occur once, in ASCII order. ONNX since 12.
#include <algorithm>
#include <map>

#include "operators/elementwise.h"

namespace halftone {
namespace {

// Indices by number: a letter's code, or -1, -2, ... for the ellipsis's axes, the last first.
using Term = std::vector<int>;

// The indices of `text`; an ellipsis becomes `ellipsis` axes. rank: of the tensor that it describes, or -1 for the output.
Term term_of(const std::string& text, std::int64_t rank, int& ellipsis) {
  Term term;
  bool seen = false;
  const auto letters = std::count_if(text.begin(), text.end(), [](char c) { return c != '.'; });
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_letter = (text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z');
    if (is_letter) {
      term.push_back(text[i]);
      continue;
    }
    if (seen || text.compare(i, 3, "...") != 0) throw Error("the term '{}' of its equation holds more than letters and one ellipsis", text);
    seen = true;
    i += 2;
    if (rank >= 0) {
      const auto axes = static_cast<int>(rank - letters);
      if (axes < 0 || (ellipsis >= 0 && axes != ellipsis)) throw Error("the ellipsis of the term '{}' stands for {} axes", text, axes);
      ellipsis = axes;
    }
    for (int axis = ellipsis; axis > 0; --axis) term.push_back(-axis);
  }
  if (rank >= 0 && rank != std::ssize(term)) throw Error("the term '{}' of its equation is of a tensor of rank {}", text, rank);
  return term;
}

struct Equation {
  std::vector<Term> terms;
  Term output;
};

Term implicit_output(const std::vector<Term>& terms, int ellipsis) {
  std::map<int, int> occurrences;
  for (const Term& term : terms) {
    for (int index : term) ++occurrences[index];
  }
  Term output;
  for (int axis = ellipsis; axis > 0; --axis) output.push_back(-axis);
  for (const auto& [index, count] : occurrences) {
    if (index > 0 && count == 1) output.push_back(index);
  }
  return output;
}

Equation equation_of(const Call& call) {
  std::string text = call.attributes().text("equation", "");
  std::erase(text, ' ');
  const std::size_t arrow = text.find("->");
  const std::string left = text.substr(0, arrow);
  if (std::count(left.begin(), left.end(), ',') + 1 != std::ssize(call.inputs)) throw Error("its equation '{}' is not of {} inputs", text, call.inputs.size());
  Equation equation;
  int ellipsis = -1;
  std::size_t first = 0;
  for (const Operand& operand : call.inputs) {
    const std::size_t end = std::min(left.find(',', first), left.size());
    equation.terms.push_back(term_of(left.substr(first, end - first), std::ssize(operand.shape), ellipsis));
    first = end + 1;
  }
  equation.output = arrow == std::string::npos ? implicit_output(equation.terms, ellipsis) : term_of(text.substr(arrow + 2), -1, ellipsis);
  return equation;
}

// The loop: over the output's indices, then over those that are summed; how far each step moves in the inputs and, last, the output.
struct Summation {
  Shape sizes, output;
  std::vector<std::vector<std::int64_t>> strides;
};

Summation summation_of(const Call& call) {
  const Equation equation = equation_of(call);
  std::map<int, std::int64_t> sizes;
  for (std::size_t t = 0; t < equation.terms.size(); ++t) {
    for (std::size_t axis = 0; axis < equation.terms[t].size(); ++axis) {
      const std::int64_t size = call.input(t).shape[axis];
      std::int64_t& known = sizes.emplace(equation.terms[t][axis], size).first->second;
      if (known != size && known != 1 && size != 1) throw Error("one index of its equation is of size {} and {}", known, size);
      if (known == 1) known = size;
    }
  }
  Term order = equation.output;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (!sizes.contains(order[i]) || std::count(order.begin(), order.end(), order[i]) > 1) throw Error("its equation does not say which axis {} of the output is", i);
  }
  Summation sum;
  for (int index : order) sum.output.push_back(sizes[index]);
  for (const auto& [index, size] : sizes) {
    if (std::find(equation.output.begin(), equation.output.end(), index) == equation.output.end()) order.push_back(index);
  }
  for (int index : order) sum.sizes.push_back(sizes[index]);
  for (std::size_t t = 0; t < equation.terms.size(); ++t) {
    const Term& term = equation.terms[t];
    const std::vector<std::int64_t> steps = row_major_strides(call.input(t).shape);
    std::vector<std::int64_t>& strides = sum.strides.emplace_back(order.size(), 0);
    for (std::size_t axis = 0; axis < term.size(); ++axis) {
      const auto at = static_cast<std::size_t>(std::find(order.begin(), order.end(), term[axis]) - order.begin());
      if (call.input(t).shape[axis] != 1) strides[at] += steps[axis];
    }
  }
  sum.strides.push_back(row_major_strides(sum.output));
  sum.strides.back().resize(order.size(), 0);
  element_count(sum.sizes);
  return sum;
}

std::optional<std::vector<TensorSpec>> shapes(const Call& call) {
  require_inputs(call, std::max<std::size_t>(call.inputs.size(), 1), SIZE_MAX);
  for (std::size_t i = 0; i < call.inputs.size(); ++i) {
    require_elements(call, i, Elements::numbers);
    if (call.input(i).type != call.input(0).type) throw Error("its inputs are {} and {}", name_of(call.input(0).type), name_of(call.input(i).type));
  }
  return std::vector<TensorSpec>{{call.input(0).type, summation_of(call).output}};
}

void reference(const Call& call, std::span<Tensor> outputs) {
  const Summation sum = summation_of(call);
  dispatch_numeric(outputs[0].type(), [&](auto zero) {
    using T = decltype(zero);
    using Wide = std::conditional_t<std::is_integral_v<T>, std::uint64_t, double>;  // integers wrap
    std::vector<const T*> x;
    for (std::size_t t = 0; t < call.inputs.size(); ++t) x.push_back(call.tensor(t).template values<T>().data());
    std::vector<Wide> sums(static_cast<std::size_t>(outputs[0].size()), Wide{0});
    for_each_strided_run(sum.sizes, sum.strides, [&](std::int64_t count, const std::vector<BroadcastPlace>& at) {
      for (std::int64_t i = 0; i < count; ++i) {
        Wide product{1};
        for (std::size_t t = 0; t < x.size(); ++t) product *= static_cast<Wide>(x[t][at[t].offset + i * at[t].step]);
        sums[static_cast<std::size_t>(at.back().offset + i * at.back().step)] += product;
      }
    });
    std::transform(sums.begin(), sums.end(), outputs[0].mutable_values<T>().begin(), [](Wide value) { return static_cast<T>(value); });
  });
}

}  // namespace

extern const Operator kEinsum{.type = "Einsum", .since = 12, .shapes = shapes, .grid = GridRule::makes_new, .reference = reference};

}  // namespace halftone
