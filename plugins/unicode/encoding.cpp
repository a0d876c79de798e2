// encoding.cpp: ftfy's fix_encoding: is the text mojibake, and which detour through a single byte
// encoding undoes it. Owner: plugins/unicode. Any thread.
#include <algorithm>
#include <array>
#include <vector>

#include "plugins/textkit/unicode.hpp"
#include "plugins/unicode/ftfy.hpp"
#include "plugins/unicode/ftfy_tables.hpp"

namespace ophost::unicode {
namespace {

using Bytes = std::vector<unsigned char>;

// By the class of a first character: the sequences that begin with it, and the classes that follow
// in one of them.
struct Starts {
  std::uint64_t sequences = 0;
  tables::ClassSet seconds = {0, 0};
};
constexpr std::array<Starts, tables::kExactClasses> starts() {
  std::array<Starts, tables::kExactClasses> out{};
  static_assert(std::size(tables::kBadSequences) <= 64);
  for (unsigned cls = 0; cls < tables::kExactClasses; ++cls) {
    for (std::size_t k = 0; k < std::size(tables::kBadSequences); ++k) {
      const tables::BadSequence& s = tables::kBadSequences[k];
      if (!s.sets[0].has(cls)) continue;
      out[cls].sequences |= std::uint64_t{1} << k;
      const tables::ClassSet all = {~std::uint64_t{0}, ~std::uint64_t{0}};
      const tables::ClassSet& second = s.size == 1 ? all : s.sets[1];
      out[cls].seconds.low |= second.low;
      out[cls].seconds.high |= second.high;
    }
    // A character that no set names may be any of the three sorts.
    if (out[cls].seconds.low & 0b1101) out[cls].seconds.low |= 1;
  }
  return out;
}
constexpr std::array<Starts, tables::kExactClasses> kStarts = starts();

// As exact_class, with the sorts of unnamed characters told apart.
unsigned full_class(char32_t c) {
  if (const unsigned cls = tables::exact_class(c)) return cls;
  if (textkit::has_class(c, textkit::kPySpace)) return 3;
  return textkit::has_class(c, textkit::kReWord) ? 2 : 0;
}

// Whether a sequence of the badness expression matches at i, where a character of class `cls`
// stands.
bool bad_at(const std::u32string& text, std::size_t i, unsigned cls) {
  for (std::uint64_t left = kStarts[cls].sequences; left != 0; left &= left - 1) {
    const tables::BadSequence& s = tables::kBadSequences[__builtin_ctzll(left)];
    if ((s.at_start && i != 0) || i + static_cast<std::size_t>(s.size) > text.size()) continue;
    int k = 1;
    while (k < s.size && s.sets[k].has(full_class(text[i + static_cast<std::size_t>(k)]))) ++k;
    if (k == s.size) return true;
  }
  return false;
}

// ---- bytes of a single byte encoding ----

// The text in an encoding; false when a character is not in it.
bool encode(const std::u32string& text, const tables::Encoding& e, Bytes& out) {
  struct Back {
    char32_t c;
    unsigned char byte;
  };
  std::array<Back, 128> back;
  for (unsigned i = 0; i < 128; ++i) back[i] = {e.high[i], static_cast<unsigned char>(0x80 + i)};
  std::sort(back.begin(), back.end(), [](const Back& a, const Back& b) { return a.c < b.c; });
  out.clear();
  for (const char32_t c : text) {
    // In the sloppy encodings byte 1A stands for the replacement character.
    if (e.sloppy && (c == 0x1A || c == 0xFFFD)) {
      if (c == 0x1A) return false;
      out.push_back(0x1A);
    } else if (c < 0x80) {
      out.push_back(static_cast<unsigned char>(c));
    } else {
      const auto at = std::lower_bound(back.begin(), back.end(), c,
                                       [](const Back& b, char32_t key) { return b.c < key; });
      if (at == back.end() || at->c != c) return false;
      out.push_back(at->byte);
    }
  }
  return true;
}

struct Cursor {
  const Bytes& bytes;
  std::size_t at;
  // Byte k from here; 0x100 (in no range) behind the end.
  unsigned operator[](std::size_t k) const { return at + k < bytes.size() ? bytes[at + k] : 0x100; }
};

bool in(unsigned b, unsigned low, unsigned high) {
  return b >= low && b <= high;
}
bool high_80_bf(unsigned b) {
  return in(b, 0x80, 0xBF);
}

// ALTERED_UTF8_RE: bytes that would be UTF-8 if a space were A0. Length of the match here, 0 =
// none.
std::size_t altered_utf8(const Cursor& b) {
  // 85 and A0 themselves are left out.
  const auto follows = [](unsigned c) {
    return in(c, 0x80, 0x84) || in(c, 0x86, 0x9F) || in(c, 0xA1, 0xBF);
  };
  const unsigned lead = b[0];
  const bool two =
      lead == 0xC2 || lead == 0xC3 || lead == 0xC5 || lead == 0xCE || lead == 0xD0 || lead == 0xD9;
  if (two && b[1] == ' ') return 2;
  if ((lead == 0xE2 || lead == 0xE3) && b[1] == ' ' && follows(b[2])) return 3;
  if (in(lead, 0xE0, 0xE3) && follows(b[1]) && b[2] == ' ') return 3;
  if (lead != 0xF0) return 0;
  if (b[1] == ' ' && high_80_bf(b[2]) && high_80_bf(b[3])) return 4;
  if (high_80_bf(b[1]) && b[2] == ' ' && high_80_bf(b[3])) return 4;
  if (high_80_bf(b[1]) && high_80_bf(b[2]) && b[3] == ' ') return 4;
  return 0;
}

// A_GRAVE_WORD_RE: C3 and a space that stand for a word of their own, so that the space stays; not
// before a second space, nor where certain Portuguese words go on.
std::size_t a_grave(const Cursor& b) {
  if (b[0] != 0xC3 || b[1] != ' ') return 0;
  for (const std::string_view rest : {" ", "quele", "quela", "quilo", "s "}) {
    std::size_t k = 0;
    while (k < rest.size() && b[2 + k] == static_cast<unsigned char>(rest[k])) ++k;
    if (k == rest.size()) return 0;
  }
  return 2;
}

void restore_a0(Bytes& bytes) {
  bool any = false;
  for (std::size_t i = 0; i < bytes.size() && !any; ++i) any = altered_utf8({bytes, i}) != 0;
  if (!any) return;
  Bytes out;
  for (std::size_t i = 0; i < bytes.size();) {
    const std::size_t n = a_grave({bytes, i});
    if (n == 0) {
      out.push_back(bytes[i++]);
      continue;
    }
    for (const int c : {0xC3, 0xA0, 0x20}) out.push_back(static_cast<unsigned char>(c));
    i += n;
  }
  for (std::size_t i = 0; i < out.size();) {
    const std::size_t n = altered_utf8({out, i});
    for (std::size_t k = i; k < i + n; ++k) {
      if (out[k] == ' ') out[k] = 0xA0;
    }
    i += n == 0 ? 1 : n;
  }
  bytes.swap(out);
}

// LOSSY_UTF8_RE: UTF-8 in which a byte was replaced by 1A or a question mark. Length, 0 = none.
std::size_t lossy_utf8(const Cursor& b) {
  const auto lost = [](unsigned c) { return c == 0x1A || c == '?'; };
  const auto sub = [](unsigned c) { return c == 0x1A || high_80_bf(c); };
  const auto any = [](unsigned c) { return c == 0x1A || c == '?' || high_80_bf(c); };
  const unsigned lead = b[0];
  if (in(lead, 0xC2, 0xDF) && b[1] == 0x1A) return 2;
  if (in(lead, 0xC2, 0xC3) && b[1] == '?') return 2;
  if (lead == 0xED && in(b[1], 0xA0, 0xAF) && b[3] == 0xED && in(b[4], 0xB0, 0xBF)) {
    if (lost(b[2]) && any(b[5])) return 6;
    if (any(b[2]) && lost(b[5])) return 6;
  }
  if (in(lead, 0xE0, 0xEF)) {
    if (lost(b[1]) && sub(b[2])) return 3;
    if (sub(b[1]) && lost(b[2])) return 3;
  }
  if (in(lead, 0xF0, 0xF4)) {
    if (lost(b[1]) && sub(b[2]) && sub(b[3])) return 4;
    if (sub(b[1]) && lost(b[2]) && sub(b[3])) return 4;
    if (sub(b[1]) && sub(b[2]) && lost(b[3])) return 4;
  }
  return lead == 0x1A ? 1 : 0;
}

void replace_lossy(Bytes& bytes) {
  Bytes out;
  for (std::size_t i = 0; i < bytes.size();) {
    const std::size_t n = lossy_utf8({bytes, i});
    if (n == 0) {
      out.push_back(bytes[i++]);
      continue;
    }
    for (const int c : {0xEF, 0xBF, 0xBD}) out.push_back(static_cast<unsigned char>(c));
    i += n;
  }
  bytes.swap(out);
}

// Strict UTF-8; with `variants` also surrogate pairs of three bytes each (CESU-8) and C0 80 for
// NUL.
bool decode(const Bytes& bytes, bool variants, std::u32string& out) {
  out.clear();
  for (std::size_t i = 0; i < bytes.size();) {
    const Cursor b{bytes, i};
    const unsigned lead = b[0];
    if (lead < 0x80) {
      out += lead;
      i += 1;
    } else if (in(lead, 0xC2, 0xDF) && high_80_bf(b[1])) {
      out += (lead & 31) << 6 | (b[1] & 63);
      i += 2;
    } else if (in(lead, 0xE0, 0xEF) && high_80_bf(b[1]) && high_80_bf(b[2])) {
      const char32_t c = (lead & 15) << 12 | (b[1] & 63) << 6 | (b[2] & 63);
      if (c < 0x800) return false;
      if (c < 0xD800 || c > 0xDFFF) {
        out += c;
        i += 3;
        continue;
      }
      const bool pair =
          variants && c < 0xDC00 && b[3] == 0xED && in(b[4], 0xB0, 0xBF) && high_80_bf(b[5]);
      if (!pair) return false;
      out += 0x10000 + ((b[1] & 15) << 16 | (b[2] & 63) << 10 | (b[4] & 15) << 6 | (b[5] & 63));
      i += 6;
    } else if (in(lead, 0xF0, 0xF4) && high_80_bf(b[1]) && high_80_bf(b[2]) && high_80_bf(b[3])) {
      const char32_t c = (lead & 7) << 18 | (b[1] & 63) << 12 | (b[2] & 63) << 6 | (b[3] & 63);
      if (c < 0x10000 || c > 0x10FFFF) return false;
      out += c;
      i += 4;
    } else if (variants && lead == 0xC0 && b[1] == 0x80) {
      out += char32_t{0};
      i += 2;
    } else {
      return false;
    }
  }
  return true;
}

// ---- mojibake inside other text ----

unsigned detected(char32_t c) {
  const tables::Detected* found = tables::find(tables::kDetected, c);
  return found ? found->bits : 0;
}

// UTF8_DETECTOR_RE from i on: end of the match, i = none.
std::size_t detect(const std::u32string& text, std::size_t i) {
  if (i != 0 && (detected(text[i - 1]) & 1)) return i;
  while (i < text.size()) {
    const unsigned lead = detected(text[i]);
    std::size_t run = 0;
    while (run < 3 && i + 1 + run < text.size() && (detected(text[i + 1 + run]) & 2)) ++run;
    if ((lead & 8) && run >= 1) {
      i += 2;
    } else if ((lead & 16) && run >= 2) {
      i += 3;
    } else if ((lead & 32) && run >= 3) {
      i += 4;
    } else {
      break;
    }
  }
  return i;
}

bool decode_inconsistent(const std::u32string& text, std::u32string& out) {
  bool any = false;
  out.clear();
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = detect(text, i);
    if (end == i) {
      out += text[i++];
      continue;
    }
    any = true;
    std::u32string piece = text.substr(i, end - i);
    if (piece.size() < text.size() && is_bad(piece)) piece = fix_encoding(std::move(piece));
    out += piece;
    i = end;
  }
  return any && out != text;
}

// One step of fix_encoding; false = nothing changed.
bool step(const std::u32string& text, std::u32string& out) {
  if (!is_bad(text)) return false;
  Bytes bytes;
  for (const tables::Encoding& e : tables::kEncodings) {
    if (!encode(text, e, bytes)) continue;
    // In MacRoman it would take an en dash before a space for a letter.
    if (std::string_view(e.name) != "macroman") restore_a0(bytes);
    if (e.sloppy) replace_lossy(bytes);
    const bool variants = std::any_of(bytes.begin(), bytes.end(),
                                      [](unsigned char b) { return b == 0xED || b == 0xC0; });
    if (decode(bytes, variants, out)) return out != text;
  }
  if (decode_inconsistent(text, out)) return true;
  // What is left is Latin-1 that was meant to be Windows-1252, or C1 controls alone; both ways they
  // come out the same, for the two encodings differ in nothing else, and five bytes stay.
  out = text;
  const tables::Encoding& windows = tables::kEncodings[1];
  for (char32_t& c : out) {
    if (c >= 0x80 && c < 0xA0) c = windows.high[c - 0x80];
  }
  return out != text;
}

}  // namespace

bool is_bad(const std::u32string& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const unsigned cls = full_class(text[i]);
    if (kStarts[cls].sequences == 0) continue;
    if (i + 1 < text.size() && !kStarts[cls].seconds.has(tables::exact_class(text[i + 1])))
      continue;
    if (bad_at(text, i, cls)) return true;
  }
  return false;
}

std::u32string fix_encoding(std::u32string text) {
  std::u32string next;
  while (step(text, next)) text.swap(next);
  return text;
}

}  // namespace ophost::unicode
