// The scans for both instruction sets. See scan.hpp; the algorithms stand in scan_kernels.inc.
#include "plugins/textkit/scan.hpp"

#include <immintrin.h>

#include <algorithm>
#include <cstring>

#include "plugins/textkit/unicode.hpp"

namespace ophost::textkit {
namespace {

// Index of the highest set bit, -1 without one.
inline int last_bit(std::uint64_t mask) {
  return mask == 0 ? -1 : 63 - __builtin_clzll(mask);
}

namespace sse2 {

struct Block {
  __m128i v[4];

  static Block load(const char* p) {
    const auto* at = reinterpret_cast<const __m128i*>(p);
    return {{_mm_loadu_si128(at), _mm_loadu_si128(at + 1), _mm_loadu_si128(at + 2),
             _mm_loadu_si128(at + 3)}};
  }
  template <typename Test>
  std::uint64_t mask(Test test) const {
    std::uint64_t m = 0;
    for (int i = 0; i < 4; ++i) {
      m |= std::uint64_t{static_cast<std::uint16_t>(_mm_movemask_epi8(test(v[i])))} << (16 * i);
    }
    return m;
  }
  static __m128i in_range(__m128i x, char lo, char hi) {
    const __m128i d = _mm_sub_epi8(x, _mm_set1_epi8(lo));
    return _mm_cmpeq_epi8(_mm_min_epu8(d, _mm_set1_epi8(static_cast<char>(hi - lo))), d);
  }
  std::uint64_t eq(char c) const {
    return mask([c](__m128i x) { return _mm_cmpeq_epi8(x, _mm_set1_epi8(c)); });
  }
  std::uint64_t in(char lo, char hi) const {
    return mask([=](__m128i x) { return in_range(x, lo, hi); });
  }
  std::uint64_t folded_in(char lo, char hi) const {
    return mask([=](__m128i x) { return in_range(_mm_or_si128(x, _mm_set1_epi8(32)), lo, hi); });
  }
  std::uint64_t high() const {
    return mask([](__m128i x) { return x; });
  }
  std::uint64_t leads() const {
    return mask([](__m128i x) { return _mm_cmpgt_epi8(x, _mm_set1_epi8(-65)); });
  }
};

#include "plugins/textkit/scan_kernels.inc"

}  // namespace sse2

#pragma GCC push_options
#pragma GCC target("avx2,bmi,popcnt,lzcnt")
namespace avx2 {

struct Block {
  __m256i lo, hi;

  static Block load(const char* p) {
    const auto* at = reinterpret_cast<const __m256i*>(p);
    return {_mm256_loadu_si256(at), _mm256_loadu_si256(at + 1)};
  }
  static std::uint64_t join(__m256i low, __m256i high) {
    return static_cast<std::uint32_t>(_mm256_movemask_epi8(low)) |
           std::uint64_t{static_cast<std::uint32_t>(_mm256_movemask_epi8(high))} << 32;
  }
  static __m256i in_range(__m256i x, char from, char to) {
    const __m256i d = _mm256_sub_epi8(x, _mm256_set1_epi8(from));
    return _mm256_cmpeq_epi8(_mm256_min_epu8(d, _mm256_set1_epi8(static_cast<char>(to - from))), d);
  }
  std::uint64_t eq(char c) const {
    const __m256i all = _mm256_set1_epi8(c);
    return join(_mm256_cmpeq_epi8(lo, all), _mm256_cmpeq_epi8(hi, all));
  }
  std::uint64_t in(char from, char to) const {
    return join(in_range(lo, from, to), in_range(hi, from, to));
  }
  std::uint64_t folded_in(char from, char to) const {
    const __m256i bit = _mm256_set1_epi8(32);
    return join(in_range(_mm256_or_si256(lo, bit), from, to),
                in_range(_mm256_or_si256(hi, bit), from, to));
  }
  std::uint64_t high() const { return join(lo, hi); }
  std::uint64_t leads() const {
    const __m256i last = _mm256_set1_epi8(-65);
    return join(_mm256_cmpgt_epi8(lo, last), _mm256_cmpgt_epi8(hi, last));
  }
};

#include "plugins/textkit/scan_kernels.inc"

}  // namespace avx2
#pragma GCC pop_options

}  // namespace

const ScanKernels kSse2Kernels = {sse2::count_chars, sse2::count_alnum,  sse2::count_special,
                                  sse2::count_lines, sse2::longest_line, sse2::count_words,
                                  sse2::word_masks,  sse2::find_any};
const ScanKernels kAvx2Kernels = {avx2::count_chars, avx2::count_alnum,  avx2::count_special,
                                  avx2::count_lines, avx2::longest_line, avx2::count_words,
                                  avx2::word_masks,  avx2::find_any};

bool has_avx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
         __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("lzcnt");
}

}  // namespace ophost::textkit
