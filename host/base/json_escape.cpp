// append_json_string: the hot half of writing records. Escapes are found 32 (AVX2) or 16 (SSE2) bytes at
// a time; the text is copied while it is searched. Pure function; any thread.
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "host/base/json.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace ophost {
namespace {

struct Escape {
  char text[7];
  std::uint8_t size;
};

constexpr std::array<Escape, 128> make_escapes() {
  constexpr char kHex[] = "0123456789abcdef";
  std::array<Escape, 128> t{};
  for (unsigned c = 0; c < 0x20; ++c) t[c] = {{'\\', 'u', '0', '0', kHex[c >> 4], kHex[c & 15], 0}, 6};
  t['\b'] = {{'\\', 'b'}, 2};
  t['\f'] = {{'\\', 'f'}, 2};
  t['\n'] = {{'\\', 'n'}, 2};
  t['\r'] = {{'\\', 'r'}, 2};
  t['\t'] = {{'\\', 't'}, 2};
  t['"'] = {{'\\', '"'}, 2};
  t['\\'] = {{'\\', '\\'}, 2};
  return t;
}
constexpr std::array<Escape, 128> kEscapes = make_escapes();

// Escaped text is gathered here and appended piecewise: a string that grows in front of the writer would be
// zeroed first.
constexpr std::size_t kPiece = 1024;
constexpr std::size_t kRoom = 6 * kPiece + 64;

char* put_escape(char* out, char c) {
  const Escape& e = kEscapes[static_cast<unsigned char>(c)];
  std::memcpy(out, e.text, 7);
  return out + e.size;
}

bool is_special(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

char* escape_bytes(const char* p, const char* end, char* out) {
  for (; p < end; ++p) {
    if (is_special(*p)) out = put_escape(out, *p);
    else *out++ = *p;
  }
  return out;
}

#if defined(__x86_64__)

char* escape_sse2(const char* p, const char* end, char* out) {
  const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), control = _mm_set1_epi8(0x1F);
  while (end - p >= 16) {
    __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), v);
    __m128i hit = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, backslash)),
                               _mm_cmpeq_epi8(_mm_max_epu8(v, control), control));
    auto mask = static_cast<std::uint32_t>(_mm_movemask_epi8(hit));
    if (mask == 0) {
      p += 16;
      out += 16;
      continue;
    }
    int n = std::countr_zero(mask);
    out = put_escape(out + n, p[n]);
    p += n + 1;
  }
  return escape_bytes(p, end, out);
}

__attribute__((target("avx2"))) char* escape_avx2(const char* p, const char* end, char* out) {
  const __m256i quote = _mm256_set1_epi8('"'), backslash = _mm256_set1_epi8('\\'),
                control = _mm256_set1_epi8(0x1F);
  while (end - p >= 32) {
    __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), v);
    __m256i hit = _mm256_or_si256(_mm256_or_si256(_mm256_cmpeq_epi8(v, quote), _mm256_cmpeq_epi8(v, backslash)),
                                  _mm256_cmpeq_epi8(_mm256_max_epu8(v, control), control));
    auto mask = static_cast<std::uint32_t>(_mm256_movemask_epi8(hit));
    if (mask == 0) {
      p += 32;
      out += 32;
      continue;
    }
    int n = std::countr_zero(mask);
    out = put_escape(out + n, p[n]);
    p += n + 1;
  }
  return escape_sse2(p, end, out);
}

#endif

using EscapeFn = char* (*)(const char*, const char*, char*);

EscapeFn pick() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") ? escape_avx2 : escape_sse2;
#else
  return escape_bytes;
#endif
}

}  // namespace

void append_json_string(std::string& out, std::string_view s) {
  static const EscapeFn escape = pick();
  char room[kRoom];
  out += '"';
  while (!s.empty()) {
    std::size_t n = std::min(s.size(), kPiece);
    char* end = escape(s.data(), s.data() + n, room);
    out.append(room, static_cast<std::size_t>(end - room));
    s.remove_prefix(n);
  }
  out += '"';
}

}  // namespace ophost
