// A network's values at one place of its order, for the first batches of a dataset: moved forward by running the part
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
  using OnTap = std::function<void(const TapView&, const Batch&, std::size_t batch)>;

  // Stands before the first node. Runs `batches` batches of the data.
  Stream(Arithmetic arithmetic, const SampleSource& data, const BatchPlan& plan, std::size_t batches, const Job& job);

  // The same place, for its first batches: what is kept is shared.
  Stream first(std::size_t batches) const;
  std::size_t batches() const { return batches_; }

  // Goes to where `wanted` are known and forgets what is not among them. on_tap sees `taps` on the way, those that are kept
  // already too. The graph may have changed behind the present place.
  void advance(const Graph& graph, const std::vector<ValueId>& wanted, const std::vector<ValueId>& taps = {}, const OnTap& on_tap = nullptr);

  // Calls body with a kept value of each batch: the views of `values`, in their order.
  void read(const Graph& graph, const std::vector<ValueId>& values, const std::function<void(const std::vector<TapView>&, const Batch&, std::size_t batch)>& body) const;

  // Bytes of an element that is kept.
  static std::uint64_t bytes_of_element(const Encoding* grid, Arithmetic arithmetic);

 private:
  struct Kept;
  using Store = std::map<ValueId, std::vector<std::shared_ptr<const Kept>>>;  // by value: one a batch

  Batch batch_of(std::size_t index) const;
  void run(Session& session, const Graph& part, const Batch& batch, std::size_t index, const Tap& on_tap) const;
  TapView unpacked(const Graph& graph, ValueId id, const Kept& kept, std::vector<float>& numbers) const;
  std::shared_ptr<const Kept> packed(const Graph& graph, const TapView& view) const;

  Arithmetic arithmetic_;
  const SampleSource* data_;
  BatchPlan plan_;
  std::size_t batches_;
  Job job_;
  bool at_start_ = true;
  Store store_;
};

// How many batches a plan makes of `samples` samples.
std::size_t batches_of(std::int64_t samples, const BatchPlan& plan);

}  // namespace halftone
