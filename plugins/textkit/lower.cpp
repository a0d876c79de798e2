// Lowercasing: blocks of ASCII by SSE2, the rest through the tables. See lower.hpp.
#include "plugins/textkit/lower.hpp"

#include <emmintrin.h>

#include <cstring>

#include "plugins/textkit/unicode.hpp"

namespace ophost::textkit {
namespace {

constexpr char32_t kCapitalSigma = 0x3a3;
constexpr char32_t kFinalSigma = 0x3c2;
constexpr char32_t kDottedCapitalI = 0x130;
constexpr char32_t kCombiningDot = 0x307;

// Whether the capital sigma in [at, after) ends a word: a cased letter before it and none after it,
// case-ignorable characters not counting.
bool is_final_sigma(const char* begin, const char* at, const char* after, const char* end) {
  std::uint16_t bits = 0;
  while (at != begin) {
    bits = char_class(previous_char(at));
    if ((bits & kCaseIgnorable) == 0) break;
  }
  if ((bits & kCaseIgnorable) != 0 || (bits & kCased) == 0) return false;
  while (after != end) {
    bits = char_class(next_char(after));
    if ((bits & kCaseIgnorable) == 0) return (bits & kCased) == 0;
  }
  return true;
}

char lower_ascii(char c) {
  return static_cast<char>(static_cast<unsigned char>(c - 'A') < 26 ? c + 32 : c);
}

}  // namespace

char* lower_to(std::string_view text, char* out) {
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const char* p = begin;
  const __m128i before_a = _mm_set1_epi8('A' - 1);
  const __m128i after_z = _mm_set1_epi8('Z' + 1);
  const __m128i bit = _mm_set1_epi8(0x20);
  while (p != end) {
    if (end - p >= 16) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
      // Signed comparison: bytes of other characters are negative, so never capitals.
      const __m128i capital =
          _mm_and_si128(_mm_cmpgt_epi8(bytes, before_a), _mm_cmplt_epi8(bytes, after_z));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out),
                       _mm_or_si128(bytes, _mm_and_si128(capital, bit)));
      const int other = _mm_movemask_epi8(bytes);
      const int ascii = other == 0 ? 16 : __builtin_ctz(static_cast<unsigned>(other));
      p += ascii;
      out += ascii;
      if (other == 0) continue;
    } else if (static_cast<signed char>(*p) >= 0) {
      *out++ = lower_ascii(*p++);
      continue;
    }
    do {  // runs of other characters
      const char* at = p;
      const char32_t c = next_char(at);
      if (!has_class(c, kHasLower)) {
        while (p != at) *out++ = *p++;
        continue;
      }
      if (c == kDottedCapitalI) {
        out = put_char(put_char(out, 'i'), kCombiningDot);
      } else if (c == kCapitalSigma && is_final_sigma(begin, p, at, end)) {
        out = put_char(out, kFinalSigma);
      } else {
        out = put_char(out, simple_lower(c));
      }
      p = at;
    } while (p != end && static_cast<signed char>(*p) < 0);
  }
  return out;
}

void lower(std::string_view text, std::string& out) {
  out.resize(lower_capacity(text.size()));
  out.resize(static_cast<std::size_t>(lower_to(text, out.data()) - out.data()));
}

}  // namespace ophost::textkit
