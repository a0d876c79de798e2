#include "host/batch/json_strings.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace ophost::json_strings {
namespace {

constexpr const char* kUnterminated = "the closing '\"' of a string";
constexpr const char* kControl = "an escaped control character (such as \\n) within a string";
constexpr const char* kBadEscape = "one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// NULL when the escape at `p` (a backslash) is whole and known, else the first byte that is not.
const char* check_escape(const char* p, const char* end) {
  if (p + 1 >= end) return end;
  switch (p[1]) {
    case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't': return nullptr;
    case 'u':
      for (int i = 2; i < 6; ++i) {
        if (p + i >= end) return end;
        if (hex_value(p[i]) < 0) return p + i;
      }
      return nullptr;
    default: return p + 1;
  }
}

char unescaped(char c) {
  switch (c) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return c;
  }
}

std::uint32_t hex4(const char* p) {
  return static_cast<std::uint32_t>(hex_value(p[0]) << 12 | hex_value(p[1]) << 8 | hex_value(p[2]) << 4 |
                                    hex_value(p[3]));
}

// The \uXXXX at `p` (checked), or the pair of them; returns behind it.
const char* unescape_unicode(const char* p, const char* end, char* out, std::size_t& pos,
                             const char*& lone_surrogate) {
  std::uint32_t c = hex4(p + 2);
  const char* next = p + 6;
  if (c >= 0xD800 && c < 0xE000) {
    std::uint32_t low = 0;
    if (c < 0xDC00 && end - next >= 6 && next[0] == '\\' && next[1] == 'u' && !check_escape(next, end))
      low = hex4(next + 2);
    if (low < 0xDC00 || low >= 0xE000) {
      if (!lone_surrogate) lone_surrogate = p;
      return next;
    }
    c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    next += 6;
  }
  if (c < 0x80) {
    out[pos++] = static_cast<char>(c);
  } else if (c < 0x800) {
    out[pos++] = static_cast<char>(0xC0 | c >> 6);
    out[pos++] = static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out[pos++] = static_cast<char>(0xE0 | c >> 12);
    out[pos++] = static_cast<char>(0x80 | (c >> 6 & 0x3F));
    out[pos++] = static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out[pos++] = static_cast<char>(0xF0 | c >> 18);
    out[pos++] = static_cast<char>(0x80 | (c >> 12 & 0x3F));
    out[pos++] = static_cast<char>(0x80 | (c >> 6 & 0x3F));
    out[pos++] = static_cast<char>(0x80 | (c & 0x3F));
  }
  return next;
}

// In steps, so that the new zeros are still in the cache when the text overwrites them; for a huge
// string by what is left of it, which is an upper bound, so that memory is taken once.
void grow(std::string& arena, std::size_t left) {
  constexpr std::size_t kStep = 1u << 15;
  if (arena.capacity() - arena.size() < kStep) arena.reserve(arena.size() + left + 2 * kStep);
  arena.resize(arena.size() + kStep);
}

#if defined(__x86_64__)

struct Sse2Block {
  static constexpr int kSize = 16;
  __m128i v;
  Sse2Block(const char* p, const char* readable_end) {
    if (readable_end - p >= kSize) {
      v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    } else {  // padded with zeros, which stop the scan as any control character does
      alignas(16) char padded[kSize] = {};
      std::memcpy(padded, p, static_cast<std::size_t>(readable_end - p));
      v = _mm_load_si128(reinterpret_cast<const __m128i*>(padded));
    }
  }
  void store(char* out) const { _mm_storeu_si128(reinterpret_cast<__m128i*>(out), v); }
  std::uint32_t special() const {
    __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
    __m128i backslash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
    __m128i control = _mm_cmpeq_epi8(_mm_max_epu8(v, _mm_set1_epi8(0x1F)), _mm_set1_epi8(0x1F));
    return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_or_si128(quote, _mm_or_si128(backslash, control))));
  }
};

#define OPH_AVX2 __attribute__((target("avx2")))
struct Avx2Block {
  static constexpr int kSize = 32;
  __m256i v;
  OPH_AVX2 Avx2Block(const char* p, const char* readable_end) {
    if (readable_end - p >= kSize) {
      v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    } else {
      alignas(32) char padded[kSize] = {};
      std::memcpy(padded, p, static_cast<std::size_t>(readable_end - p));
      v = _mm256_load_si256(reinterpret_cast<const __m256i*>(padded));
    }
  }
  OPH_AVX2 void store(char* out) const { _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), v); }
  OPH_AVX2 std::uint32_t special() const {
    __m256i quote = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('"'));
    __m256i backslash = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\\'));
    __m256i control = _mm256_cmpeq_epi8(_mm256_max_epu8(v, _mm256_set1_epi8(0x1F)), _mm256_set1_epi8(0x1F));
    return static_cast<std::uint32_t>(
        _mm256_movemask_epi8(_mm256_or_si256(quote, _mm256_or_si256(backslash, control))));
  }
};

namespace baseline {
#define OPH_TARGET
#define OPH_BLOCK Sse2Block
#include "host/batch/json_strings_kernel.inl"
#undef OPH_TARGET
#undef OPH_BLOCK
}  // namespace baseline

namespace avx2 {
#define OPH_TARGET OPH_AVX2
#define OPH_BLOCK Avx2Block
#include "host/batch/json_strings_kernel.inl"
#undef OPH_TARGET
#undef OPH_BLOCK
}  // namespace avx2

#else

struct ByteBlock {
  static constexpr int kSize = 1;
  char c;
  ByteBlock(const char* p, const char* readable_end) : c(p < readable_end ? *p : '\0') {}
  void store(char* out) const { *out = c; }
  std::uint32_t special() const { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }
};

namespace baseline {
#define OPH_TARGET
#define OPH_BLOCK ByteBlock
#include "host/batch/json_strings_kernel.inl"
#undef OPH_TARGET
#undef OPH_BLOCK
}  // namespace baseline

#endif

}  // namespace

const Kernels& baseline_kernels() {
  static constexpr Kernels k{baseline::skip_string, baseline::unescape_string};
  return k;
}

const Kernels& kernels() {
#if defined(__x86_64__)
  static constexpr Kernels kAvx2{avx2::skip_string, avx2::unescape_string};
  static const bool has_avx2 = __builtin_cpu_supports("avx2");
  if (has_avx2) return kAvx2;
#endif
  return baseline_kernels();
}

}  // namespace ophost::json_strings
