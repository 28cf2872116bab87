// A Plan: the schedule, fusions, layouts and memory of one graph for one arithmetic and concrete input shapes. It ends before
// nodes whose outputs' shapes depend on data: Session runs those by their references, and the rest by a plan of its own.
//
// Made by PlanBuilder (plan_builder.h), executed by Session. While running nothing is created, looked up or allocated:
// a Step reads and writes buffers at offsets of one arena.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/session.h"
#include "graph/graph.h"

namespace halftone {

// How the axes of a value lie in memory. channels_last: axis 1 innermost ([N, C, H, W] stored as N, H, W, C).
enum class Layout : std::uint8_t { plain, channels_last };

// The form in which a value's contents are stored. codes: x_int - zero_point of the value's Encoding, held in float32.
struct Form {
  Layout layout = Layout::plain;
  bool codes = false;
  bool operator==(const Form&) const = default;
};

// What an input of a plan will hold: a graph input, or a value that an earlier plan of the same run has made.
struct PlannedInput {
  ValueId value = ValueId::none;
  DataType type = DataType::float32;
  Shape shape;
  Form form;
  bool is_new = true;  // no tap has seen it yet
  bool operator==(const PlannedInput&) const = default;
};

// Where a run of the graph stands when a plan begins.
struct Computed {
  std::set<NodeId> done;             // nodes that earlier plans computed
  std::map<ValueId, Tensor> known;   // of what they made: contents that depend on shapes and constants alone
};

struct BufferRef {
  std::int32_t index = -1;
  bool valid() const { return index >= 0; }
};

struct Buffer {
  std::size_t bytes = 0;
  const std::byte* constant = nullptr;  // not in the arena: contents known when planning
  std::size_t offset = 0;               // in the arena
  int first_step = -1, last_step = -1;  // steps [first, last] need it
  std::int32_t within = -1;             // the buffer whose memory it took over; -1: its own
};

// A step that may write `to` where it read `from`.
struct Takeover {
  BufferRef from, to;
  int step = -1;
};
// Lets `to` lie where `from` does, if that is no constant, of the size, and read by nobody later.
void take_over(std::vector<Buffer>& buffers, const std::vector<Takeover>& takeovers);

// What a running Step sees.
struct Frame {
  std::byte* arena = nullptr;
  const std::vector<Buffer>* buffers = nullptr;
  int threads = 1;

  template <typename T>
  const T* read(BufferRef ref) const {
    const Buffer& buffer = (*buffers)[static_cast<std::size_t>(ref.index)];
    return reinterpret_cast<const T*>(buffer.constant != nullptr ? buffer.constant : arena + buffer.offset);
  }
  template <typename T>
  T* write(BufferRef ref) const {
    return reinterpret_cast<T*>(arena + (*buffers)[static_cast<std::size_t>(ref.index)].offset);
  }
};

class Step {
 public:
  virtual ~Step() = default;
  virtual void run(const Frame& frame) = 0;
};

// A value where a tap looks, or a graph input or output: where it lies once step `after` has run.
struct Location {
  ValueId value = ValueId::none;
  BufferRef buffer;
  Form form;
  DataType type = DataType::float32;
  Shape shape;
  int after = -1;  // taps only
};

struct Plan {
  std::vector<std::unique_ptr<Step>> steps;
  std::vector<NodeId> step_nodes;  // whose steps they are, for messages; shorter than `steps` where the last are nobody's
  std::vector<StepReport> reports;          // a line a planned node
  std::vector<Buffer> buffers;
  std::size_t arena_bytes = 0;
  std::vector<Location> inputs, outputs;    // outputs plain and real: graph outputs, and what nodes beyond the plan read
  std::vector<Location> taps;               // ordered by `after`
  std::vector<Tensor> kept;                 // memory that constant buffers point to
  std::vector<NodeId> waiting;              // nodes beyond it that can run, but whose shapes depend on data
  Computed after;                           // what has been done with it
};

// Gives every arena buffer an offset so that buffers whose lifetimes overlap do not; largest first, lowest gap.
// Returns the arena's size.
std::size_t assign_offsets(std::vector<Buffer>& buffers);

}  // namespace halftone
