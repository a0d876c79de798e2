// permutations_avx2.cpp: sixteen permutations as two halves of eight; the arithmetic is explained
// in permutations_avx512.cpp. Owner: plugins/dedup. Any thread; call only where
// Permutations::best_way() says so.
#include "plugins/dedup/permutations.hpp"

#if defined __x86_64__
#include <immintrin.h>

#pragma GCC target("avx2")

namespace ophost::dedup {
namespace {

inline __m256i load(const void* p) {
  return _mm256_load_si256(static_cast<const __m256i*>(p));
}

}  // namespace

bool group_minima_avx2(const PermutationGroup& g, const std::uint32_t* hashes, std::size_t count,
                       std::uint32_t* minima) {
  bool safe = true;
  for (int half = 0; half < 2; ++half) {
    const __m256i a_even = load(g.a_even + 4 * half), a_odd = load(g.a_odd + 4 * half);
    const __m256i b_even = load(g.b_even + 4 * half), b_odd = load(g.b_odd + 4 * half);
    const __m256i a_high = load(g.a_high + 8 * half);
    __m256i lowest = _mm256_set1_epi32(-1), highest = _mm256_setzero_si256();
    for (std::size_t i = 0; i < count; ++i) {
      const __m256i h = _mm256_set1_epi32(static_cast<int>(hashes[i]));
      const __m256 even =
          _mm256_castsi256_ps(_mm256_add_epi64(_mm256_mul_epu32(h, a_even), b_even));
      const __m256 odd = _mm256_castsi256_ps(_mm256_add_epi64(_mm256_mul_epu32(h, a_odd), b_odd));
      const __m256i low = _mm256_castps_si256(_mm256_shuffle_ps(even, odd, 0x88));
      const __m256i high = _mm256_add_epi32(_mm256_castps_si256(_mm256_shuffle_ps(even, odd, 0xDD)),
                                            _mm256_mullo_epi32(h, a_high));
      highest = _mm256_max_epu32(highest, _mm256_slli_epi32(high, 3));
      lowest = _mm256_min_epu32(lowest, _mm256_add_epi32(low, _mm256_srli_epi32(high, 29)));
    }
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(minima + 8 * half), lowest);
    const __m256i near = _mm256_set1_epi32(-8);
    safe &= _mm256_movemask_epi8(_mm256_cmpeq_epi32(_mm256_max_epu32(highest, near), highest)) == 0;
  }
  return safe;
}

}  // namespace ophost::dedup
#endif
