// The generated tables against data/*.json for every code point, lowering, stripping.
#include "plugins/textkit/unicode.hpp"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "plugins/textkit/lower.hpp"

namespace ophost::textkit {
namespace {

rapidjson::Document load(const std::string& name) {
  std::ifstream in(std::string(TEXTKIT_DIR "/data/") + name);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  rapidjson::Document doc;
  doc.Parse(text.data(), text.size());
  EXPECT_FALSE(doc.HasParseError()) << name;
  return doc;
}

std::vector<bool> members(const rapidjson::Value& ranges) {
  std::vector<bool> set(0x110000);
  for (const auto& range : ranges.GetArray()) {
    const unsigned first = range.IsArray() ? range[0].GetUint() : range.GetUint();
    const unsigned last = range.IsArray() ? range[1].GetUint() : first;
    for (unsigned c = first; c <= last; ++c) set[c] = true;
  }
  return set;
}

void expect_class(const rapidjson::Value& ranges, std::uint16_t bit, const char* name) {
  const std::vector<bool> set = members(ranges);
  for (char32_t c = 0; c < 0x110000; ++c) {
    ASSERT_EQ(has_class(c, bit), set[c]) << name << " of U+" << std::hex << unsigned{c};
  }
}

std::string utf8(std::u32string_view text) {
  std::string out;
  for (const char32_t c : text) append_char(out, c);
  return out;
}

std::string lowered(std::string_view text) {
  std::string out = "old contents";
  lower(text, out);
  return out;
}

TEST(Unicode, ClassesEqualTheData) {
  const auto tables = load("unicode_tables.json");
  const std::pair<const char*, std::uint16_t> classes[] = {
      {"py_isalnum", kPyAlnum}, {"py_isalpha", kPyAlpha},          {"py_isspace", kPySpace},
      {"re_s", kPySpace},       {"py_isdecimal", kPyDecimal},      {"re_d", kPyDecimal},
      {"re_w", kReWord},        {"py_splitlines_sep", kLineBreak}, {"regex_w", kRegexWord},
      {"regex_s", kRegexSpace}, {"regex_d", kRegexDigit},          {"regex_P", kRegexPunct}};
  for (const auto& [name, bit] : classes) expect_class(tables[name], bit, name);
  const auto special = load("special_characters.json");
  expect_class(special["codepoints"], kSpecial, "special");
  const auto spaces = load("various_whitespaces.json");
  expect_class(spaces["codepoints"], kVariousWhitespace, "various whitespaces");
  const auto context = load("case_context.json");
  expect_class(context["cased"], kCased, "cased");
  expect_class(load("nonprintable.json")["nonprintable"], kPyUnprintable, "nonprintable");
  expect_class(context["case_ignorable"], kCaseIgnorable, "case ignorable");
}

TEST(Unicode, StepsForwardAndBackThroughEveryCharacter) {
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xd800 && c < 0xe000) continue;
    char bytes[4];
    const char* end = put_char(bytes, c);
    const char* p = bytes;
    ASSERT_EQ(next_char(p), c);
    ASSERT_EQ(p, end);
    ASSERT_EQ(char_bytes(bytes[0]), end - bytes);
    ASSERT_EQ(previous_char(p), c);
    ASSERT_EQ(p, bytes);
  }
}

TEST(Unicode, StripsOnlyTheEnds) {
  EXPECT_EQ(strip("\t\x1c a b\xc2\x85\xe3\x80\x80"), "a b");
  EXPECT_EQ(strip("\xe2\x80\x8b a"), "\xe2\x80\x8b a");  // U+200B is not white space
  EXPECT_EQ(strip(" \n"), "");
  EXPECT_EQ(strip(""), "");
  EXPECT_EQ(strip_special("\xe2\x86\x91--it's2024."), "it's");
  EXPECT_EQ(strip_special("\xd0\x93\xd0\x94\xd0\x93"), "\xd0\x94");  // the list holds U+0413
  EXPECT_EQ(strip_special("2024"), "");
  EXPECT_EQ(prefix_bytes("\xd0\x93x\xf0\x9f\x98\x80y", 3), 7u);
  EXPECT_EQ(prefix_bytes("ab", 3), 2u);
}

TEST(Lower, EveryCharacterEqualsTheData) {
  const auto tables = load("unicode_tables.json");
  std::vector<std::string> expected(0x110000);
  for (const auto& [key, values] : tables["py_lower"].GetObject()) {
    std::string& low = expected[std::stoul(key.GetString(), nullptr, 16)];
    for (const auto& v : values.GetArray()) {
      append_char(low, static_cast<char32_t>(std::stoul(v.GetString(), nullptr, 16)));
    }
  }
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xd800 && c < 0xe000) continue;
    const std::string self = utf8({&c, 1});
    ASSERT_EQ(lowered(self), expected[c].empty() ? self : expected[c]) << std::hex << unsigned{c};
  }
}

TEST(Lower, LongRunsOfAsciiAndMixedText) {
  std::string upper, low;
  for (int i = 0; i < 200; ++i) {
    upper += i % 17 == 0 ? "\xd0\x96" : i % 3 == 0 ? "@[Z" : "aQ`{";
    low += i % 17 == 0 ? "\xd0\xb6" : i % 3 == 0 ? "@[z" : "aq`{";
    ASSERT_EQ(lowered(upper), low);
  }
  EXPECT_EQ(lowered(std::string(100, '\0')), std::string(100, '\0'));
}

TEST(Lower, GrowsEverywhere) {
  std::string dotted, expected;
  for (int i = 0; i < 100; ++i) {
    dotted += "\xc4\xb0";
    expected += "i\xcc\x87";
  }
  EXPECT_EQ(lowered(dotted), expected);
}

TEST(Lower, SigmaAtTheEndOfAWord) {
  EXPECT_EQ(lowered(utf8(U"ΟΔΟΣ ΣΑΣ")), utf8(U"οδος σας"));
  EXPECT_EQ(lowered(utf8(U"Σ")), utf8(U"σ"));      // nothing before it
  EXPECT_EQ(lowered(utf8(U"1Σ")), utf8(U"1σ"));    // an uncased character before it
  EXPECT_EQ(lowered(utf8(U"A.Σ")), utf8(U"a.ς"));  // ignorable in between
  EXPECT_EQ(lowered(utf8(U"A\u0301Σ\u0301B")), utf8(U"a\u0301σ\u0301b"));
  EXPECT_EQ(lowered(utf8(U"AΣ.1")), utf8(U"aς.1"));
  EXPECT_EQ(lowered(utf8(U".Σ")), utf8(U".σ"));
  EXPECT_EQ(lowered(utf8(U"AΣ.")), utf8(U"aς."));
  EXPECT_EQ(lowered(utf8(U"AΣ'B")), utf8(U"aσ'b"));
}

}  // namespace
}  // namespace ophost::textkit
