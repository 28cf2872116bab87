// The Cholesky factor of a positive definite matrix in float32, row-major. Blocks of columns go through the matrix product,
// so that large matrices run at its speed; the order of sums does not depend on the number of threads.
// Source: Golub and Van Loan, Matrix Computations, section 4.2 (blocked, right-looking).
#pragma once

#include <cstdint>

namespace halftone {

// a = L L^T, [size, size]: L takes the place of the lower triangle; what lies above it is not read, and undefined afterwards.
// A pivot below `least` is raised to it, so that it never fails.
void cholesky(float* a, std::int64_t size, float least, int threads);

// x = (L L^T)^-1 x on the calling thread: x [size, columns].
void solve_cholesky(const float* l, std::int64_t size, float* x, std::int64_t columns);

}  // namespace halftone
