// A network's values at one place of its order, for some batches of a dataset: moved forward by running the part
// between two places. Values of the float network are kept as float32, those on a grid of at most 8 bits as bytes.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "evaluation/batches.h"

namespace halftone {

class Stream {
 public:
  using OnTap = std::function<void(const TapView&, const Batch&)>;

  // Stands before the first node, with all batches of the data.
  Stream(Arithmetic arithmetic, const SampleSource& data, const BatchPlan& plan, const Job& job);

  // The same place for as many of its batches, spread over them: data are often sorted. What is kept is shared.
  Stream spread(std::size_t batches) const;
  std::size_t batches() const { return batches_.size(); }
  bool holds(std::int64_t first_sample) const;  // a batch that begins with it

  // Goes to where `wanted` are known and forgets what is not among them. on_tap sees `taps` on the way, those that are kept
  // already too. The graph may have changed behind the present place.
  void advance(const Graph& graph, const std::vector<ValueId>& wanted, const std::vector<ValueId>& taps = {}, const OnTap& on_tap = nullptr);

  // Calls body with the views of kept values of each batch, in the order of `values`.
  void read(const Graph& graph, const std::vector<ValueId>& values, const std::function<void(const std::vector<TapView>&, const Batch&)>& body) const;

  // Bytes of an element that is kept.
  static std::uint64_t bytes_of_element(const Encoding* grid, Arithmetic arithmetic);

 private:
  struct Kept;
  using Store = std::map<ValueId, std::vector<std::shared_ptr<const Kept>>>;  // by value: one a batch

  Batch batch_of(std::size_t index) const;
  std::vector<Tensor> run(Session& session, const Graph& part, const Batch& batch, std::size_t index, const Tap& on_tap) const;
  TapView form_of(const Graph& graph, ValueId id, const Kept& kept) const;  // a view without data
  void unpack(const TapView& form, const Kept& kept, float* to) const;
  TapView unpacked(const Graph& graph, ValueId id, const Kept& kept, std::vector<float>& numbers) const;
  std::shared_ptr<const Kept> packed(const Graph& graph, const TapView& view) const;

  Arithmetic arithmetic_;
  const SampleSource* data_;
  BatchPlan plan_;
  std::vector<std::int64_t> batches_;  // their first samples
  Job job_;
  bool at_start_ = true;
  Store store_;
};

// How many batches a plan makes of `samples` samples.
std::size_t batches_of(std::int64_t samples, const BatchPlan& plan);

}  // namespace halftone
