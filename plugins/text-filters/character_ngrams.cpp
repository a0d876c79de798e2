// Character n-grams. Only equality of characters matters, so a text is first brought to its
// narrowest form: ASCII stays, up to 128 other characters are renamed to the upper bytes (most
// European texts), else 16 or 32 bits per character. See character_ngrams.hpp.
#include "plugins/text-filters/character_ngrams.hpp"

#include <emmintrin.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "plugins/textkit/scan.hpp"
#include "plugins/textkit/unicode.hpp"

namespace ophost::textkit {
namespace {

constexpr std::uint64_t kMultiplier = 0x9e3779b97f4a7c15;
constexpr std::uint64_t kOtherMultiplier = 0xc2b2ae3d27d4eb4f;

std::uint64_t load8(const void* p) {
  std::uint64_t v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
std::uint64_t mixed(std::uint64_t v) {
  return v ^ (v >> 29);
}

// N-grams of up to 8 bytes, read as one word; the text has 8 readable bytes behind it.
template <typename Unit>
class ShortGrams {
 public:
  ShortGrams(const Unit* text, std::size_t length)
      : text_(text), unused_(64 - 8 * static_cast<int>(length * sizeof(Unit))) {}
  std::uint64_t hash(std::size_t i) const {
    return mixed(word(i) * kMultiplier) * kOtherMultiplier;
  }
  bool equal(std::size_t i, std::size_t j) const { return word(i) == word(j); }
  bool extends(std::size_t i, std::size_t j) const { return equal(i, j); }

 private:
  std::uint64_t word(std::size_t i) const { return load8(text_ + i) << unused_; }
  const Unit* text_;
  int unused_;
};

// N-grams of 8 to 16 bytes, read as two overlapping words.
template <typename Unit>
class MediumGrams {
 public:
  MediumGrams(const Unit* text, std::size_t length)
      : text_(text), tail_(text + length - 8 / sizeof(Unit)) {}
  std::uint64_t hash(std::size_t i) const {
    return (mixed(load8(text_ + i) * kOtherMultiplier) ^ load8(tail_ + i)) * kMultiplier;
  }
  bool equal(std::size_t i, std::size_t j) const {
    return ((load8(text_ + i) ^ load8(text_ + j)) | (load8(tail_ + i) ^ load8(tail_ + j))) == 0;
  }
  bool extends(std::size_t i, std::size_t j) const { return load8(tail_ + i) == load8(tail_ + j); }

 private:
  const Unit* text_;
  const Unit* tail_;
};

// N-grams of any length: rolling polynomial hashes.
template <typename Unit>
class LongGrams {
 public:
  LongGrams(const Unit* text, std::size_t length) : text_(text), length_(length) {
    for (std::size_t i = 0; i < length; ++i) {
      state_ = state_ * kOtherMultiplier + value(text[i]);
      drop_ *= kOtherMultiplier;
    }
  }
  std::uint64_t hash(std::size_t i) {
    for (; at_ < i; ++at_) {
      state_ = state_ * kOtherMultiplier + value(text_[at_ + length_]) - value(text_[at_]) * drop_;
    }
    return mixed(state_) * kMultiplier;
  }
  bool equal(std::size_t i, std::size_t j) const {
    return std::memcmp(text_ + i, text_ + j, length_ * sizeof(Unit)) == 0;
  }
  bool extends(std::size_t i, std::size_t j) const {
    return text_[i + length_ - 1] == text_[j + length_ - 1];
  }

 private:
  static std::uint64_t value(Unit c) { return mixed((std::uint64_t{c} + 1) * kMultiplier); }
  const Unit* text_;
  std::size_t length_;
  std::size_t at_ = 0;
  std::uint64_t state_ = 0;
  std::uint64_t drop_ = 1;
};

}  // namespace

CharacterNgrams::CharacterNgrams() {
  std::memset(ids_.reserve(0x10000), 0, 0x10000);
}

void CharacterNgrams::forget_ids() {
  for (std::size_t i = 0; i < assigned_count_; ++i) ids_.data()[assigned_[i]] = 0;
  assigned_count_ = 0;
}

// Fills bytes_; false when more than 128 different characters lie beyond ASCII or one beyond
// U+FFFF.
bool CharacterNgrams::to_bytes(std::string_view text) {
  std::uint8_t* const begin = bytes_.reserve(text.size() + 16);
  std::uint8_t* out = begin;
  std::uint8_t* const ids = ids_.data();
  const char* p = text.data();
  const char* const end = p + text.size();
  bool fits = true;
  while (p != end && fits) {
    if (end - p >= 16) {
      const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out), block);
      const int other = _mm_movemask_epi8(block);
      const int ascii = other == 0 ? 16 : __builtin_ctz(static_cast<unsigned>(other));
      p += ascii;
      out += ascii;
      if (other == 0) continue;
    }
    do {
      const char32_t c = next_char(p);
      if (c < 0x80) {
        *out++ = static_cast<std::uint8_t>(c);
        if (end - p >= 16) break;  // back to whole blocks
        continue;
      }
      fits = c < 0x10000 && (ids[c] != 0 || assigned_count_ < 128);
      if (!fits) break;
      if (ids[c] == 0) {
        ids[c] = static_cast<std::uint8_t>(0x80 + assigned_count_);
        assigned_[assigned_count_++] = static_cast<std::uint16_t>(c);
      }
      *out++ = ids[c];
    } while (p != end);
  }
  forget_ids();
  byte_count_ = static_cast<std::size_t>(out - begin);
  return fits;
}

// Writes the characters to `units` and returns their number; stops before one that does not fit.
template <typename Unit>
std::size_t CharacterNgrams::to_units(std::string_view text, Scratch<Unit>& units) {
  Unit* const begin = units.reserve(text.size() + 8);
  Unit* out = begin;
  const char* p = text.data();
  const char* const end = p + text.size();
  while (p != end) {
    const char32_t c = next_char(p);
    if (c > std::numeric_limits<Unit>::max()) break;
    *out++ = static_cast<Unit>(c);
  }
  return static_cast<std::size_t>(out - begin);
}

template <typename Unit>
double CharacterNgrams::ratio(const Unit* units, std::size_t count, std::size_t length) {
  const std::size_t total = count - length + 1;
  const std::size_t bytes = length * sizeof(Unit);
  if (bytes <= 8) {
    table_.count(total, ShortGrams<Unit>(units, length));
  } else if (bytes <= 16) {
    table_.count(total, MediumGrams<Unit>(units, length));
  } else {
    table_.count(total, LongGrams<Unit>(units, length));
  }
  const auto root = static_cast<std::size_t>(std::sqrt(static_cast<double>(table_.distinct())));
  const std::size_t k = std::min(root, table_.repeated());
  return static_cast<double>(table_.sum_of_largest(k)) / static_cast<double>(total);
}

double CharacterNgrams::repetition_ratio(std::string_view text, std::size_t length) {
  if (text.size() < length) return 0.0;
  if (to_bytes(text)) {
    return byte_count_ < length ? 0.0 : ratio(bytes_.data(), byte_count_, length);
  }
  const std::size_t count = count_chars(text);
  if (count < length) return 0.0;
  if (to_units(text, pairs_) == count) return ratio(pairs_.data(), count, length);
  to_units(text, chars_);
  return ratio(chars_.data(), count, length);
}

}  // namespace ophost::textkit
