// ftfy.cpp: the fast scan for segments that need something, and the repairs of a segment. Owner:
// plugins/unicode. Any thread.
#include "plugins/unicode/ftfy.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#if defined __SSE2__
#include <emmintrin.h>
#endif

#include "plugins/textkit/unicode.hpp"
#include "plugins/unicode/ftfy_tables.hpp"

namespace ophost::unicode {
namespace {

constexpr std::size_t kNone = std::string_view::npos;
constexpr std::size_t kLongestSegment = 1'000'000;  // code points

bool is_alnum(char32_t c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// Bytes that the scan stops at: all but printable ASCII, tab, line feed, form feed, without &
// though.
constexpr std::array<bool, 256> stop_bytes() {
  std::array<bool, 256> stop{};
  for (unsigned b = 0; b < 256; ++b) {
    stop[b] = b >= 0x7F || (b < 0x20 && b != '\t' && b != '\n' && b != '\f') || b == '&';
  }
  return stop;
}
constexpr std::array<bool, 256> kStop = stop_bytes();

std::size_t next_stop(std::string_view text, std::size_t i) {
  const char* p = text.data();
#if defined __SSE2__
  for (; i + 16 <= text.size(); i += 16) {
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + i));
    // Signed, so that bytes from 80 on count as small.
    __m128i hit = _mm_cmplt_epi8(v, _mm_set1_epi8(0x20));
    hit = _mm_or_si128(hit, _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7F)));
    hit = _mm_or_si128(hit, _mm_cmpeq_epi8(v, _mm_set1_epi8('&')));
    const __m128i fine = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('\n')),
                                      _mm_cmpeq_epi8(v, _mm_set1_epi8('\t')));
    const int mask = _mm_movemask_epi8(_mm_andnot_si128(fine, hit));
    if (mask == 0) continue;
    const std::size_t at = i + static_cast<std::size_t>(__builtin_ctz(static_cast<unsigned>(mask)));
    if (text[at] != '\f') return at;
    i = at + 1 - 16;
  }
#endif
  while (i < text.size() && !kStop[static_cast<unsigned char>(p[i])]) ++i;
  return i;
}

// `&#?[0-9A-Za-z]{1,24};` at an ampersand: bytes of the match, 0 = none.
template <class Text>
std::size_t entity(const Text& text, std::size_t i) {
  std::size_t at = i + 1;
  if (at < text.size() && text[at] == '#') ++at;
  const std::size_t name = at;
  while (at < text.size() && at - name <= 24 && is_alnum(static_cast<char32_t>(text[at]))) ++at;
  const bool whole = at > name && at - name <= 24 && at < text.size() && text[at] == ';';
  return whole ? at + 1 - i : 0;
}

void append_utf32(std::string_view text, std::u32string& out) {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) out += textkit::next_char(at);
}

// html.unescape for &#...; when it stands for something else than itself; false = leave it alone.
bool numeric(std::string_view digits, std::u32string& out) {
  unsigned base = 10;
  if (digits[0] == 'x' || digits[0] == 'X') {
    base = 16;
    digits.remove_prefix(1);
    if (digits.empty()) return false;
  }
  std::uint32_t number = 0;
  for (const char c : digits) {
    const unsigned value = c >= '0' && c <= '9' ? static_cast<unsigned>(c - '0')
                                                : static_cast<unsigned>((c | 32) - 'a') + 10;
    if (value >= base) return false;
    if (number <= 0x10FFFF) number = number * base + value;
  }
  for (const tables::Reference& r : tables::kReferences) {
    if (r.number != static_cast<std::int32_t>(number)) continue;
    if (r.to >= 0) out += static_cast<char32_t>(r.to);
    return true;
  }
  if (number == ';') return false;
  const bool scalar = number <= 0x10FFFF && (number < 0xD800 || number > 0xDFFF);
  out += scalar ? number : 0xFFFD;
  return true;
}

std::u32string unescape(const std::u32string& text) {
  std::u32string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t n = text[i] == '&' ? entity(text, i) : 0;
    if (n == 0) {
      out += text[i++];
      continue;
    }
    char name[32] = {};  // at most #, 24 characters
    std::size_t size = 0;
    for (std::size_t k = i + 1; k + 1 < i + n; ++k) name[size++] = static_cast<char>(text[k]);
    const std::string_view key(name, size);
    bool done = false;
    if (name[0] == '#') {
      done = numeric(key.substr(1), out);
    } else {
      const tables::Entity* at =
          std::lower_bound(std::begin(tables::kEntities), std::end(tables::kEntities), key,
                           [](const tables::Entity& e, std::string_view k) { return e.name < k; });
      done = at != std::end(tables::kEntities) && at->name == key;
      if (done) append_utf32(at->text, out);
    }
    if (!done) out.append(text, i, n);
    i += n;
  }
  return out;
}

bool is_control(char32_t c) {
  return c < 0x09 || c == 0x0B || (c >= 0x0E && c < 0x20) || c == 0x7F ||
         (c >= 0x206A && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFC);
}

void put_uncurled(char32_t c, std::u32string& out) {
  if (c == 0x2BC || (c >= 0x2018 && c <= 0x201B)) c = '\'';
  if (c >= 0x201C && c <= 0x201F) c = '"';
  out += c;
}

void put_normal_width(char32_t c, std::u32string& out) {
  const tables::Mapped* width = c >= 0x3000 ? tables::find(tables::kWidths, c) : nullptr;
  if (!width) return put_uncurled(c, out);
  for (const char32_t w : width->to) {
    if (w != 0) put_uncurled(w, out);
  }
}

