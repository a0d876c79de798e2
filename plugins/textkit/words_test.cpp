// The word scanner against a plain split, lower and strip.
#include "plugins/textkit/words.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "plugins/textkit/lower.hpp"
#include "plugins/textkit/unicode.hpp"

namespace ophost::textkit {
namespace {

std::vector<std::string> plain_words(std::string_view text) {
  std::vector<std::string> words;
  std::string low;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find_first_of(" \n\t", at), text.size());
    lower(text.substr(at, end - at), low);
    const std::string_view word = strip_special(low);
    if (!word.empty()) words.emplace_back(word);
    at = end + 1;
  }
  return words;
}

void check(WordScanner& scanner, std::string_view text) {
  const auto found = scanner.scan(text);
  ASSERT_EQ(std::vector<std::string>(found.begin(), found.end()), plain_words(text)) << text;
}

TEST(WordScanner, FindsWordsOfAllShapes) {
  WordScanner scanner;
  check(scanner, "");
  check(scanner, "  \n\t ");
  check(scanner, "-- 2024 \xe2\x86\x91");
  check(scanner, "Today's \"Happy\" day!\r\nIt's-fine\xc2\xa0then");
  const std::vector<std::string> long_words = {
      std::string(200, 'Q'), "(" + std::string(64, 'a') + ")", "a" + std::string(130, '-') + "b",
      "x" + std::string(300, '.')};
  for (const std::string& word : long_words) {
    for (std::size_t before = 0; before < 70; ++before) {
      check(scanner, std::string(before, ' ') + word);
      check(scanner, std::string(before, '.') + word + " z " + word + "\n");
    }
  }
}

TEST(WordScanner, RandomText) {
  WordScanner scanner;
  std::mt19937 random(11);
  const char32_t palette[] = {'a', 'B',   ' ',   ' ',   '.',   '-',    '\n',    '\t',
                              '7', 0x413, 0x439, 0x3a3, 0x130, 0x4e0a, 0x1f600, 0x4e00};
  for (int round = 0; round < 4000; ++round) {
    const unsigned kinds = round % 2 == 0 ? 9 : 16;
    std::string text;
    for (std::size_t n = random() % 200; n != 0; --n) append_char(text, palette[random() % kinds]);
    check(scanner, text);
  }
}

TEST(HashBytes, DependsOnEveryByte) {
  for (std::size_t size = 1; size < 60; ++size) {
    std::string text(size, 'x');
    const std::uint64_t hash = hash_bytes(text);
    for (char& c : text) {
      c = 'y';
      EXPECT_NE(hash_bytes(text), hash) << size;
      c = 'x';
    }
    EXPECT_NE(hash_bytes(text + 'x'), hash);
  }
}

}  // namespace
}  // namespace ophost::textkit
