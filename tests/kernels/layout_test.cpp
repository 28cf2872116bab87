#include "kernels/layout.h"

#include <gtest/gtest.h>

#include <numeric>

using namespace halftone;

TEST(TransposeInner, SwapsRowsAndColumnsOfEachMatrix) {
  for (const std::int64_t rows : {1, 2, 3, 4, 33}) {
    for (const std::int64_t columns : {1, 5, 32, 100, 20000}) {
      const std::int64_t outer = 2, each = rows * columns;
      std::vector<float> in(static_cast<std::size_t>(outer * each)), out(in.size());
      std::iota(in.begin(), in.end(), 0.0f);
      transpose_inner(in.data(), outer, rows, columns, out.data(), 2);
      std::int64_t wrong = 0;
      for (std::int64_t i = 0; i < outer * each; ++i) {
        const std::int64_t o = i / each, r = i % each / columns, c = i % columns;
        wrong += out[static_cast<std::size_t>(o * each + c * rows + r)] != in[static_cast<std::size_t>(i)] ? 1 : 0;
      }
      EXPECT_EQ(wrong, 0) << rows << " " << columns;
    }
  }
}
