// Counting n-grams: exact under colliding hashes, equal to a plain count on random texts of every
// width.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "ophost/testing.hpp"
#include "plugins/text-filters/character_ngrams.hpp"
#include "plugins/text-filters/repetition_table.hpp"
#include "plugins/textkit/unicode.hpp"

namespace ophost::textkit {
namespace {

double plain_ratio(const std::u32string& text, std::size_t length) {
  if (text.size() < length) return 0.0;
  std::map<std::u32string, std::size_t> grams;
  for (std::size_t i = 0; i + length <= text.size(); ++i) ++grams[text.substr(i, length)];
  std::vector<std::size_t> counts;
  std::size_t repeated = 0;
  for (const auto& [gram, count] : grams) {
    counts.push_back(count);
    repeated += count > 1;
  }
  std::sort(counts.begin(), counts.end(), std::greater<>());
  const auto root = static_cast<std::size_t>(std::sqrt(static_cast<double>(counts.size())));
  std::size_t sum = 0;
  for (std::size_t i = 0; i < std::min(root, repeated); ++i) sum += counts[i];
  return static_cast<double>(sum) / static_cast<double>(text.size() - length + 1);
}

std::string utf8(const std::u32string& text) {
  std::string out;
  for (const char32_t c : text) append_char(out, c);
  return out;
}

TEST(CharacterNgrams, EqualAPlainCountForEveryWidthAndLength) {
  CharacterNgrams ngrams;
  std::mt19937 random(3);
  // ASCII; few, many and more than 128 other characters; beyond U+FFFF.
  const std::vector<std::pair<char32_t, char32_t>> alphabets = {
      {'a', 'd'}, {' ', '~'}, {0x430, 0x434}, {0x400, 0x4a0}, {0x4e00, 0x4e03}, {0x1f600, 0x1f604}};
  for (const auto& [first, last] : alphabets) {
    for (const std::size_t length : {1, 2, 3, 4, 5, 7, 8, 9, 10, 16, 17, 40}) {
      for (int round = 0; round < 12; ++round) {
        std::u32string text;
        while (text.size() < 10u * static_cast<unsigned>(round)) {
          if (text.size() > 30 && random() % 4 == 0) {
            text += text.substr(random() % 15, 1 + random() % 30);  // a repeated passage
          } else {
            text += first + random() % (last - first + 1);
            if (random() % 8 == 0) text += U'\n';
          }
        }
        ASSERT_EQ(ngrams.repetition_ratio(utf8(text), length), plain_ratio(text, length))
            << length << ": " << utf8(text);
      }
    }
  }
}

TEST(CharacterNgrams, ForgetsTheRecordBefore) {
  CharacterNgrams ngrams;
  std::u32string cyrillic, greek;
  for (int i = 0; i < 500; ++i) {
    cyrillic += static_cast<char32_t>(0x410 + i % 60);
    greek += static_cast<char32_t>(0x391 + i * 7 % 100);
  }
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(ngrams.repetition_ratio(utf8(cyrillic), 10), plain_ratio(cyrillic, 10));
    EXPECT_EQ(ngrams.repetition_ratio(utf8(greek), 10), plain_ratio(greek, 10));
  }
}

TEST(CharacterNgrams, ManyEqualNgrams) {
  CharacterNgrams ngrams;
  EXPECT_EQ(ngrams.repetition_ratio(std::string(100, 'a'), 10), 1.0);
  const std::u32string many(70000, U'x');  // positions beyond 16 bits
  EXPECT_EQ(ngrams.repetition_ratio(utf8(many), 10), 1.0);
  std::u32string mixed;
  for (int i = 0; i < 70000; ++i)
    mixed += static_cast<char32_t>('a' + std::int64_t{i} * i % 13 % 7);
  EXPECT_EQ(ngrams.repetition_ratio(utf8(mixed), 3), plain_ratio(mixed, 3));
  EXPECT_EQ(ngrams.repetition_ratio("", 1), 0.0);
  EXPECT_EQ(ngrams.repetition_ratio("abc", 4), 0.0);
}

TEST(CharacterNgrams, HugeRecordsAreCountedInSlices) {
  CharacterNgrams ngrams;
  std::mt19937 random(5);
  std::u32string text;
  while (text.size() < 2'200'000) text += static_cast<char32_t>('a' + random() % 4);
  for (const std::size_t length : {2, 6}) {
    EXPECT_EQ(ngrams.repetition_ratio(utf8(text), length), plain_ratio(text, length));
  }
  EXPECT_EQ(ngrams.repetition_ratio("abab", 2),
            plain_ratio(U"abab", 2));  // and a small one after it
}

// N-grams whose hashes all collide.
struct Colliding {
  const std::string& text;
  std::uint64_t hash(std::size_t) const { return 42; }
  bool equal(std::size_t i, std::size_t j) const { return text[i] == text[j]; }
  bool extends(std::size_t i, std::size_t j) const { return equal(i, j); }
};

TEST(RepetitionTable, CollisionsDoNotMergeNgrams) {
  RepetitionTable table;
  const std::string text = "abcabcaxyzzz";
  table.count(text.size(), Colliding{text});
  EXPECT_EQ(table.total(), 12u);
  EXPECT_EQ(table.distinct(), 6u);
  EXPECT_EQ(table.repeated(), 4u);  // a3 b2 c2 z3
  EXPECT_EQ(table.singles(), 2u);
  EXPECT_EQ(table.sum_of_largest(3), 8u);
}

TEST(RepetitionTable, LargestCountsBeyondAByte) {
  RepetitionTable table;
  const std::string text =
      std::string(1000, 'a') + std::string(300, 'b') + std::string(299, 'c') + "ddeef";
  for (const auto& [k, sum] : std::map<std::size_t, std::size_t>{
           {0, 0}, {1, 1000}, {2, 1300}, {3, 1599}, {4, 1601}, {5, 1603}}) {
    table.count(text.size(), Colliding{text});
    EXPECT_EQ(table.sum_of_largest(k), sum);
  }
}

TEST(WordRepetitionFilter, CountsEveryOccurrenceOfARepeatedNgram) {
  testing::Harness harness(oph_plugin_entry, "word_repetition_filter", R"({"rep_len": 2})");
  const auto result = harness.run({"A b, a B. c", "a b c", "a", "", "x x x x", "1 2 3 4"});
  const auto& ratio = result.f64("word_rep_ratio");
  EXPECT_EQ(ratio[0], 0.5);  // a b, b a, a b, b c
  EXPECT_EQ(ratio[1], 0.0);
  EXPECT_EQ(ratio[2], 0.0);
  EXPECT_EQ(ratio[3], 0.0);
  EXPECT_EQ(ratio[4], 1.0);
  EXPECT_EQ(ratio[5], 0.0);  // digits are special characters, so there is no word
}

TEST(RepetitionFilters, LengthZeroAndBelow) {
  for (const char* op : {"word_repetition_filter", "character_repetition_filter"}) {
    testing::Harness harness(oph_plugin_entry, op, R"({"rep_len": 0})");
    EXPECT_EQ(harness.run({"", "a b"}).kept, (std::vector<bool>{true, false}));
    EXPECT_THROW(testing::Harness(oph_plugin_entry, op, R"({"rep_len": -1})"), ConfigError);
  }
}

}  // namespace
}  // namespace ophost::textkit
