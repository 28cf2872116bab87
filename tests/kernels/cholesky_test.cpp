#include "kernels/cholesky.h"

#include <cmath>
#include <vector>

#include "support/normals.h"

using namespace halftone;
using namespace halftone::test;

namespace {

// A A^T / n + 0.1 I
std::vector<float> positive_definite(std::int64_t n) {
  const auto a = normals(n * n, static_cast<std::uint64_t>(n));
  std::vector<float> h(a.size());
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < n; ++j) {
      double sum = i == j ? 0.1 * static_cast<double>(n) : 0;
      for (std::int64_t k = 0; k < n; ++k) sum += static_cast<double>(a[static_cast<std::size_t>(i * n + k)]) * a[static_cast<std::size_t>(j * n + k)];
      h[static_cast<std::size_t>(i * n + j)] = static_cast<float>(sum / static_cast<double>(n));
    }
  }
  return h;
}

}  // namespace

TEST(Cholesky, TimesItsTransposeIsTheMatrix) {
  for (const std::int64_t n : {1, 2, 63, 64, 65, 200}) {
    const std::vector<float> h = positive_definite(n);
    std::vector<float> l = h, two = h;
    cholesky(l.data(), n, 1e-6f, 1);
    cholesky(two.data(), n, 1e-6f, 2);
    for (std::int64_t i = 0; i < n; ++i) {
      for (std::int64_t j = 0; j <= i; ++j) {
        double sum = 0;
        for (std::int64_t k = 0; k <= j; ++k) sum += static_cast<double>(l[static_cast<std::size_t>(i * n + k)]) * l[static_cast<std::size_t>(j * n + k)];
        EXPECT_NEAR(sum, h[static_cast<std::size_t>(i * n + j)], 2e-5) << n << " " << i << " " << j;
        EXPECT_EQ(l[static_cast<std::size_t>(i * n + j)], two[static_cast<std::size_t>(i * n + j)]);
      }
    }
  }
}

TEST(Cholesky, Solves) {
  for (const std::int64_t n : {1, 5, 64, 150}) {
    const std::int64_t columns = 40;
    const std::vector<float> h = positive_definite(n), x = normals(n * columns, 3);
    std::vector<float> b(x.size()), l = h;
    for (std::int64_t i = 0; i < n; ++i) {
      for (std::int64_t c = 0; c < columns; ++c) {
        double sum = 0;
        for (std::int64_t k = 0; k < n; ++k) sum += static_cast<double>(h[static_cast<std::size_t>(i * n + k)]) * x[static_cast<std::size_t>(k * columns + c)];
        b[static_cast<std::size_t>(i * columns + c)] = static_cast<float>(sum);
      }
    }
    cholesky(l.data(), n, 1e-6f, 2);
    solve_cholesky(l.data(), n, b.data(), columns);
    for (std::size_t i = 0; i < b.size(); ++i) EXPECT_NEAR(b[i], x[i], 2e-4) << n;
  }
}

TEST(Cholesky, RaisesPivotsThatAreTooSmall) {
  std::vector<float> a = {1, 0, 1, 1};  // of ones: singular
  cholesky(a.data(), 2, 0.25f, 1);
  EXPECT_EQ(a[3], 0.5f);
}
