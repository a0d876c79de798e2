// Every scan, in both instruction sets, against a plain loop over the characters.
#include "plugins/textkit/scan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "plugins/textkit/unicode.hpp"

namespace ophost::textkit {
namespace {

struct Expected {
  std::size_t characters = 0, alnum = 0, special = 0, lines = 0, longest = 0, words = 0;
};

// str.splitlines, words and counts, one character at a time.
Expected measure(std::string_view text) {
  Expected e;
  std::size_t line = 0;
  bool open = false, letter_seen = false, after_return = false;
  const char* p = text.data();
  const char* const end = p + text.size();
  while (p != end) {
    const char32_t c = next_char(p);
    ++e.characters;
    e.alnum += has_class(c, kPyAlnum);
    e.special += has_class(c, kSpecial);
    if (has_class(c, kLineBreak)) {
      if (!(c == '\n' && after_return)) ++e.lines;
      line = 0;
      open = false;
    } else {
      e.longest = std::max(e.longest, ++line);
      open = true;
    }
    after_return = c == '\r';
    if (c == ' ' || c == '\n' || c == '\t') {
      letter_seen = false;
    } else if (!has_class(c, kSpecial) && !letter_seen) {
      letter_seen = true;
      ++e.words;
    }
  }
  e.lines += open;
  return e;
}

void check(const ScanKernels& k, std::string_view text) {
  const Expected e = measure(text);
  ASSERT_EQ(k.count_chars(text), e.characters) << text;
  const ClassCount alnum = k.count_alnum(text);
  ASSERT_EQ(alnum.members, e.alnum) << text;
  ASSERT_EQ(alnum.characters, e.characters) << text;
  const ClassCount special = k.count_special(text);
  ASSERT_EQ(special.members, e.special) << text;
  ASSERT_EQ(special.characters, e.characters) << text;
  const LineCount lines = k.count_lines(text);
  ASSERT_EQ(lines.lines, e.lines) << text;
  ASSERT_EQ(lines.characters, e.characters) << text;
  ASSERT_EQ(k.longest_line(text), e.longest) << text;
  ASSERT_EQ(k.count_words(text), e.words) << text;
  const std::size_t blocks = (text.size() + 63) / 64;
  std::vector<std::uint64_t> separators(blocks), letters(blocks);
  k.word_masks(text, separators.data(), letters.data());
  for (std::size_t i = 0; i < blocks * 64; ++i) {
    const bool separator = separators[i / 64] >> (i % 64) & 1;
    const bool letter = letters[i / 64] >> (i % 64) & 1;
    if (i >= text.size()) {
      ASSERT_TRUE(separator && !letter) << i;
      continue;
    }
    const char* p = text.data() + i;
    ASSERT_EQ(separator, *p == ' ' || *p == '\n' || *p == '\t') << i << text;
    ASSERT_EQ(letter, !is_continuation(*p) && !has_class(next_char(p), kSpecial)) << i << text;
  }
  const char wanted[5] = {'\n', '\xc2', '\xe2', '\xe3', '\xef'};
  const char* begin = text.data();
  const char* end = begin + text.size();
  ASSERT_EQ(k.find_any(begin, end, wanted), std::find_first_of(begin, end, wanted, wanted + 5));
}

void check_all(std::string_view text) {
  check(kSse2Kernels, text);
  if (has_avx2()) check(kAvx2Kernels, text);
}

TEST(Scan, EveryCharacterAlone) {
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xd800 && c < 0xe000) continue;
    if (c > 0x3000 && c % 7 != 0) continue;
    std::string text = "a";
    append_char(text, c);
    check_all(text);
  }
}

TEST(Scan, RandomTextOfAllLengths) {
  std::mt19937 random(7);
  const char32_t palette[] = {'a',    'Z',    '7',    ' ',    ' ',     '\n',   '\r',   '\t',
                              0x0b,   0x1c,   0x1e,   0x1f,   '_',     '.',    '~',    0x7f,
                              0,      0x85,   0xa0,   0xe9,   0x413,   0x436,  0x2028, 0x2029,
                              0x2019, 0x3042, 0x30c4, 0x4e0a, 0x1f600, 0x200b, 0x3000, '\r'};
  for (std::size_t size = 0; size < 400; ++size) {
    for (int round = 0; round < 12; ++round) {
      // Rounds of mostly ASCII, mostly other characters, mostly spaces.
      const unsigned kinds = round % 3 == 0 ? 18 : round % 3 == 1 ? 32 : 8;
      std::string text;
      while (text.size() < size) append_char(text, palette[random() % kinds]);
      check_all(text);
    }
  }
}

TEST(Scan, BreaksAcrossBlocks) {
  for (std::size_t before = 55; before < 70; ++before) {
    const std::string letters(before, 'x');
    for (const char* tail : {"\r\n", "\r", "\n\r", "\r\nb", "\xe2\x80\xa8", "\xe2\x80\xa8y",
                             "\xc2\x85", " . \xc3\xa9", " ... ", "\r\n\r\n"}) {
      check_all(letters + tail);
      check_all(letters + tail + letters + tail);
      check_all(std::string(before, '.') + tail);
    }
  }
}

}  // namespace
}  // namespace ophost::textkit
