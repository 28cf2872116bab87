// ONNX's node tests with something wrong: an attribute, a shape, a missing input, indices and numbers at their limits. Every node is
// computed or refused by an Error; the sanitizer builds see the rest.
#include <limits>

#include "base/random.h"
#include "engine/session.h"
#include "operators/operator.h"
#include "support/case_folder.h"

namespace halftone {
namespace {

const std::filesystem::path kFolder = HALFTONE_BINARY_DIR "/node_tests";
constexpr std::uint64_t kTries = 12;  // of each case

constexpr std::int64_t kIntegers[] = {std::numeric_limits<std::int64_t>::min(), -(std::int64_t{1} << 62), -100, -2, -1, 0, 1, 2, 3, 5, std::int64_t{1} << 62, std::numeric_limits<std::int64_t>::max()};
constexpr float kReals[] = {0, -1, 0.5f, 1e30f, -1e30f, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()};

class Spoiler {
 public:
  Spoiler(test::Case& node_test, const std::string& name, std::uint64_t seed) : case_(node_test), random_(seed, name) {}

  void spoil() {
    const std::vector<NodeId> nodes = case_.graph.nodes();
    const NodeId node = nodes[below(nodes.size())];
    const std::size_t kind = below(4);
    if (kind == 0 && !case_.graph.node(node).attributes.all().empty()) return spoil_attribute(case_.graph.edit(node));
    const std::size_t formal = case_.graph.node(node).inputs.size() - case_.graph.node(node).captured;
    if (kind == 1 && formal > 0) return case_.graph.set_input(node, below(formal), ValueId::none);
    if (case_.inputs.empty()) return;
    const std::size_t input = below(case_.inputs.size());
    Tensor& tensor = case_.inputs[input];
    if (kind == 2) spoil_contents(tensor);
    else spoil_shape(tensor);
    case_.graph.edit(case_.graph.inputs()[input]).dims.reset();
  }

 private:
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(random_.below(draw_++, count)); }
  std::int64_t integer() { return kIntegers[below(std::size(kIntegers))]; }

  void spoil_attribute(Node& node) {
    auto entry = node.attributes.all().begin();
    std::advance(entry, static_cast<std::ptrdiff_t>(below(node.attributes.all().size())));
    const std::string name = entry->first;
    Attribute value = entry->second;
    if (below(5) == 0) return node.attributes.erase(name);
    if (auto* number = std::get_if<std::int64_t>(&value)) *number = integer();
    if (auto* real = std::get_if<float>(&value)) *real = kReals[below(std::size(kReals))];
    if (auto* text = std::get_if<std::string>(&value)) *text = "nonsense";
    if (auto* list = std::get_if<std::vector<std::int64_t>>(&value)) {
      if (list->empty() || below(3) == 0) list->push_back(integer());
      else (*list)[below(list->size())] = integer();
    }
    node.attributes.set(name, value);
  }

  void spoil_contents(Tensor& tensor) {
    if (tensor.size() == 0) return;
    const std::size_t at = below(static_cast<std::size_t>(tensor.size()));
    if (tensor.type() == DataType::float32) tensor.mutable_values<float>()[at] = kReals[below(std::size(kReals))];
    if (tensor.type() == DataType::int64) tensor.mutable_values<std::int64_t>()[at] = integer();
    if (tensor.type() == DataType::int32) tensor.mutable_values<std::int32_t>()[at] = static_cast<std::int32_t>(integer());
  }

  // One axis more, less, or of another length.
  void spoil_shape(Tensor& tensor) {
    Shape shape = tensor.shape();
    const std::size_t kind = below(3), axis = below(shape.size() + 1);
    const auto place = shape.begin() + static_cast<std::ptrdiff_t>(axis);
    if (kind == 0) shape.insert(place, 1 + static_cast<std::int64_t>(below(2)));
    else if (place == shape.end()) return;
    else if (kind == 1) shape.erase(place);
    else *place = static_cast<std::int64_t>(below(6));
    Tensor other(tensor.type(), shape);
    for (std::size_t i = 0; i < other.bytes() && tensor.bytes() > 0; ++i) other.mutable_data()[i] = tensor.data()[i % tensor.bytes()];
    tensor = other;
  }

  test::Case& case_;
  const Random random_;
  std::uint64_t draw_ = 0;
};

class Malformed : public testing::TestWithParam<std::string> {};

TEST_P(Malformed, IsComputedOrRefused) {
  test::Case original;
  try {
    original = test::read_case(kFolder / GetParam());
  } catch (const Error& error) {
    GTEST_SKIP() << error.what();
  }
  for (NodeId id : original.graph.nodes()) {
    if (original.graph.node(id).type == "Loop") GTEST_SKIP() << "it may run for a million iterations";
  }
  for (std::uint64_t seed = 0; seed < kTries; ++seed) {
    SCOPED_TRACE(seed);
    test::Case spoilt = original;
    Spoiler(spoilt, GetParam(), seed).spoil();
    const bool are_constants = seed % 2 == 1;
    try {
      const std::vector<ValueId> ids = spoilt.graph.inputs();
      for (std::size_t i = 0; are_constants && i < ids.size(); ++i) spoilt.graph.bind_input(ids[i], spoilt.inputs[i]);
      if (are_constants) spoilt.inputs.clear();
      infer_types(spoilt.graph);
      Session(spoilt.graph, Arithmetic::float32, /*threads=*/1).run(spoilt.inputs);
    } catch (const Error& error) {
      EXPECT_GT(std::string(error.what()).size(), 20u) << error.what();
    } catch (const std::exception& other) {
      ADD_FAILURE() << "not an Error: " << other.what();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Onnx, Malformed, testing::ValuesIn(test::case_names(kFolder)), [](const auto& info) { return info.param; });

}  // namespace
}  // namespace halftone
