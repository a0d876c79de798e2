// permutations_avx512.cpp: sixteen permutations at once over all hashes of a text.
// Owner: plugins/dedup. Any thread; call only where Permutations::best_way() says so.
//
// y = h*a + b mod 2^64 is made of two 32-bit multiplications: low64 = h*a_low + b, high +=
// h*a_high. The residue of y modulo 2^61-1 is (y & M) + (y >> 61), less M if that reaches M; of its
// low 32 bits only the sum low32(y) + (y >> 61) matters as long as bits 32..60 of y are not all
// ones, which is watched (`highest`).
#include "plugins/dedup/permutations.hpp"

#if defined __x86_64__
// g++ 12 takes the undefined starting values inside these intrinsics for mistakes.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>

#pragma GCC target("avx512f")

namespace ophost::dedup {

bool group_minima_avx512(const PermutationGroup& g, const std::uint32_t* hashes, std::size_t count,
                         std::uint32_t* minima) {
  const __m512i a_even = _mm512_load_si512(g.a_even), a_odd = _mm512_load_si512(g.a_odd);
  const __m512i b_even = _mm512_load_si512(g.b_even), b_odd = _mm512_load_si512(g.b_odd);
  const __m512i a_high = _mm512_load_si512(g.a_high);
  const __m512i seven = _mm512_set1_epi32(7);
  __m512i lowest = _mm512_set1_epi32(-1), highest = _mm512_setzero_si512();
  for (std::size_t i = 0; i < count; ++i) {
    const __m512i h = _mm512_set1_epi32(static_cast<int>(hashes[i]));
    const __m512 even = _mm512_castsi512_ps(_mm512_add_epi64(_mm512_mul_epu32(h, a_even), b_even));
    const __m512 odd = _mm512_castsi512_ps(_mm512_add_epi64(_mm512_mul_epu32(h, a_odd), b_odd));
    const __m512i low = _mm512_castps_si512(_mm512_shuffle_ps(even, odd, 0x88));
    const __m512i high = _mm512_add_epi32(_mm512_castps_si512(_mm512_shuffle_ps(even, odd, 0xDD)),
                                          _mm512_mullo_epi32(h, a_high));
    const __m512i turned = _mm512_rol_epi32(high, 3);  // bits 32..60 on top, 61..63 below
    highest = _mm512_max_epu32(highest, turned);
    lowest = _mm512_min_epu32(lowest, _mm512_add_epi32(low, _mm512_and_si512(turned, seven)));
  }
  _mm512_storeu_si512(minima, lowest);
  return _mm512_cmpge_epu32_mask(highest, _mm512_set1_epi32(-8)) == 0;
}

}  // namespace ophost::dedup
#endif
