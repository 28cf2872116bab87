// Running a Session over a SampleSource in batches of a size that memory and the model allow.
#pragma once

#include <functional>
#include <vector>

#include "data/dataset.h"
#include "engine/session.h"

namespace halftone {

// How many samples one run takes.
struct BatchPlan {
  std::int64_t samples = 1;  // read at once
  bool fixed = false;        // the model's own batch is fixed to `samples`: a shorter last batch is filled up with copies
};

// A fixed batch of the model, or as many samples as keep the values of one run within job.value_bytes (at most 64); 1 for
// feeds, and where the network does not take several.
BatchPlan plan_batches(const Graph& graph, const SampleSource& data, Arithmetic arithmetic, const Job& job);

// Bytes that the values of one sample need.
std::size_t value_bytes_of_a_sample(const Graph& graph, const SampleSource& data, Arithmetic arithmetic, const Job& job);

// The batch that begins with sample `first`; a fixed one is filled up with copies of its last sample. Ends before
// sample `end` (-1: with the data).
Batch read_batch(const SampleSource& data, const BatchPlan& plan, std::int64_t first, const Job& job, std::int64_t end = -1);

// Reads batch after batch and calls body(batch) with inputs ready for Session::run. Progress counts samples. Stops after
// `most` samples (-1: all).
void for_each_batch(const SampleSource& data, const BatchPlan& plan, const Job& job, std::string_view step, std::int64_t most,
                    const std::function<void(const Batch&)>& body);

// How many of a value's rows (steps of axis 0) are of real samples: all, but for the copies that filled up a fixed batch.
// A value without axes has one.
std::int64_t real_rows(const Shape& shape, const Batch& batch);

// The real rows of an output.
Tensor real_samples(const Tensor& output, const Batch& batch);

}  // namespace halftone
