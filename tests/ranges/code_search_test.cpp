#include "ranges/code_search.h"

#include <gtest/gtest.h>

#include "support/normals.h"

using namespace halftone;
using namespace halftone::test;

namespace {

constexpr std::int64_t kColumns = 24;
constexpr float kScale = 0.5f;
constexpr CodeRange kRange = {-3, 3};

// Products of random rows that resemble each other, and a bit on the diagonal.
std::vector<float> coupled(std::uint64_t seed) {
  const auto n = static_cast<std::size_t>(kColumns);
  const auto rows = normals(kColumns * kColumns, seed), common = normals(kColumns, seed + 1);
  std::vector<float> h(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t r = 0; r < n; ++r) h[i * n + j] += (rows[r * n + i] + common[r]) * (rows[r * n + j] + common[r]) / static_cast<float>(n);
    }
    h[i * n + i] += 0.1f;
  }
  return h;
}

double error_of(const std::vector<float>& h, const std::vector<float>& codes, const std::vector<float>& target) {
  const std::size_t n = codes.size();
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) sum += static_cast<double>(kScale * codes[i] - target[i]) * h[i * n + j] * (kScale * codes[j] - target[j]);
  }
  return sum;
}

CodeCandidate start(const std::vector<float>& h, const std::vector<float>& target) {
  CodeCandidate candidate{std::vector<float>(target.size(), kScale), {}, {}, 0};
  for (float x : target) candidate.codes.push_back(nearest_code(x, kScale, kRange));
  for (std::size_t i = 0; i < target.size(); ++i) {
    float sum = 0;
    for (std::size_t j = 0; j < target.size(); ++j) sum += h[i * target.size() + j] * (kScale * candidate.codes[j] - target[j]);
    candidate.gradient.push_back(sum);
  }
  candidate.error = error_of(h, candidate.codes, target);
  return candidate;
}

}  // namespace

TEST(CodeSearch, EndsWhereNoSingleCodeHelps) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const auto h = coupled(seed), target = normals(kColumns, seed + 100);
    CodeCandidate found = start(h, target);
    const double before = found.error;
    CodeSearch(h.data(), kColumns).descend(found, target.data(), kRange);
    const double least = error_of(h, found.codes, target);
    EXPECT_NEAR(found.error, least, 1e-4 * least);
    EXPECT_LE(least, before);
    for (float& code : found.codes) {
      const float kept = code;
      for (float other = -3; other <= 3; ++other) {
        code = other;
        EXPECT_GE(error_of(h, found.codes, target), least * (1 - 1e-5)) << seed;
      }
      code = kept;
    }
  }
}

TEST(CodeSearch, ExchangesGoOnFromThere) {
  double before = 0, after = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto h = coupled(seed), target = normals(kColumns, seed + 100);
    CodeCandidate found = start(h, target);
    const CodeSearch search(h.data(), kColumns);
    search.descend(found, target.data(), kRange);
    const double descended = error_of(h, found.codes, target);
    search.exchange(found, target.data(), kRange);
    const double exchanged = error_of(h, found.codes, target);
    EXPECT_NEAR(found.error, exchanged, 1e-4 * exchanged);
    EXPECT_LE(exchanged, descended * (1 + 1e-6)) << seed;
    for (float code : found.codes) EXPECT_TRUE(code >= -3 && code <= 3);
    before += descended;
    after += exchanged;
  }
  EXPECT_LT(after, 0.95 * before);
}
