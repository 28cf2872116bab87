// HALFTONE_SIMD_CLONES before a function definition compiles it for several instruction sets and picks one when the
// program starts. The clones give the same bits: loops are elementwise or integer, and contraction is off.
// Sanitized builds and other compilers take the baseline alone.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(HALFTONE_NO_CLONES)
#define HALFTONE_SIMD_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
// The same for loops that call std::fma, which is one instruction on these machines and a slow call, of the same result,
// elsewhere. By features: a clone for "arch=NAME" serves that one processor and none of its successors.
#define HALFTONE_FMA_CLONES __attribute__((target_clones("avx512f", "fma", "default")))
#else
#define HALFTONE_SIMD_CLONES
#define HALFTONE_FMA_CLONES
#endif

namespace halftone {

// Round half to even of |x| < 2^22 without a call: adding 1.5 2^23 leaves no bits for a fraction.
inline float round_half_even_small(float x) {
  constexpr float kMagic = 12582912.0f;
  return (x + kMagic) - kMagic;
}

}  // namespace halftone
