// The shapes of numpy's matmul: matrices in the last two axes, the axes before broadcast; a vector is a row (first) or a column
// (second) whose axis vanishes again.
#pragma once

#include "operators/broadcast.h"
#include "operators/operator.h"

namespace halftone {

struct MatrixShapes {
  Shape a, b;                  // at least rank 2
  Shape batch;                 // broadcast
  std::int64_t rows = 0, inner = 0, columns = 0;
  Shape result;

  // Where the matrices of the n-th product begin.
  std::int64_t offset_a(std::int64_t n) const { return broadcast_offset(Shape(a.begin(), a.end() - 2), batch, n) * rows * inner; }
  std::int64_t offset_b(std::int64_t n) const { return broadcast_offset(Shape(b.begin(), b.end() - 2), batch, n) * inner * columns; }
};

// Of the first two inputs. Throws Error where they do not multiply.
inline MatrixShapes matrix_shapes(const Call& call) {
  MatrixShapes p;
  p.a = call.input(0).shape;
  p.b = call.input(1).shape;
  if (p.a.empty() || p.b.empty()) throw Error("a scalar cannot be multiplied as a matrix");
  const bool row = p.a.size() == 1, column = p.b.size() == 1;
  if (row) p.a.insert(p.a.begin(), 1);
  if (column) p.b.push_back(1);
  p.rows = p.a[p.a.size() - 2];
  p.inner = p.a.back();
  p.columns = p.b.back();
  if (p.b[p.b.size() - 2] != p.inner) throw Error("{} and {} do not multiply", to_string(call.input(0).shape), to_string(call.input(1).shape));
  p.batch = broadcast_shapes(Shape(p.a.begin(), p.a.end() - 2), Shape(p.b.begin(), p.b.end() - 2));
  p.result = p.batch;
  if (!row) p.result.push_back(p.rows);
  if (!column) p.result.push_back(p.columns);
  return p;
}

}  // namespace halftone
