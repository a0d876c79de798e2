// clean_html_mapper: the recorded cases, HTML5's rules where they move or drop text, hostile texts.
#include "plugins/textkit/parity.hpp"

namespace ophost::html {
namespace {

std::string clean(const std::string& text) {
  testing::Harness harness(oph_plugin_entry, "clean_html_mapper");
  return harness.run({text}).texts().at(0);
}

TEST(CleanHtmlMapper, RecordedCases) {
  EXPECT_EQ(textkit::run_parity(oph_plugin_entry, "clean_html_mapper"), 14);
}

TEST(CleanHtmlMapper, ListTagsBecomeLinesOnlyAsTheyAreWritten) {
  EXPECT_EQ(clean("a<ol><li>b</li></ol><LI>c</LI><li class=x>d"), "a\n*\n*bcd");
}

TEST(CleanHtmlMapper, WhatIsTextAndWhatIsNot) {
  EXPECT_EQ(clean("<title>t</title><style>s<b></style><script>x<!--<script></script>--></script>"),
            "ts<b>x<!--<script></script>-->");
  EXPECT_EQ(clean("a<!-- c --><!--->b<!--x--!>c<!DOCTYPE html><?pi?></ x>d"), "abcd");
  EXPECT_EQ(clean("a<template>b<p>c</template>d"), "ad");
  EXPECT_EQ(clean("<svg><![CDATA[<b>]]></svg><![CDATA[<i>]]>"), "<b>]]>");
  EXPECT_EQ(clean("a<b"), "a");
  EXPECT_EQ(clean("a < b <> <1> </> <"), "a < b <> <1>  <");
  EXPECT_EQ(clean("<textarea>\n&lt;b></textarea><pre>\n\nx</pre>"), "<b>\nx");
  EXPECT_EQ(clean("<plaintext>a</plaintext>"), "a</plaintext>");
}

TEST(CleanHtmlMapper, References) {
  EXPECT_EQ(clean("&amp;&ampx&notit;&nope;&#65&#x41;&#128;&#0;&#xD800;&#;&"),
            "&&x\u00acit;&nope;AA\u20ac\uFFFD\uFFFD&#;&");
}

TEST(CleanHtmlMapper, LineEndsAndNul) {
  EXPECT_EQ(clean("a\r\nb\rc&#13;d"), "a\nb\nc\rd");
  EXPECT_EQ(clean(std::string("a\0b<svg>\0", 9)), "ab\uFFFD");
}

TEST(CleanHtmlMapper, SpaceBeforeTheBodyGoes) {
  EXPECT_EQ(clean(" \n<html> <head> <title> x </title> </head> <body> y</body> z</html> "),
            "  x    y z ");
}

TEST(CleanHtmlMapper, TextInTheWrongPlaceOfATableStandsBeforeIt) {
  EXPECT_EQ(clean("<table>a<tr>b<td>c</td>d</tr>e</table>f"), "abdecf");
  EXPECT_EQ(clean("<table> <tr> <td>c</table>"), "  c");
  EXPECT_EQ(clean("<table><b>x<tr><td>y</b>z</table>w"), "xyzw");
  EXPECT_EQ(clean("<table>\t<!DOCTYPE html>x</table>"), "x\t");
}

TEST(CleanHtmlMapper, FramesetsDropText) {
  EXPECT_EQ(clean("<p><frameset>a<frame>b</frameset>c<noframes>d<i></noframes>"), "d<i>");
}

TEST(CleanHtmlMapper, MisnestedTagsKeepTheOrder) {
  EXPECT_EQ(clean("<b>1<p>2</b>3</p>4<i>5<div>6</i>7"), "1234567");
  EXPECT_EQ(clean("<select><title>a</b></title><select>b<input>c"), "a</b>bc");
  EXPECT_EQ(clean("<svg><title>a<p>b</title></svg><title></p>c"), "ab</p>c");
}

// Depth costs no stack and no time out of proportion; what would is an error of the record.
TEST(CleanHtmlMapper, HostileNesting) {
  const auto repeat = [](const char* piece, int n) {
    std::string out;
    for (int i = 0; i < n; ++i) out += piece;
    return out;
  };
  for (const char* piece : {"<div>", "<b>", "<table>", "<svg>", "<select>", "<", "&", "<!--"}) {
    testing::Harness harness(oph_plugin_entry, "clean_html_mapper");
    harness.vary(false);
    EXPECT_TRUE(harness.run({repeat(piece, 100000)}).row_errors.empty()) << piece;
  }
  std::string fonts;
  for (int i = 0; i < 20000; ++i) fonts += "<p><font size=" + std::to_string(i) + ">";
  testing::Harness harness(oph_plugin_entry, "clean_html_mapper");
  harness.vary(false);
  const auto result = harness.run({fonts});
  ASSERT_EQ(result.row_errors.size(), 1u);
  EXPECT_NE(result.row_errors.at(0).find("out of all proportion"), std::string::npos);
}

}  // namespace
}  // namespace ophost::html
