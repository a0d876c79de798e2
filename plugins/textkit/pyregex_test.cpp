// Tests of pyregex: each expectation was taken from CPython 3.11's re or from PyPI regex
// 2026.11.15.
#include "plugins/textkit/pyregex.hpp"

#include <gtest/gtest.h>

#include "plugins/textkit/unicode.hpp"

namespace ophost::textkit {
namespace {

std::string sub(std::string_view pattern, std::string_view replacement, std::string_view text,
                RegexFlavor flavor = RegexFlavor::kRegex, unsigned flags = 0) {
  PyRegex regex(pattern, flavor, flags);
  std::string out;
  if (!regex.sub(text, regex.compile_template(replacement), out)) out = text;
  return out;
}
constexpr RegexFlavor kRe = RegexFlavor::kRe;

TEST(PyRegex, EmptyMatchesFollowPython37) {
  EXPECT_EQ(sub("x*", "-", "axbc"), "-a--b-c-");
  EXPECT_EQ(sub("", "-", "ab"), "-a-b-");
  EXPECT_EQ(sub("x*", "-", "日本"), "-日-本-");
  EXPECT_EQ(sub("(?m)^", ">", "a\n\n"), ">a\n>\n>");
  EXPECT_EQ(sub("(?m)$", "<", "a\n\n"), "a<\n<\n<");
}

TEST(PyRegex, AnchoredMatchesBeginWhereTheSearchBegins) {
  PyRegex regex("(?<=a)b+\\b", kRe, kRegexAnchored);
  RegexMatch match;
  EXPECT_FALSE(regex.search("abb abbb", match, 0));
  ASSERT_TRUE(regex.search("abb abbb", match, 1));
  EXPECT_EQ(match.end(), 3u);
  EXPECT_FALSE(regex.search("abb abbb", match, 3));
}

TEST(PyRegex, AnchorsKnowOnlyLineFeeds) {
  EXPECT_EQ(sub("$", "!", "a\n"), "a!\n!");
  EXPECT_EQ(sub("\\Z", "!", "a\n"), "a\n!");
  EXPECT_EQ(sub(".", "-", "\r\xe2\x80\xa8\n"), "--\n");
  EXPECT_EQ(sub(".", "-", "\n", RegexFlavor::kRegex, kRegexDotAll), "-");
}

TEST(PyRegex, ClassesAreThoseOfTheModule) {
  EXPECT_EQ(sub("\\s", "-", "\x1c\u3000 "), "\x1c--");
  EXPECT_EQ(sub("\\s", "-", "\x1c\u3000 ", kRe), "---");
  EXPECT_EQ(sub("\\w", "-", "e\u0301²", kRe), "-\u0301-");  // combining acute, superscript two
  EXPECT_EQ(sub("\\w", "-", "e\u0301²"), "--²");
  EXPECT_EQ(sub("[^\\W\\d_]+", "-", "été_2024 日本"), "-_2024 -");
  EXPECT_EQ(sub("[\\W_]", "-", "a_b c"), "a-b-c");
  EXPECT_EQ(sub("\\p{P}", "", "a.b，c«d$"), "abcd$");
  EXPECT_EQ(sub("[[:alpha:]]+", "-", "ab:1"), "-:1");
  EXPECT_EQ(sub("(?i)\\p{Lu}", "-", "aB1"), "--1");
  EXPECT_EQ(sub("[]a]", "-", "]a[b"), "--[b");
  EXPECT_EQ(sub("[a&&b]", "-", "a&b"), "---");
}

TEST(PyRegex, WordBordersUseTheSameClass) {
  EXPECT_EQ(sub("\\b", "|", "été: 日本"), "|été|: |日本|");
  EXPECT_EQ(sub("\\B", "|", ""), "|");
  EXPECT_EQ(sub("\\B", "|", "", kRe), "");
}

TEST(PyRegex, CaseFoldingKnowsTheTurkishLetters) {
  EXPECT_EQ(sub("(?i)i", "-", "iI\u0130\u0131"), "---\u0131");
  EXPECT_EQ(sub("(?i)I", "-", "iI\u0130\u0131"), "--\u0130-");
  EXPECT_EQ(sub("(?i)[a-z]", "-", "\u0130\u0131\u017f\u212a"), "-\u0131--");
  EXPECT_EQ(sub("(?i)i", "-", "iI\u0130\u0131", kRe), "----");
  EXPECT_EQ(sub("(?i:a)b", "-", "Ab AB"), "- AB");
}

TEST(PyRegex, QuantifiersWithoutALowerBound) {
  EXPECT_EQ(sub("a{,2}b", "-", "aaab"), "a-");
  EXPECT_EQ(sub("a{", "-", "a{"), "-");
}

TEST(PyRegex, Templates) {
  EXPECT_EQ(sub("(?P<x>b)(z)?", "[\\1\\g<x>\\2\\g<0>]\\n", "abc"), "a[bbb]\nc");
  EXPECT_EQ(sub("b", "\\0\\x41\\100\\-", "abc"), std::string("a\0A@\\-c", 7));
  EXPECT_THROW(sub("b", "\\1", "abc"), RegexError);
  EXPECT_THROW(sub("b", "\\q", "abc"), RegexError);
  EXPECT_THROW(sub("b", "\\x41", "abc", kRe), RegexError);
}

TEST(PyRegex, GroupsAndLookaround) {
  EXPECT_EQ(sub("(a)|(b)", "[\\1\\2]", "abc"), "[a][b]c");
  EXPECT_EQ(sub("(?<=a).", "?", "abab"), "a?a?");
  EXPECT_EQ(sub("(?P<q>['\"]).*?(?P=q)", "Q", "'a\"b' \"c\""), "Q Q");
  EXPECT_EQ(sub("(x)?(?(1)a|b)", "-", "xab"), "--");
}

// PCRE2 10.42's JIT loses this one when it looks for the start of a match by itself.
TEST(PyRegex, FindsTheShorterAlternative) {
  EXPECT_EQ(sub("(?:ab|a)x*b", "-", "ab"), "-");
  EXPECT_EQ(sub("(?i:A)", "-", "a"), "-");
}

// The classes agree with the tables on every code point, with the PCRE2 that is linked.
TEST(PyRegex, EveryCodePointIsInItsClasses) {
  struct Class {
    const char* pattern;
    RegexFlavor flavor;
    std::uint16_t bit;
  };
  for (const Class& c :
       {Class{"\\w", RegexFlavor::kRegex, kRegexWord},
        Class{"\\s", RegexFlavor::kRegex, kRegexSpace},
        Class{"\\d", RegexFlavor::kRegex, kRegexDigit},
        Class{"\\p{P}", RegexFlavor::kRegex, kRegexPunct}, Class{"\\w", kRe, kReWord},
        Class{"\\s", kRe, kPySpace}, Class{"\\d", kRe, kPyDecimal}}) {
    std::string all, want, got;
    for (char32_t cp = 0; cp < 0x110000; ++cp) {
      if (cp >= 0xD800 && cp < 0xE000) continue;
      append_char(all, cp);
      if (!has_class(cp, c.bit)) append_char(want, cp);
    }
    PyRegex regex(c.pattern, c.flavor);
    ASSERT_TRUE(regex.erase(all, got));
    EXPECT_TRUE(got == want) << c.pattern;
  }
}

TEST(PyRegex, SplitKeepsGroups) {
  PyRegex regex("(x)|,", kRe);
  const auto pieces = regex.split("axb,c");
  ASSERT_EQ(pieces.size(), 5u);
  EXPECT_EQ(pieces[0], "a");
  EXPECT_EQ(pieces[1], "x");
  EXPECT_EQ(pieces[2], "b");
  EXPECT_EQ(pieces[3], std::nullopt);
  EXPECT_EQ(pieces[4], "c");
}

TEST(PyRegex, RefusesWhatPythonRefuses) {
  for (const char* bad : {"[", "(a", "a)", "*a", "a**", "\\q", "a{2,1}", "(?P<1a>x)", "(?P=n)",
                          "\\1", "[z-a]", "\\", "(?P<a>x)(?P<a>y)"}) {
    EXPECT_THROW(PyRegex(bad, kRe), RegexError) << bad;
    EXPECT_THROW(PyRegex{bad}, RegexError) << bad;
  }
  EXPECT_THROW(PyRegex("^*", kRe), RegexError);
  EXPECT_NO_THROW(PyRegex("^*"));
}

TEST(PyRegex, NamesWhatItCannotDo) {
  for (const char* bad : {"(?:foo){e<=1}", "\\L<words>", "\\N{DIGIT ONE}", "(?|a|b)", "(?<=a+)b"}) {
    EXPECT_THROW(PyRegex{bad}, RegexError) << bad;
  }
}

TEST(PyRegex, HostileTextEndsInALimitNotInACrash) {
  const std::string text(30000, 'a');
  PyRegex regex("(a|a)*(a|a)*b");
  std::string out;
  EXPECT_THROW(regex.erase(text, out), RegexLimitError);
  // Deep but honest: one long match.
  PyRegex deep("(?:(a)|b)*");
  EXPECT_TRUE(deep.erase(std::string(500'000, 'a'), out));
  EXPECT_EQ(out, "");
}

TEST(PyRegex, RawLiteralsAreUnwrapped) {
  EXPECT_EQ(unwrap_raw_literal("r'\\s+'"), "\\s+");
  EXPECT_EQ(unwrap_raw_literal("r\"@\""), "@");
  EXPECT_EQ(unwrap_raw_literal("r'"), "r'");
  EXPECT_EQ(unwrap_raw_literal("r''"), "");
  EXPECT_EQ(unwrap_raw_literal("r'\""), "r'\"");
}

}  // namespace
}  // namespace ophost::textkit
