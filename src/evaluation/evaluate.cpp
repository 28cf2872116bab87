#include "evaluation/evaluate.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "evaluation/batches.h"

namespace halftone {
namespace {

// Labels of another data set or another network: classes that the model has no score for.
class ClassCheck {
 public:
  ClassCheck(const Value& output, std::int64_t classes, std::int64_t ignored) : output_(output.name), classes_(classes), ignored_(ignored) {}

  template <typename Label>
  void operator()(std::span<const Label> labels, const std::string& sample) const {
    for (const std::int64_t label : labels) {
      if (label < classes_ || label == ignored_) continue;
      throw Error("{}: its label is class {}, but the model's output '{}' has {} classes (0 to {}); check --labels, or give --ignore-label {}", sample, label,
                  output_, classes_, classes_ - 1, label);
    }
  }

 private:
  const std::string output_;
  const std::int64_t classes_, ignored_;
};

// Label pictures must have the size of the output.
Tensor label_picture(const Labels& labels, std::int64_t sample, const Shape& output, const SampleSource& data) {
  Tensor picture = labels.picture(sample);
  if (output.size() != 4 || picture.shape() != Shape{output[2], output[3]}) {
    throw Error("{}: its label picture is {}, but the model's output is {}", data.name(sample), to_string(picture.shape()), to_string(output));
  }
  return picture;
}

class Evaluation {
 public:
  Evaluation(const Graph& model, const Graph* reference, const SampleSource& data, const Labels* labels, const EvaluateOptions& options,
             const Job& job)
      : model_(without_final_softmax(model)), data_(data), labels_(labels), options_(options), job_(job),
        session_(model_, options.arithmetic, job.threads), accuracy_(options.ignore_label), overlap_(options.ignore_label) {
    if (reference == nullptr) return;
    reference_.emplace(without_final_softmax(*reference));
    if (reference_->outputs().size() != model_.outputs().size()) {
      throw Error("the reference has {} outputs, the model has {}; is it the same network?", reference_->outputs().size(), model_.outputs().size());
    }
    if (options.known == nullptr) reference_session_.emplace(*reference_, Arithmetic::float32, job.threads);
    comparisons_.resize(model_.outputs().size());
  }

  Figures run() {
    const auto start = std::chrono::steady_clock::now();
    BatchPlan plan = plan_batches(model_, data_, options_.arithmetic, job_);
    if (reference_ && !plan.fixed && !data_.is_feeds()) {  // the reference's batch may be the fixed one
      if (const BatchPlan other = plan_batches(*reference_, data_, Arithmetic::float32, job_); other.fixed) plan = other;
    }
    std::int64_t samples = 0;
    for_each_batch(data_, plan, job_, "evaluating", options_.most_samples, [&](const Batch& batch) {
      add(batch);
      samples += batch.count;
    });
    Figures figures = result();
    figures.samples = samples;
    figures.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return figures;
  }

 private:
  void add(const Batch& batch) {
    const std::vector<Tensor> outputs = session_.run(batch.inputs);
    if (labels_ != nullptr) judge(batch, real_samples(outputs.at(0), batch));
    if (!reference_) return;
    const std::vector<Tensor> expected = expected_outputs(batch);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (outputs[i].type() != DataType::float32) continue;
      comparisons_[i].add(expected[i], real_samples(outputs[i], batch));
    }
  }

  std::vector<Tensor> expected_outputs(const Batch& batch) {
    if (options_.known != nullptr) return options_.known->of(batch);
    std::vector<Tensor> outputs = reference_session_->run(batch.inputs);
    for (Tensor& output : outputs) output = real_samples(output, batch);
    return outputs;
  }

