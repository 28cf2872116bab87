#include "ranges/stream.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "base/parallel.h"
#include "kernels/quantize.h"

namespace halftone {
namespace {

constexpr std::int64_t kBlock = 1 << 16;

bool contains(const std::vector<ValueId>& values, ValueId id) { return std::find(values.begin(), values.end(), id) != values.end(); }

bool fits_bytes(const Encoding* grid) { return grid != nullptr && grid->per_tensor() && grid->bits <= 8; }

}  // namespace

// A value of one batch, in the order it was computed in.
struct Stream::Kept {
  Shape shape;
  bool channels_last = false;
  std::unique_ptr<std::uint8_t[]> codes;  // code - code_min; null: numbers
  std::vector<float> numbers;
  std::optional<Tensor> other;            // of another type than float32: shapes, indices, masks
};

std::size_t batches_of(std::int64_t samples, const BatchPlan& plan) { return static_cast<std::size_t>((samples + plan.samples - 1) / plan.samples); }

Stream::Stream(Arithmetic arithmetic, const SampleSource& data, const BatchPlan& plan, const Job& job)
    : arithmetic_(arithmetic), data_(&data), plan_(plan), job_(job) {
  job_.progress = nullptr;
  for (std::int64_t first = 0; first < data.size(); first += plan.samples) batches_.push_back(first);
}

Stream Stream::spread(std::size_t batches) const {
  Stream part = *this;
  part.batches_.clear();
  for (auto& [id, kept] : part.store_) kept.clear();
  for (std::size_t i = 0; i < batches; ++i) {
    const std::size_t place = i * batches_.size() / batches;
    part.batches_.push_back(batches_[place]);
    for (auto& [id, kept] : part.store_) kept.push_back(store_.at(id)[place]);
  }
  return part;
}

bool Stream::holds(std::int64_t first_sample) const { return std::binary_search(batches_.begin(), batches_.end(), first_sample); }

std::uint64_t Stream::bytes_of_element(const Encoding* grid, Arithmetic arithmetic) {
  return arithmetic == Arithmetic::simulated && fits_bytes(grid) ? sizeof(std::uint8_t) : sizeof(float);
}

void Stream::advance(const Graph& graph, const std::vector<ValueId>& wanted, const std::vector<ValueId>& taps, const OnTap& on_tap) {
  std::vector<ValueId> begin;
  if (at_start_) begin = graph.inputs();
  for (const auto& [id, kept] : store_) begin.push_back(id);
  std::vector<ValueId> computed;  // in this call
  for (const auto* list : {&wanted, &taps}) {
    std::copy_if(list->begin(), list->end(), std::back_inserter(computed), [&](ValueId id) { return !store_.contains(id) && !contains(computed, id); });
  }
  Graph part = graph;
  part.cut_to(begin, computed);
  std::vector<ValueId> used;
  std::copy_if(begin.begin(), begin.end(), std::back_inserter(used), [&](ValueId id) { return at_start_ || !part.value(id).readers.empty(); });
  part.cut_to(used, computed);
  std::vector<ValueId> others;  // no taps see them: they are outputs of the part
  std::copy_if(computed.begin(), computed.end(), std::back_inserter(others), [&](ValueId id) { return graph.value(id).type != DataType::float32; });
  for (ValueId id : others) part.add_output(id);
  Session session(part, arithmetic_, job_.threads, computed);
  Store next;
  for (ValueId id : wanted) next[id].resize(batches_.size());
  for (std::size_t b = 0; b < batches_.size(); ++b) {
    job_.throw_if_cancelled();
    const Batch batch = batch_of(b);
    const auto meet = [&](const TapView& view) {
      if (contains(taps, view.value)) on_tap(view, batch);
      if (contains(wanted, view.value)) next[view.value][b] = packed(graph, view);
    };
    for (auto& [id, batches] : store_) {
      std::shared_ptr<const Kept>& kept = batches[b];
      if (contains(taps, id)) {
        std::vector<float> numbers;
        on_tap(unpacked(graph, id, *kept, numbers), batch);
      }
      if (contains(wanted, id)) next[id][b] = kept;
    }
    if (!computed.empty()) {
      const std::vector<Tensor> outputs = run(session, part, batch, b, meet);
      for (std::size_t i = 0; i < others.size(); ++i) {
        if (!contains(wanted, others[i])) continue;
        auto kept = std::make_shared<Kept>();
        kept->shape = outputs[i].shape();
        kept->other = outputs[i];
        next[others[i]][b] = std::move(kept);
      }
    }
    for (auto& [id, batches] : store_) batches[b].reset();
  }
  store_ = std::move(next);
  at_start_ = false;
}

void Stream::read(const Graph& graph, const std::vector<ValueId>& values, const std::function<void(const std::vector<TapView>&, const Batch&)>& body) const {
  std::vector<std::vector<float>> numbers(values.size());  // their memory serves one batch after the other
  for (std::size_t b = 0; b < batches_.size(); ++b) {
    job_.throw_if_cancelled();
    std::vector<TapView> views;
    for (std::size_t i = 0; i < values.size(); ++i) views.push_back(unpacked(graph, values[i], *store_.at(values[i])[b], numbers[i]));
    body(views, batch_of(b));
  }
}

// Its inputs too where the data are read.
Batch Stream::batch_of(std::size_t index) const {
  const std::int64_t first = batches_[index];
  if (at_start_) return read_batch(*data_, plan_, first, job_);
  return {{}, first, std::min(plan_.samples, data_->size() - first), false};
}

std::vector<Tensor> Stream::run(Session& session, const Graph& part, const Batch& batch, std::size_t index, const Tap& on_tap) const {
  if (at_start_) return session.run(batch.inputs, on_tap);
  const auto kept = [&](std::size_t i) -> const Kept& { return *store_.at(part.inputs()[i])[index]; };
  std::vector<TapView> forms;
  for (std::size_t i = 0; i < part.inputs().size(); ++i) forms.push_back(form_of(part, part.inputs()[i], kept(i)));
  return session.run(forms, [&](std::size_t i, float* to) { unpack(forms[i], kept(i), to); }, on_tap);
}

TapView Stream::form_of(const Graph& graph, ValueId id, const Kept& kept) const {
  return {id, nullptr, kept.shape, kept.channels_last, kept.codes == nullptr ? nullptr : graph.encoding(id)};
}

void Stream::unpack(const TapView& form, const Kept& kept, float* to) const {
  if (kept.other) {
    std::memcpy(to, kept.other->data(), kept.other->bytes());
    return;
  }
  const std::int64_t count = element_count(kept.shape);
  if (form.codes == nullptr) return parallel_copy(kept.numbers.data(), count, job_.threads, to);
  const std::int32_t shift = form.codes->code_min() - form.codes->zero_point[0];
  parallel_blocks(count, kBlock, job_.threads, [&](std::int64_t from, std::int64_t end) { unpack_codes(kept.codes.get() + from, end - from, shift, to + from); });
}

TapView Stream::unpacked(const Graph& graph, ValueId id, const Kept& kept, std::vector<float>& numbers) const {
  TapView view = form_of(graph, id, kept);
  view.data = kept.numbers.data();
  if (view.codes == nullptr) return view;
  numbers.resize(std::max(numbers.size(), static_cast<std::size_t>(element_count(kept.shape))));
  unpack(view, kept, numbers.data());
  view.data = numbers.data();
  return view;
}

std::shared_ptr<const Stream::Kept> Stream::packed(const Graph& graph, const TapView& view) const {
  auto kept = std::make_shared<Kept>();
  kept->shape = view.shape;
  kept->channels_last = view.channels_last;
  const auto count = static_cast<std::size_t>(element_count(view.shape));
  const Encoding* grid = graph.encoding(view.value);
  if (view.codes == nullptr || !fits_bytes(grid)) {
    kept->numbers.assign(view.data, view.data + count);
    const float scale = view.codes != nullptr ? view.codes->scale[0] : 1.0f;
    for (float& x : kept->numbers) x *= scale;
    return kept;
  }
  const std::int32_t shift = grid->zero_point[0] - grid->code_min();
  kept->codes = std::make_unique_for_overwrite<std::uint8_t[]>(count);
  parallel_blocks(static_cast<std::int64_t>(count), kBlock, job_.threads, [&](std::int64_t from, std::int64_t end) {
    pack_codes(view.data + from, end - from, shift, kept->codes.get() + from);
  });
  return kept;
}

}  // namespace halftone