// C1 controls, ligatures, widths, quotes: each looks at one character.
void fix_characters(const std::u32string& text, std::u32string& out) {
  out.clear();
  for (char32_t c : text) {
    if (c < 0x80) {
      out += c;
      continue;
    }
    if (c < 0xA0) c = tables::kEncodings[1].high[c - 0x80];
    const tables::Mapped* ligature = tables::find(tables::kLigatures, c);
    if (!ligature) {
      put_normal_width(c, out);
      continue;
    }
    for (const char32_t l : ligature->to) {
      if (l != 0) put_normal_width(l, out);
    }
  }
}

void fix_line_breaks(std::u32string& text) {
  std::size_t to = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char32_t c = text[i];
    if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    if (c == '\r' || c == 0x2028 || c == 0x2029 || c == 0x85) c = '\n';
    text[to++] = c;
  }
  text.resize(to);
}

// `\x1b\[((?:\d|;)*)([a-zA-Z])` goes, then the control characters.
void remove_escapes_and_controls(std::u32string& text) {
  std::size_t to = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == 0x1B && i + 1 < text.size() && text[i + 1] == '[') {
      std::size_t k = i + 2;
      while (k < text.size() &&
             (text[k] == ';' || textkit::has_class(text[k], textkit::kPyDecimal))) {
        ++k;
      }
      const bool letter =
          k < text.size() && is_alnum(text[k]) && !(text[k] >= '0' && text[k] <= '9');
      if (letter) {
        i = k;
        continue;
      }
    }
    if (!is_control(text[i])) text[to++] = text[i];
  }
  text.resize(to);
}

// Whether a segment that has been through the repairs needs no second look; false when in doubt.
// For NFC.
bool settled(const std::u32string& text, bool unescaping) {
  unsigned before = 0;
  for (const char32_t c : text) {
    const unsigned cls = tables::fast_class(c);
    const bool stops = c < 0x80 && kStop[c] && (c != '&' || unescaping);
    if (stops || cls == 1 || (tables::kPairs[before] >> cls & 1)) return false;
    before = cls;
  }
  return true;
}

// Whether normalising to NFC changes nothing; false when in doubt.
bool is_nfc(const std::u32string& text) {
  return std::none_of(text.begin(), text.end(),
                      [](char32_t c) { return c >= 0x300 && tables::fast_class(c) == 1; });
}

}  // namespace

std::size_t Fixer::suspicious(std::string_view text, std::size_t from,
                              std::size_t entities_until) const {
  std::size_t i = from;
  while ((i = next_stop(text, i)) < text.size()) {
    if (text[i] == '&') {
      if (i < entities_until && entity(text, i) != 0) return i;
      ++i;
      continue;
    }
    if (static_cast<unsigned char>(text[i]) < 0x80 || form_ != Form::kNfc) return i;
    // A run of characters beyond ASCII, with the byte before and the byte after it.
    unsigned before = i == 0 ? 0 : tables::fast_class(static_cast<unsigned char>(text[i - 1]));
    const char* p = text.data() + i;
    const char* const end = text.data() + text.size();
    while (p != end && static_cast<unsigned char>(*p) >= 0x80) {
      const char* const here = p;
      const unsigned cls = tables::fast_class(textkit::next_char(p));
      if (cls == 1 || (tables::kPairs[before] >> cls & 1)) {
        return static_cast<std::size_t>(here - text.data());
      }
      before = cls;
    }
    if (p != end &&
        (tables::kPairs[before] >> tables::fast_class(static_cast<unsigned char>(*p)) & 1)) {
      return static_cast<std::size_t>(p - text.data()) - 1;
    }
    i = static_cast<std::size_t>(p - text.data());
  }
  return kNone;
}

bool Fixer::fix(std::string_view text, std::string& out) const {
  // Entities stay from the first segment with a "<" on.
  const std::size_t first_tag = text.find('<');
  std::size_t found = suspicious(text, 0, first_tag);
  if (found == kNone) return false;
  out.clear();
  out.reserve(text.size() + text.size() / 16);
  std::size_t done = 0;
  while (found != kNone) {
    const std::size_t before = found == 0 ? kNone : text.rfind('\n', found - 1);
    std::size_t begin = before == kNone ? 0 : before + 1;
    begin = std::max(begin, done);
    std::size_t end = text.find('\n', begin);
    end = end == kNone ? text.size() : end + 1;
    // A line of more than a million code points is several segments, counted from where it begins.
    if (end - begin > kLongestSegment) {
      std::size_t cut = begin + textkit::prefix_bytes(text.substr(begin), kLongestSegment);
      while (cut <= found && cut < end) {
        begin = cut;
        cut += textkit::prefix_bytes(text.substr(cut), kLongestSegment);
      }
      end = std::min(end, cut);
    }
    out.append(text, done, begin - done);
    fix_segment(text.substr(begin, end - begin), end <= first_tag, out);
    done = end;
    found = suspicious(text, done, first_tag);
  }
  out.append(text, done);
  return true;
}

void Fixer::fix_segment(std::string_view segment, bool unescaping, std::string& out) const {
  std::u32string text, next, fixed;
  text.reserve(segment.size());
  append_utf32(segment, text);
  while (true) {
    const bool entities = unescaping && text.find(U'&') != std::u32string::npos;
    next = fix_encoding(entities ? unescape(text) : text);
    fix_characters(next, fixed);
    fix_line_breaks(fixed);
    remove_escapes_and_controls(fixed);
    if (form_ != Form::kNfc || !is_nfc(fixed)) normalize(form_, fixed);
    if (fixed == text) break;
    text.swap(fixed);
    if (form_ == Form::kNfc && settled(text, unescaping)) break;
  }
  for (const char32_t c : text) textkit::append_char(out, c);
}

}  // namespace ophost::unicode
