// Tests of the repairs: expectations were taken from ftfy 6.3.1 on CPython 3.11.
#include "plugins/unicode/ftfy.hpp"

#include <gtest/gtest.h>

#include "ophost/testing.hpp"

namespace ophost::unicode {
namespace {

std::string fixed(std::string_view text, Form form = Form::kNfc) {
  std::string out;
  return Fixer(form).fix(text, out) ? out : std::string(text);
}

TEST(Ftfy, LeavesGoodTextAlone) {
  std::string out = "untouched";
  for (const char* good :
       {"", "plain\ttext\n", "naïve Übergröße", "Привет, мир", "日本語のテキスト", "한국어",
        "5 § 100 € °C", "R&D & <b>&amp;</b>", "œuvre Œdipe", "😀"}) {
    EXPECT_FALSE(Fixer(Form::kNfc).fix(good, out)) << good;
    EXPECT_EQ(out, "untouched");
  }
}

TEST(Ftfy, Mojibake) {
  EXPECT_EQ(fixed("âœ” No problems"), "✔ No problems");
  EXPECT_EQ(fixed("sÃ³"), "só");
  EXPECT_EQ(fixed("voilÃ le travail"), "voilà le travail");
  EXPECT_EQ(fixed("Ã la mode"), "à la mode");
  EXPECT_EQ(fixed("l’humanitÃ©"), "l'humanité");
  EXPECT_EQ(fixed("РџСЂРёРІРµС‚"), "Привет");
  EXPECT_EQ(fixed("&macr;\\_(ã\u0083\u0084)_/&macr;"), "¯\\_(ツ)_/¯");
}

TEST(Ftfy, EntitiesUntilTheFirstTag) {
  EXPECT_EQ(fixed("&lt;tag&gt; &eacute; &EACUTE; &#x1F4A9; &#150; &amp"), "<tag> é É 💩 – &amp");
  EXPECT_EQ(fixed("&amp;\n<b> &amp;\n&amp;"), "&\n<b> &amp;\n&amp;");
  EXPECT_EQ(fixed("&#59; &#12ab; &#x; &sup1; &nosuch;"), "&#59; &#12ab; &#x; ¹ &nosuch;");
  EXPECT_EQ(fixed("&#1; &#0; &#xD800; &#99999999999;"), " � � �");
  EXPECT_EQ(fixed("&amp;amp;lt;"), "<");
}

TEST(Ftfy, Characters) {
  EXPECT_EQ(fixed("ﬂubberiﬁc ＬＯＵＤ　ＮＯＩＳＥＳ"), "flubberific LOUD NOISES");
  EXPECT_EQ(fixed("“a” ‘b’ ŉ"), "\"a\" 'b' 'n");
  EXPECT_EQ(fixed("a\r\nb\rc\u2028d\u2029e\u0085"), "a\nb\nc\nd\ne…");  // C1 controls come first
  EXPECT_EQ(fixed("\x1b[31;1mred\x1b[0m \x1b[x\x07\x0b\ufeff|"), "red |");
  EXPECT_EQ(fixed("\f\t"), "\f\t");
}

TEST(Ftfy, NormalisationForms) {
  EXPECT_EQ(fixed("e\u0301 o\u0308\u0323"), "é ọ\u0308");
  EXPECT_EQ(fixed("é ② 각", Form::kNfd), "e\u0301 ② \u1100\u1161\u11a8");
  EXPECT_EQ(fixed("é ② ½", Form::kNfkc), "é 2 1⁄2");
  EXPECT_EQ(fixed("é ②", Form::kNfkd), "e\u0301 2");
  EXPECT_EQ(fixed("\u1100\u1161\u11a8"), "각");
  // Assigned after Unicode 14: U+11F42 composes with nothing here, and its marks are not ordered.
  EXPECT_EQ(fixed("\U0001E4EF\u0323"), "\U0001E4EF\u0323");
}

TEST(Ftfy, SegmentsStandAlone) {
  // Mojibake in the second line only; the first holds what would make it impossible to encode.
  EXPECT_EQ(fixed("日本\nsÃ³\n日本"), "日本\nsó\n日本");
  // A line of more than a million code points is cut, and the cut hides the ligature's neighbour
  // only.
  const std::string part(999'999, 'a');
  EXPECT_EQ(fixed(part + "Ã³ﬁ"), part + "Ã³fi");
}

TEST(Ftfy, HostileTextStaysCheap) {
  std::string nested = "&amp;";
  for (int i = 0; i < 200; ++i) nested += "amp;";
  EXPECT_EQ(fixed(nested), "&");
  std::string marks = "a";
  for (int i = 0; i < 200'000; ++i) marks += i % 2 ? "\u0301" : "\u0323";
  EXPECT_EQ(fixed(marks).size(), marks.size() - 1 + 0u + (std::string("ạ").size() - 2));
}

TEST(FixUnicodeMapper, RefusesOtherForms) {
  EXPECT_THROW(
      testing::Harness(oph_plugin_entry, "fix_unicode_mapper", R"({"normalization": "XYZ"})"),
      ConfigError);
  testing::Harness empty(oph_plugin_entry, "fix_unicode_mapper", R"({"normalization": ""})");
  EXPECT_EQ(empty.run({"e\u0301"}).texts(), std::vector<std::string>{"é"});
}

}  // namespace
}  // namespace ophost::unicode
