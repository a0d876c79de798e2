// normalize.cpp: decomposition, canonical order, composition (Unicode Standard Annex 15) over
// generated tables. Owner: plugins/unicode. Any thread.
#include "plugins/unicode/normalize.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace ophost::unicode {
namespace {

struct Decomposition {
  char32_t c;
  std::uint16_t canonical, canonical_size, compatible, compatible_size;
};
struct CombiningClass {
  char32_t c;
  std::uint8_t value;
};
struct Composition {
  char32_t first, second, composed;
};
#include "plugins/unicode/normalization_data.inc"

constexpr char32_t kS = 0xAC00, kL = 0x1100, kV = 0x1161, kT = 0x11A7;
constexpr char32_t kLCount = 19, kVCount = 21, kTCount = 28, kSCount = kLCount * kVCount * kTCount;

template <class T, std::size_t N>
const T* find(const T (&table)[N], char32_t c) {
  const T* at = std::lower_bound(std::begin(table), std::end(table), c,
                                 [](const T& entry, char32_t key) { return entry.c < key; });
  return at != std::end(table) && at->c == c ? at : nullptr;
}

std::uint8_t combining_class(char32_t c) {
  if (c < 0x300) return 0;
  const CombiningClass* found = find(kCombiningClasses, c);
  return found ? found->value : 0;
}

void decompose(char32_t c, bool compatible, std::u32string& out) {
  if (c < 0xA0) {
    out += c;
  } else if (c >= kS && c < kS + kSCount) {
    const char32_t s = c - kS;
    out += kL + s / (kVCount * kTCount);
    out += kV + s % (kVCount * kTCount) / kTCount;
    if (s % kTCount != 0) out += kT + s % kTCount;
  } else if (const Decomposition* d = find(kDecompositions, c)) {
    const char32_t* from = kPool + (compatible ? d->compatible : d->canonical);
    const std::size_t n = compatible ? d->compatible_size : d->canonical_size;
    if (n == 0) {
      out += c;
    } else {
      out.append(from, n);
    }
  } else {
    out += c;
  }
}

void order(std::u32string& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (combining_class(text[i]) == 0) continue;
    std::size_t end = i + 1;
    while (end < text.size() && combining_class(text[end]) != 0) ++end;
    std::stable_sort(text.begin() + static_cast<std::ptrdiff_t>(i),
                     text.begin() + static_cast<std::ptrdiff_t>(end), [](char32_t a, char32_t b) {
                       return combining_class(a) < combining_class(b);
                     });
    i = end - 1;
  }
}

// The composition of two code points; 0 when there is none.
char32_t composed(char32_t first, char32_t second) {
  if (first >= kL && first < kL + kLCount && second >= kV && second < kV + kVCount) {
    return kS + ((first - kL) * kVCount + (second - kV)) * kTCount;
  }
  if (first >= kS && first < kS + kSCount && (first - kS) % kTCount == 0 && second > kT &&
      second < kT + kTCount) {
    return first + (second - kT);
  }
  const auto less = [](const Composition& a, const Composition& b) {
    return a.first != b.first ? a.first < b.first : a.second < b.second;
  };
  const Composition key{first, second, 0};
  const Composition* at =
      std::lower_bound(std::begin(kCompositions), std::end(kCompositions), key, less);
  return at != std::end(kCompositions) && at->first == first && at->second == second ? at->composed
                                                                                     : 0;
}

void compose(std::u32string& text) {
  std::size_t out = 0, starter = 0;
  bool has_starter = false;
  std::uint8_t last = 0;  // class of the last character kept behind the starter
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char32_t c = text[i];
    const std::uint8_t cc = combining_class(c);
    const bool adjacent = has_starter && out == starter + 1;
    if (has_starter && (adjacent || (last != 0 && last < cc))) {
      if (const char32_t whole = composed(text[starter], c)) {
        text[starter] = whole;
        continue;
      }
    }
    if (cc == 0) {
      starter = out;
      has_starter = true;
    }
    last = cc;
    text[out++] = c;
  }
  text.resize(out);
}

// Everything below U+00C0 but a few is what it is in NFC and NFD; most text is settled here.
bool plain(const std::u32string& text, char32_t limit) {
  return std::all_of(text.begin(), text.end(), [limit](char32_t c) { return c < limit; });
}

}  // namespace

void normalize(Form form, std::u32string& text) {
  const bool compatible = form == Form::kNfkc || form == Form::kNfkd;
  const bool composes = form == Form::kNfc || form == Form::kNfkc;
  // The first character that decomposes: U+00A0 (compatible), U+00C0 (canonical); that combines:
  // U+0300.
  if (plain(text, compatible ? 0xA0 : composes ? 0x300 : 0xC0)) return;
  std::u32string result;
  result.reserve(text.size() + 16);
  for (const char32_t c : text) decompose(c, compatible, result);
  order(result);
  if (composes) compose(result);
  text.swap(result);
}

}  // namespace ophost::unicode
