// Puts the grids of an encodings file (--load-encodings) on the values that place_quantizers chose; they then keep them.
//   - Values that share a grid get the one that the file gives to any of them.
//   - A value without an entry gets its range computed as usual. Names that folding removed are passed over. Both are
//     listed in warnings.
//   - Layers that share a weight have one each behind round_fast, and a file written then names the copies: where it does,
//     they are made here, in the same order.
//   - Throws Error for names that the model does not have, and for grids that the target or the value's shape does not take.
// Needs nothing.
#include <algorithm>
#include <map>

#include "base/text.h"
#include "operators/layer.h"
#include "passes/layer_bits.h"
#include "passes/layer_edit.h"
#include "passes/pass.h"

namespace halftone {
namespace {

class Loading {
 public:
  Loading(Graph& graph, PassContext& context) : graph_(graph), context_(context), target_(context.target), file_(*context.encodings) {
    copy_named_weights();
    for (const Layer& layer : layers_of(graph)) {
      weights_.emplace(layer.weight, layer);
      if (layer.bias != ValueId::none) biases_.insert(layer.bias);
    }
    for (ValueId id : graph.values()) {
      by_name_.emplace(graph.value(id).name, id);
      if (graph.encoding(id) != nullptr) sharing_[graph.encoding(id)].push_back(id);
    }
  }

  PassReport run() {
    check_names();
    for (const EncodingsEntry& entry : file_.entries) {
      if (const auto found = by_name_.find(entry.name); found != by_name_.end()) take(entry, found->second);
    }
    for (const auto& [id, entry] : given_) settle(id, *entry);
    warn();
    for (const auto& [id, entry] : settled_) context_.given.insert(id);
    PassReport report;
    report.changed = static_cast<int>(settled_.size());
    report.summary = fmt::format("{} of {} (version {})", counted(std::ssize(settled_), "grid"), file_.path, name_of(file_.version));
    return report;
  }

 private:
  void copy_named_weights() {
    std::set<std::string> names;
    for (const EncodingsEntry& entry : file_.entries) names.insert(entry.name);
    for (Layer& layer : layers_of(graph_)) {
      const bool on_codes = graph_.encoding(layer.data) != nullptr && graph_.encoding(layer.weight) != nullptr;
      if (!on_codes || !shares_weight(graph_, layer) || !names.contains(copied_weight_name(graph_, layer))) continue;
      const ValueId own = own_weight(graph_, layer);
      graph_.edit(own).encoding = std::make_shared<const Encoding>(*graph_.encoding(own));  // a grid of its own, too
    }
  }

  template <typename... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) const {
    throw Error("{}: {}", file_.path, fmt::vformat(format, fmt::make_format_args(args...)));
  }

  // Biases may be made later on.
  static bool is_bias(const EncodingsEntry& entry) { return entry.bits == 32 && !entry.is_float; }

  void check_names() {
    std::vector<std::string> foreign;
    for (const EncodingsEntry& entry : file_.entries) {
      if (by_name_.contains(entry.name) || is_bias(entry)) continue;
      (context_.model_values.contains(entry.name) ? folded_ : foreign).push_back(entry.name);
    }
    if (foreign.empty()) return;
    fail("{} of its {} names are no values of the model: {}; are they of another model?", foreign.size(), file_.entries.size(), some_of(foreign));
  }

  void take(const EncodingsEntry& entry, ValueId id) {
    const Encoding* grid = graph_.encoding(id);
    if (grid == nullptr) {
      if (!entry.is_float && !is_bias(entry) && !biases_.contains(id) && grid_with_clamp(graph_, id) == nullptr) left_float_.push_back(entry.name);
      return;
    }
    if (entry.is_float) fail("value '{}' is float there, but the target {} puts it on {}; leave its nodes out with --exclude", entry.name, target_.name, describe(*grid));
    given_.emplace_back(id, &entry);
  }

  // Gives the entry's grid to the value and to all that share its grid.
  void settle(ValueId id, const EncodingsEntry& entry) {
    if (const auto other = settled_.find(id); other != settled_.end()) {
      if (other->second->scale == entry.scale && other->second->offset == entry.offset) return;
      fail("'{}' and '{}' share a grid, but have different ones there; give both the same", other->second->name, entry.name);
    }
    const auto weight = weights_.find(id);
    const auto encoding = weight == weights_.end() ? grid_of_activation(id, entry) : grid_of_weight(id, entry, weight->second);
    for (ValueId sharing : sharing_.at(graph_.encoding(id))) {
      settled_.emplace(sharing, &entry);
      graph_.edit(sharing).encoding = encoding;
    }
  }

