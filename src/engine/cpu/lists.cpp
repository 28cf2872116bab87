// Which implementation runs a node: read top down, the first that does not decline. The reference stands last, so an
// operator works on the day it is written.
#include "engine/cpu/lists.h"

namespace halftone::cpu {
namespace {

constexpr Implementation kReference = {"reference", never_declines, prepare_reference};

constexpr Implementation kConv[] = {
    {"onednn on codes", declines_convolution_on_codes, prepare_convolution_on_codes},
    {"onednn", declines_convolution, prepare_convolution},
    kReference,
};
constexpr Implementation kProduct[] = {
    {"onednn on codes", declines_product_on_codes, prepare_product_on_codes},
    {"onednn", declines_product, prepare_product},
    kReference,
};
constexpr Implementation kAdd[] = {
    {"codes", declines_add_on_codes, prepare_add_on_codes},
    {"elementwise", declines_add, prepare_add},
    kReference,
};
constexpr Implementation kClamp[] = {{"elementwise", declines_clamp, prepare_clamp}, kReference};
constexpr Implementation kBatchNorm[] = {{"per channel", declines_batch_norm, prepare_batch_norm}, kReference};
constexpr Implementation kPool[] = {{"channels last", declines_pool, prepare_pool}, kReference};
constexpr Implementation kPoolAll[] = {{"channels last", declines_pool_all, prepare_pool_all}, kReference};
constexpr Implementation kAlias[] = {{"no copy", declines_alias, prepare_alias}, kReference};
constexpr Implementation kSlice[] = {{"strided copy", declines_slice, prepare_slice}, kReference};
constexpr Implementation kPad[] = {{"strided copy", declines_pad, prepare_pad}, kReference};
constexpr Implementation kConcat[] = {{"strided copy", declines_concat, prepare_concat}, kReference};
constexpr Implementation kTranspose[] = {{"strided copy", declines_transpose, prepare_transpose}, kReference};
constexpr Implementation kOther[] = {kReference};

struct Entry {
  std::string_view type;
  std::span<const Implementation> list;
};

constexpr Entry kLists[] = {
    {"Conv", kConv},
    {"Gemm", kProduct},
    {"MatMul", kProduct},
    {"Add", kAdd},
    {"Relu", kClamp},
    {"Clip", kClamp},
    {"BatchNormalization", kBatchNorm},
    {"MaxPool", kPool},
    {"AveragePool", kPool},
    {"GlobalAveragePool", kPoolAll},
    {"GlobalMaxPool", kPoolAll},
    {"ReduceMean", kPoolAll},
    {"Identity", kAlias},
    {"Dropout", kAlias},
    {"Reshape", kAlias},
    {"Flatten", kAlias},
    {"Squeeze", kAlias},
    {"Unsqueeze", kAlias},
    {"Slice", kSlice},
    {"Pad", kPad},
    {"Concat", kConcat},
    {"Transpose", kTranspose},
};

}  // namespace

std::span<const Implementation> implementations_of(std::string_view type) {
  for (const Entry& entry : kLists) {
    if (entry.type == type) return entry.list;
  }
  return kOther;
}

}  // namespace halftone::cpu