  void judge(const Batch& batch, const Tensor& output) {
    if (output.rank() == 0 || output.shape()[0] != batch.count) {
      throw Error("{}: the model's output '{}' is {} for {} sample(s); labels need a row a sample (of feeds: one sample a file)", data_.name(batch.first),
                  model_.value(model_.outputs().front()).name, to_string(output.shape()), batch.count);
    }
    if (output.type() != DataType::float32) {
      throw Error("the model's output '{}' holds {}: labels are compared with scores, float32 of each class", model_.value(model_.outputs().front()).name, name_of(output.type()));
    }
    const ClassCheck check(model_.value(model_.outputs().front()), class_walk(output.shape()).classes, options_.ignore_label);
    for (std::int64_t s = 0; s < batch.count; ++s) {
      const std::int64_t sample = batch.first + s;
      if (labels_->is_pictures()) {
        const Tensor picture = label_picture(*labels_, sample, output.shape(), data_);
        check(picture.values<std::uint8_t>(), data_.name(sample));
        overlap_.add(output, s, picture.values<std::uint8_t>());
      } else {
        check(std::span(labels_->classes()).subspan(static_cast<std::size_t>(sample), 1), data_.name(sample));
      }
    }
    if (!labels_->is_pictures()) accuracy_.add(output, std::span(labels_->classes()).subspan(static_cast<std::size_t>(batch.first), static_cast<std::size_t>(batch.count)));
  }

  Figures result() const {
    Figures figures;
    if (labels_ != nullptr && labels_->is_pictures()) figures.miou = overlap_.mean();
    if (labels_ != nullptr && !labels_->is_pictures()) {
      figures.top1 = accuracy_.top1();
      figures.top5 = accuracy_.top5();
    }
    for (std::size_t i = 0; i < comparisons_.size(); ++i) {
      const Value& output = model_.value(model_.outputs()[i]);
      if (output.type != DataType::float32 && i > 0) continue;
      figures.outputs.push_back({output.name, comparisons_[i].kl(), comparisons_[i].same_top1(), comparisons_[i].sqnr_db()});
    }
    return figures;
  }

  const Graph model_;
  std::optional<Graph> reference_;
  const SampleSource& data_;
  const Labels* labels_;
  const EvaluateOptions options_;
  const Job& job_;
  Session session_;
  std::optional<Session> reference_session_;
  std::vector<Comparison> comparisons_;
  Accuracy accuracy_;
  IntersectionOverUnion overlap_;
};

// A Softmax that runs over the classes as the figures' softmax does.
bool is_over_classes(const Graph& graph, const Node& softmax) {
  const auto& dims = graph.value(softmax.output()).dims;
  const std::int64_t axis = softmax.attributes.integer("axis", softmax.version < 13 ? 1 : -1);
  if (axis == -1 || (dims && axis == static_cast<std::int64_t>(dims->size()) - 1)) return !dims || dims->size() <= 3;
  return axis == 1 && dims && (dims->size() == 2 || dims->size() == 4);
}

}  // namespace

std::vector<ValueId> compared_values(const Graph& graph) {
  std::vector<ValueId> values = graph.outputs();
  for (ValueId& id : values) {
    const Node* node = graph.producer(id);
    if (node == nullptr || node->type != "Softmax" || !graph.value(id).readers.empty() || !is_over_classes(graph, *node)) continue;
    if (std::find(values.begin(), values.end(), node->input(0)) == values.end()) id = node->input(0);
  }
  return values;
}

Graph without_final_softmax(const Graph& graph) {
  Graph cut = graph;
  const std::vector<ValueId> compared = compared_values(graph);
  for (std::size_t i = 0; i < compared.size(); ++i) {
    const ValueId id = graph.outputs()[i], before = compared[i];
    if (id == before || !cut.is_output(id)) continue;
    const NodeId softmax = graph.value(id).producer;
    cut.replace_uses(id, before);
    if (!cut.value(before).dims) cut.edit(before).dims = graph.value(id).dims;
    cut.remove_node(softmax);
  }
  return cut;
}

Figures evaluate(const Graph& model, const Graph* reference, const SampleSource& data, const Labels* labels,
                 const EvaluateOptions& options, const Job& job) {
  return Evaluation(model, reference, data, labels, options, job).run();
}

}  // namespace halftone