  std::shared_ptr<const Encoding> grid_of_activation(ValueId id, const EncodingsEntry& entry) const {
    if (entry.scale.size() > 1) fail("value '{}' has {} scales there; an activation takes one", entry.name, entry.scale.size());
    if (entry.axis) fail("value '{}' has a scale per channel (axis {}) there; an activation takes one", entry.name, *entry.axis);
    const Encoding encoding = encoding_of(entry, *graph_.encoding(id), 1);
    if (!is_activation_width(encoding.bits)) fail("value '{}' is {} there; {}", entry.name, code_type_name(encoding.bits, encoding.is_signed), kActivationWidths);
    return checked(entry, stored(encoding, entry, target_.activation_types));
  }

  std::shared_ptr<const Encoding> grid_of_weight(ValueId id, const EncodingsEntry& entry, const Layer& layer) const {
    Encoding encoding = encoding_of(entry, *graph_.encoding(id), layer.channels);
    if (!is_weight_width(encoding.bits)) fail("weight '{}' is {} there; {}", entry.name, code_type_name(encoding.bits, encoding.is_signed), kWeightWidths);
    encoding = stored(encoding, entry, target_.weight_types);
    const std::size_t scales = encoding.scale.size();
    if (encoding.per_channel() && (static_cast<std::int64_t>(scales) != layer.channels || encoding.axis != layer.weight_axis)) {
      fail("weight '{}' has {} along axis {} there, but {} along axis {}; is the file of another model?", entry.name,
           counted(static_cast<std::int64_t>(scales), "scale"), encoding.axis, counted(layer.channels, "channel"), layer.weight_axis);
    }
    const char* granularity = encoding.per_channel() ? "channel" : "tensor";
    if (!target_.weight_granularity.contains(granularity)) fail("weight '{}' has a scale per {} there, which the target {} does not take", entry.name, granularity, target_.name);
    const bool symmetric = std::all_of(encoding.zero_point.begin(), encoding.zero_point.end(), [](std::int32_t zero) { return zero == 0; });
    if (target_.symmetric_weights && !symmetric) fail("weight '{}' is not symmetric there; the target {} takes zero points of 0 only", entry.name, target_.name);
    return checked(entry, encoding);
  }

  // With the element type that the target stores such codes in.
  Encoding stored(Encoding encoding, const EncodingsEntry& entry, const std::set<std::string>& types) const {
    const int bits = bits_of_storage(types, encoding.is_signed, encoding.bits);
    if (bits == 0) {
      fail("value '{}' is {} there; the target {} takes {}", entry.name, code_type_name(entry.bits, encoding.is_signed), target_.name,
           quoted_list({types.begin(), types.end()}));
    }
    store_in(encoding, bits);
    return encoding;
  }

  std::shared_ptr<const Encoding> checked(const EncodingsEntry& entry, Encoding encoding) const {
    for (std::size_t c = 0; c < encoding.zero_point.size(); ++c) {
      if (encoding.zero_point[c] >= encoding.code_min() && encoding.zero_point[c] <= encoding.code_max()) continue;
      fail("value '{}': with offset {} no code is 0; give one from {} to 0", entry.name, entry.offset[c], encoding.code_min() - encoding.code_max());
    }
    return std::make_shared<const Encoding>(std::move(encoding));
  }

  void warn() {
    std::vector<std::string> missing;
    for (const auto& [name, id] : by_name_) {
      if (graph_.encoding(id) != nullptr && graph_.encoding(id)->placed_only()) missing.push_back(name);
    }
    list("value is not in it; its range is computed", "values are not in it; their ranges are computed", missing);
    list("of its values was folded away", "of its values were folded away", folded_);
    list("of its values stays in float", "of its values stay in float", left_float_);
  }

  void list(const char* one, const char* many, const std::vector<std::string>& names) {
    if (!names.empty()) context_.warnings.push_back(fmt::format("{}: {}: {}", file_.path, counted(std::ssize(names), one, many), some_of(names)));
  }

  Graph& graph_;
  PassContext& context_;
  const Target& target_;
  const EncodingsFile& file_;
  std::map<ValueId, Layer> weights_;
  std::set<ValueId> biases_;
  std::map<std::string, ValueId> by_name_;
  std::map<const Encoding*, std::vector<ValueId>> sharing_;
  std::vector<std::pair<ValueId, const EncodingsEntry*>> given_;
  std::map<ValueId, const EncodingsEntry*> settled_;
  std::vector<std::string> folded_, left_float_;
};

PassReport load_encodings(Graph& graph, PassContext& context) { return context.encodings == nullptr ? PassReport{} : Loading(graph, context).run(); }

}  // namespace

extern const Pass kLoadEncodings{"load_encodings", "takes grids from the file of --load-encodings", Needs::nothing, load_encodings,
                                 [](const QuantizeOptions& options) { return !options.load_encodings.empty(); }};

}  // namespace halftone
